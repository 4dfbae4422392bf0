"""Reading log lines back: the search of Logging over what model deployments wrote.

Not emulated: searches over several logs, functions, aggregation; another query is refused with what is supported.
State: none here; the lines are in `logs/<log ocid>.jsonl`, written by the model servers.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from local_oci import listing
from local_oci.call import Answer, Call, Route, not_found
from local_oci.clock import from_rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources.fields import refuse
from local_oci.resources.oci_logging import log, log_group, log_lines, log_search
from local_oci.resources.oci_logging.log_lines import Line
from local_oci.resources.oci_logging.log_search import LogQuery
from local_oci.store import Json

_LONGEST_WINDOW_S = 14 * 24 * 3600  # OCI.md 2.3
_FIELDS = [
    {"fieldName": "data", "fieldType": "STRING"},
    {"fieldName": "datetime", "fieldType": "NUMBER"},
    {"fieldName": "source", "fieldType": "STRING"},
    {"fieldName": "type", "fieldType": "STRING"},
]


def _search(call: Call) -> Answer:
    query = log_search.parse(call.body["searchQuery"])
    start_s, end_s = _window(call.body)
    group = log_group.load(call, query.log_group_id)
    found = call.snapshot.get(query.log_id)
    if found is None or found.kind != log.KIND or found.parent != group.id or found.compartment != query.compartment_id:
        raise not_found(f"log in {query.compartment_id}/{query.log_group_id}:", query.log_id)
    question = f"{call.body['searchQuery']} {start_s} {end_s}"
    offset = listing.decode_token(call.query["page"], question)[1] if "page" in call.query else None
    limit = listing.limit(call.query)
    lines = list(islice(_lines(call, query, start_s, end_s, offset), limit + 1))
    headers = {}
    if len(lines) > limit:
        lines = lines[:limit]
        last = lines[-1]
        headers["opc-next-page"] = listing.encode_token(("", last.begin if query.newest_first else last.end), question)
    ordered = sorted(lines, key=lambda line: line.time_s, reverse=query.newest_first)
    return Answer(body=_response([to_json(line) for line in ordered], call.body), headers=headers)


def _window(body: Json) -> tuple[float, float]:
    start_s, end_s = from_rfc3339(body["timeStart"]), from_rfc3339(body["timeEnd"])
    if end_s < start_s:
        refuse([f"timeEnd: must not be before timeStart {body['timeStart']}, found {body['timeEnd']}"])
    if end_s - start_s > _LONGEST_WINDOW_S:
        refuse([f"timeStart: the window must be at most 14 days long, found {(end_s - start_s) / 86400:.1f} days"])
    return start_s, end_s


def _lines(call: Call, query: LogQuery, start_s: float, end_s: float, offset: int | None) -> Any:
    path = call.folder.log_file(query.log_id)
    if offset is not None and not 0 <= offset <= (path.stat().st_size if path.exists() else 0):
        raise InvalidParameter("page: is no opc-next-page value of this search")
    read = log_lines.backward if query.newest_first else log_lines.forward
    return (line for line in read(path, start_s, end_s, offset) if query.takes(str(line.record.get("source", ""))))


def _response(results: list[Json], body: Json) -> Json:
    fields = _FIELDS if body.get("isReturnFieldInfo") else None
    return {
        "results": results,
        "fields": fields,
        "summary": {"resultCount": len(results), "fieldCount": len(fields or [])},
    }


def to_json(line: Line) -> Json:
    """One `SearchResult`."""
    return {"data": {"datetime": int(line.time_s * 1000), "logContent": line.record}}


ROUTES = (Route("loggingsearch", "search_logs", _search, "SearchLogsDetails", only_reads=True),)
