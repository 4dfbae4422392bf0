"""Reading log lines back: the search of Logging over what model deployments and clients wrote.

Not emulated: functions and aggregation other than `count()`; another query is refused with what is supported.
State: none here; the lines are in `logs/<log ocid>.jsonl`, written by the model servers and `log_ingestion`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from local_oci import listing
from local_oci.call import Answer, Call, Route, not_found
from local_oci.clock import from_rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources.fields import refuse
from local_oci.resources.oci_logging import log, log_condition, log_group, log_lines, log_query
from local_oci.resources.oci_logging.log_lines import Line
from local_oci.resources.oci_logging.log_query import LogQuery
from local_oci.store import Json, Record

_LONGEST_WINDOW_S = 14 * 24 * 3600  # OCI.md 2.3
_MOST_SORTED_LINES = 100_000
_FIELDS = [
    {"fieldName": "data", "fieldType": "STRING"},
    {"fieldName": "datetime", "fieldType": "NUMBER"},
    {"fieldName": "source", "fieldType": "STRING"},
    {"fieldName": "type", "fieldType": "STRING"},
]


def _search(call: Call) -> Answer:
    query = log_query.parse(call.body["searchQuery"])
    start_s, end_s = _window(call.body)
    logs = _logs(call, query)
    question = f"{call.body['searchQuery']} {start_s} {end_s}"
    limit = listing.limit(call.query)
    if query.count_name:
        return Answer(body=_response([{"data": row} for row in _counted(call, query, logs, start_s, end_s)], call.body))
    if len(logs) == 1 and query.is_by_time and query.limit is None:
        return _page_of_one(call, query, logs[0], (start_s, end_s), question, limit)
    ordered = islice(_ordered(call, query, logs, start_s, end_s), query.limit)
    at = listing.decode_token(call.query["page"], question)[1] if "page" in call.query else 0
    if at < 0:
        raise InvalidParameter("page: is no opc-next-page value of this search")
    shown = list(islice(ordered, at, at + limit + 1))
    headers = {"opc-next-page": listing.encode_token(("", at + limit), question)} if len(shown) > limit else {}
    return Answer(body=_response([{"data": line} for line in shown[:limit]], call.body), headers=headers)


def _page_of_one(
    call: Call, query: LogQuery, found: Record, window: tuple[float, float], question: str, limit: int
) -> Answer:
    """One log in the order of time: a page goes on at a place in the file, however much lies before it."""
    offset = listing.decode_token(call.query["page"], question)[1] if "page" in call.query else None
    lines = list(islice(_lines(call, query, found, *window, offset), limit + 1))
    headers = {}
    if len(lines) > limit:
        lines = lines[:limit]
        last = lines[-1]
        headers["opc-next-page"] = listing.encode_token(("", last.begin if query.newest_first else last.end), question)
    ordered = sorted(lines, key=lambda line: line.time_s, reverse=query.newest_first)
    return Answer(body=_response([{"data": to_json(line)} for line in ordered], call.body), headers=headers)


def _window(body: Json) -> tuple[float, float]:
    start_s, end_s = from_rfc3339(body["timeStart"]), from_rfc3339(body["timeEnd"])
    if end_s < start_s:
        refuse([f"timeEnd: must not be before timeStart {body['timeStart']}, found {body['timeEnd']}"])
    if end_s - start_s > _LONGEST_WINDOW_S:
        refuse([f"timeStart: the window must be at most 14 days long, found {(end_s - start_s) / 86400:.1f} days"])
    return start_s, end_s


def _logs(call: Call, query: LogQuery) -> list[Record]:
    """The live logs of all streams, each once; 404 for a stream that names what is not there."""
    found: dict[str, Record] = {}
    for stream in query.streams:
        for record in _logs_of(call, stream):
            found[record.id] = record
    return list(found.values())


def _logs_of(call: Call, stream: tuple[str, ...]) -> list[Record]:
    compartment_id = stream[0]
    groups = [group for group in call.snapshot.of_kind(log_group.KIND) if group.compartment == compartment_id]
    groups = [group for group in groups if group.state != "DELETED" and _is_named(group, stream, 1)]
    logs = [record for group in groups for record in call.snapshot.children(group.id, log.KIND)]
    logs = [record for record in logs if record.state != "DELETED" and _is_named(record, stream, 2)]
    is_known = compartment_id in (call.credentials.compartment_ocid, call.credentials.tenancy_ocid)
    if not is_known or (len(stream) > 1 and not groups) or (len(stream) > 2 and not logs):  # noqa: PLR2004 - see streams
        raise not_found("log stream", "/".join(stream))
    return logs


def _is_named(record: Record, stream: tuple[str, ...], level: int) -> bool:
    return len(stream) <= level or stream[level] in (record.id, record.display_name)


def _lines(
    call: Call, query: LogQuery, found: Record, start_s: float, end_s: float, offset: int | None = None
) -> Iterator[Line]:
    path = call.folder.log_file(found.id)
    if offset is not None and not 0 <= offset <= (path.stat().st_size if path.exists() else 0):
        raise InvalidParameter("page: is no opc-next-page value of this search")
    read = log_lines.backward if query.newest_first else log_lines.forward
    return (line for line in read(path, start_s, end_s, offset) if query.takes(to_json(line)))


def _ordered(call: Call, query: LogQuery, logs: list[Record], start_s: float, end_s: float) -> Iterator[Json]:
    """Lines of several logs, or in another order than time's."""
    readings = [map(to_json, _lines(call, query, found, start_s, end_s)) for found in logs]
    if query.is_by_time:
        return heapq.merge(*readings, key=lambda line: line["datetime"], reverse=query.newest_first)
    lines = list(islice((line for reading in readings for line in reading), _MOST_SORTED_LINES + 1))
    if len(lines) > _MOST_SORTED_LINES:
        refuse([f"searchQuery: the search result is too large to be sorted: over {_MOST_SORTED_LINES} lines"])
    return iter(sorted(lines, key=lambda line: _sort_key(line, query), reverse=query.newest_first))


def _sort_key(line: Json, query: LogQuery) -> tuple[bool, float, str]:
    """Numbers before texts, absent ones first."""
    value = log_condition.value_of(line, query.sort_field)
    if isinstance(value, int | float):
        return (value is not None, float(value), "")
    return (value is not None, 0.0, "" if value is None else str(value))


def _counted(call: Call, query: LogQuery, logs: list[Record], start_s: float, end_s: float) -> list[Json]:
    counts: Counter[tuple[str, ...]] = Counter()
    values: dict[tuple[str, ...], Json] = {}
    for found in logs:
        for line in _lines(call, query, found, start_s, end_s):
            row = {".".join(path): log_condition.value_of(to_json(line), path) for path in query.count_by}
            key = tuple(map(str, row.values()))
            counts[key] += 1
            values[key] = row
    if not query.count_by:
        return [{query.count_name: counts.total()}]
    return [{**values[key], query.count_name: count} for key, count in sorted(counts.items())]


def _response(results: list[Json], body: Json) -> Json:
    fields = _FIELDS if body.get("isReturnFieldInfo") else None
    return {
        "results": results,
        "fields": fields,
        "summary": {"resultCount": len(results), "fieldCount": len(fields or [])},
    }


def to_json(line: Line) -> Json:
    """One `SearchResult`'s data."""
    return {"datetime": int(line.time_s * 1000), "logContent": line.record}


ROUTES = (Route("loggingsearch", "search_logs", _search, "SearchLogsDetails", only_reads=True),)
