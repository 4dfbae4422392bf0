"""Alarms: stored, and evaluated over the data points each time that their status or history is asked.

Not emulated: notifications, suppressions of single dimensions, overrides (kept as declared).
State: ACTIVE from the first moment, DELETED as a tombstone. FIRING while the query held in each minute of
`pendingDuration`; SUSPENDED while suppressed; else OK.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.clock import rfc3339
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment
from local_oci.resources.fields import common_problems, given, made, refuse, shared_json, without
from local_oci.resources.monitoring import alarm_status, metric_query
from local_oci.resources.monitoring.metric import MONITORING
from local_oci.store import Json, Record, Snapshot

KIND = "alarm"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE",), "ACTIVE", "ACTIVE"),
        "delete": Transition(("ACTIVE",), "DELETED", "DELETED"),
    },
)
_OWN_FIELDS = (
    "metricCompartmentId",
    "metricCompartmentIdInSubtree",
    "namespace",
    "resourceGroup",
    "query",
    "resolution",
    "pendingDuration",
    "severity",
    "body",
    "isNotificationsPerMetricDimensionEnabled",
    "messageFormat",
    "destinations",
    "repeatNotificationDuration",
    "suppression",
    "isEnabled",
    "overrides",
    "ruleName",
    "notificationVersion",
    "notificationTitle",
    "evaluationSlackDuration",
    "alarmSummary",
)
_NOT_IN_SUMMARY = (
    "body",
    "messageFormat",
    "metricCompartmentIdInSubtree",
    "pendingDuration",
    "repeatNotificationDuration",
    "resolution",
    "timeCreated",
    "timeUpdated",
)
_SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")
_MINUTE_S = 60


def problems(body: Json) -> Iterator[str]:
    """What breaks a rule beyond types."""
    yield from common_problems(body)
    if body.get("severity", "INFO") not in _SEVERITIES:
        yield f"severity: must be one of {', '.join(_SEVERITIES)}, found {body['severity']!r}"
    if not _MINUTE_S <= alarm_status.duration_s(body.get("pendingDuration", "PT1M")) <= 60 * _MINUTE_S:
        yield f"pendingDuration: must be PT1M to PT1H, found {body['pendingDuration']!r}"
    if "query" in body:
        for expression in metric_query.parse(body["query"]).expressions:
            if expression.holds is None and expression.statistic != "absent":
                yield "query: an alarm's compares its statistic, such as CpuUtilization[1m].mean() > 80, or is absent()"


def _create(call: Call) -> Answer:
    refuse(problems(call.body))
    compartment.require(call, call.body["metricCompartmentId"])
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "alarm",
            compartment_id=compartment.require(call, call.body["compartmentId"]),
            display_name=call.body["displayName"],
            document=given(call.body, *_OWN_FIELDS),
        )
    )
    return shown(record, body=to_json(record))


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["alarmId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    asked = {**call.query, "sortBy": "displayName"} if call.query.get("sortBy") == "severity" else call.query
    return listing.answer(
        replace(call, query=asked), Listing(KIND, to_summary_json, ignored=frozenset({"compartmentIdInSubtree"}))
    )


def _list_status(call: Call) -> Answer:
    compartment_id = compartment.require(call, listing.compartment(call))
    found = [one for one in call.snapshot.in_states(KIND, "ACTIVE") if one.compartment == compartment_id]
    entries = [_status_json(call.snapshot, record, call.now) for record in found]
    wanted = {name: call.query[name] for name in ("displayName", "status") if name in call.query}
    entries = [entry for entry in entries if all(entry[name] == value for name, value in wanted.items())]
    return listing.sliced(call, entries, f"alarm status {sorted(wanted.items())}")


def _status_json(snapshot: Snapshot, record: Record, now: float) -> Json:
    state, since = alarm_status.status(snapshot, record, now)
    return {
        "id": record.id,
        "displayName": record.display_name,
        "severity": record.document["severity"],
        "ruleName": record.document.get("ruleName", "BASE"),
        "timestampTriggered": rfc3339(since),
        "alarmSummary": record.document.get("alarmSummary", record.document.get("body", "")),
        "status": state,
        "suppression": record.document.get("suppression"),
    }


def _history(call: Call) -> Answer:
    record = call.load(KIND, call.path["alarmId"])
    entries = [
        {
            "alarmSummary": record.document.get("alarmSummary", ""),
            "summary": f"State transitioned from {'OK to FIRING' if is_firing else 'FIRING to OK'}",
            "timestamp": rfc3339(at),
            "timestampTriggered": rfc3339(at),
        }
        for at, is_firing in reversed(alarm_status.transitions(call.snapshot, record, call.now))
    ]
    answer = listing.sliced(call, entries, f"{record.id} history")
    body = {"alarmId": record.id, "isEnabled": record.document["isEnabled"], "entries": answer.body}
    return Answer(body=body, headers=answer.headers)


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["alarmId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(problems(call.body))
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    fields = given(call.body, *_OWN_FIELDS, "freeformTags", "definedTags")
    stored = call.transaction.save(renamed.with_document(**fields))
    return shown(stored, body=to_json(stored))


def _remove_suppression(call: Call) -> Answer:
    record = call.load(KIND, call.path["alarmId"], to_change=True)
    stored = call.transaction.save(record.with_document(suppression=None))
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path["alarmId"], to_change=True)
    stored = call.transaction.save(compartment.move(call, record))
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path["alarmId"], to_change=True)
    call.transaction.save(record.with_state(LIFECYCLE.begin(record, "delete").target))
    return Answer(status=204, resource=record.id)


def to_json(record: Record) -> Json:
    """`Alarm`."""
    return {
        **shared_json(record),
        **{name: record.document.get(name) for name in _OWN_FIELDS},
        "timeUpdated": rfc3339(record.time_updated),
    }


def to_summary_json(record: Record) -> Json:
    """`AlarmSummary`."""
    return without(to_json(record), *_NOT_IN_SUMMARY)


ROUTES = (
    Route(MONITORING, "create_alarm", _create, "CreateAlarmDetails"),
    Route(MONITORING, "get_alarm", _get),
    Route(MONITORING, "list_alarms", _list),
    Route(MONITORING, "list_alarms_status", _list_status, only_reads=True),
    Route(MONITORING, "get_alarm_history", _history, only_reads=True),
    Route(MONITORING, "update_alarm", _update, "UpdateAlarmDetails"),
    Route(MONITORING, "remove_alarm_suppression", _remove_suppression),
    Route(MONITORING, "change_alarm_compartment", _change_compartment, "ChangeAlarmCompartmentDetails"),
    Route(MONITORING, "delete_alarm", _delete),
)
