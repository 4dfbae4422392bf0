"""Ingestion: lines that clients push into CUSTOM logs (`/20200831`).

State: none here; lines are appended to `logs/<log ocid>.jsonl` before the answer, in the form of `log_line`.
"""

from __future__ import annotations

import json
import os

from local_oci.call import Answer, Call, Route, not_found
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources.oci_logging import log
from local_oci.store import Json, Record


def _log(call: Call) -> Record:
    record = call.snapshot.get(call.path["logId"])
    if record is None or record.kind != log.KIND or record.state == "DELETED":
        raise not_found(log.KIND, call.path["logId"])
    if record.document["logType"] != "CUSTOM":
        raise InvalidParameter(f"log {record.id}: only a CUSTOM log takes pushed entries, found SERVICE")
    return record


def _put(call: Call) -> Answer:
    record = _log(call)
    lines = [
        json.dumps(_line(call, record, batch, entry), ensure_ascii=False)
        for batch in call.body["logEntryBatches"]
        for entry in batch["entries"]
    ]
    if record.document["isEnabled"] and lines:
        with call.folder.log_file(record.id).open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
    return Answer(status=200)


def _line(call: Call, record: Record, batch: Json, entry: Json) -> Json:
    return {
        "data": _data(entry["data"]),
        "id": entry["id"],
        "oracle": {
            "compartmentid": record.compartment,
            "ingestedtime": rfc3339(call.now),
            "loggroupid": record.parent,
            "logid": record.id,
            "tenantid": call.credentials.tenancy_ocid,
        },
        "source": batch["source"],
        "specversion": call.body["specversion"],
        "subject": batch.get("subject", ""),
        "time": entry.get("time", batch["defaultlogentrytime"]),
        "type": batch["type"],
    }


def _data(text: str) -> Json:
    """An entry's data: the JSON object that it is, or its text as the message."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"message": text}
    return value if isinstance(value, dict) else {"message": text}


ROUTES = (Route("loggingingestion", "put_logs", _put, "PutLogsDetails"),)
