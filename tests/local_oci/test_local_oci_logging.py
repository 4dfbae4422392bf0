"""Log groups, logs and reading lines back, through Oracle's SDK."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import oci
import pytest
from local_oci_cloud import LOGGING, Cloud, error_of

from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources.oci_logging import log_lines
from local_oci.resources.oci_logging.log_query import parse

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_log_group_with_logs_is_not_deleted(cloud: Cloud) -> None:
    group = cloud.log_group("full")
    log = cloud.log(group, "predict")

    refused = error_of(lambda: cloud.logging.delete_log_group(group))

    assert (refused.status, refused.code, log in refused.message) == (409, "IncorrectState", True)
    cloud.logging.delete_log(group, log)
    cloud.logging.delete_log_group(group)
    assert error_of(lambda: cloud.logging.get_log_group(group)).code == "NotFound"


def test_names_are_unique_where_oracle_says_so(cloud: Cloud) -> None:
    group = cloud.log_group("only one")
    cloud.log(group, "predict")

    for act in (lambda: cloud.log_group("only one"), lambda: cloud.log(group, "predict")):
        refused = error_of(act)
        assert (refused.status, refused.code) == (409, "NotAuthorizedOrResourceAlreadyExists")


def test_a_name_is_free_again_after_deletion(cloud: Cloud) -> None:
    group = cloud.log_group("again")
    cloud.logging.delete_log_group(group)

    assert cloud.log_group("again") != group


def test_a_service_log_keeps_its_configuration_and_only_parameters_change(cloud: Cloud) -> None:
    group = cloud.log_group("of a service")
    source = LOGGING.OciService(service="ocids", resource="r", category="access", parameters={"a": "1"})
    answer = cloud.logging.create_log(
        group,
        LOGGING.CreateLogDetails(
            display_name="s", log_type="SERVICE", configuration=LOGGING.Configuration(source=source)
        ),
    )
    log = cloud.logging.get_work_request(answer.headers["opc-work-request-id"]).data.resources[0].identifier

    update = LOGGING.UpdateConfigurationDetails(source=LOGGING.SourceUpdateDetails(parameters={"a": "2"}))
    cloud.logging.update_log(group, log, LOGGING.UpdateLogDetails(configuration=update))

    shown = cloud.logging.get_log(group, log).data
    assert (shown.configuration.source.service, shown.configuration.source.parameters) == ("ocids", {"a": "2"})


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"retention_duration": 31}, "retentionDuration"),
        ({"log_type": "SERVICE"}, "configuration: is required"),
        ({"display_name": ""}, "displayName"),
    ],
)
def test_a_log_is_held_to_oracles_rules(cloud: Cloud, details: dict[str, Any], words: str) -> None:
    group = cloud.log_group(f"of rules {words}")
    body = LOGGING.CreateLogDetails(**{"display_name": "l", "log_type": "CUSTOM", **details})

    refused = error_of(lambda: cloud.logging.create_log(group, body))

    assert (refused.status, words in refused.message) == (400, True)


def test_a_work_request_names_its_resource_kind_and_tells_its_story(cloud: Cloud) -> None:
    answer = cloud.logging.create_log_group(
        LOGGING.CreateLogGroupDetails(compartment_id=cloud.compartment, display_name="with a story")
    )
    request_id = answer.headers["opc-work-request-id"]

    request = cloud.logging.get_work_request(request_id).data
    logs = cloud.logging.list_work_request_logs(request_id, limit=1)
    listed = cloud.logging.list_work_requests(cloud.compartment, id=request_id).data

    assert [(r.entity_type, r.action_type) for r in request.resources] == [("loggroup", "CREATED")]
    assert (request.status, request.percent_complete) == ("SUCCEEDED", 100.0)
    assert len(logs.data) == 1
    assert logs.has_next_page
    assert cloud.logging.list_work_request_errors(request_id).data == []
    assert [found.id for found in listed] == [request_id]


def test_a_log_moves_to_another_group(cloud: Cloud) -> None:
    here, there = cloud.log_group("here"), cloud.log_group("there")
    log = cloud.log(here, "mover")

    cloud.logging.change_log_log_group(here, log, LOGGING.ChangeLogLogGroupDetails(target_log_group_id=there))

    assert cloud.logging.get_log(there, log).data.log_group_id == there
    assert error_of(lambda: cloud.logging.get_log(here, log)).status == 404


def write_lines(path: Path, count: int) -> None:
    with path.open("a") as file:
        for number in range(count):
            moment = rfc3339((BEGIN + timedelta(seconds=number)).timestamp())
            source = f"ocid1.datasciencemodeldeployment.oc1.iad.{'even' if number % 2 == 0 else 'odd'}"
            file.write(json.dumps({"time": moment, "source": source, "data": {"number": number}}) + "\n")
        file.write('{"half a li')


def search(cloud: Cloud, group: str, log: str, stages: str, limit: int = 7, **window: Any) -> list[int]:
    details = oci.loggingsearch.models.SearchLogsDetails(
        time_start=window.get("start", BEGIN),
        time_end=window.get("end", BEGIN + timedelta(days=1)),
        search_query=f'SEARCH "{cloud.compartment}/{group}/{log}"{stages}',
    )
    found: list[int] = []
    page: dict[str, str] = {}
    while True:
        answer = cloud.search.search_logs(details, limit=limit, **page)
        assert answer.data.summary.result_count == len(answer.data.results) <= limit
        found += [result.data["logContent"]["data"]["number"] for result in answer.data.results]
        if not answer.has_next_page:
            return found
        page = {"page": answer.next_page}


@pytest.fixture(scope="module")
def hundred(cloud: Cloud) -> tuple[str, str]:
    group = cloud.log_group("of a hundred lines")
    log = cloud.log(group, "lines")
    write_lines(cloud.data_dir / "logs" / f"{log}.jsonl", 100)
    return group, log


@pytest.mark.parametrize(("order", "expected"), [("ASC", range(100)), ("DESC", range(99, -1, -1))])
def test_all_lines_come_in_order_through_pages(
    cloud: Cloud, hundred: tuple[str, str], order: str, expected: range
) -> None:
    assert search(cloud, *hundred, f" | SORT BY datetime {order}") == list(expected)


def test_lines_of_one_source_are_found(cloud: Cloud, hundred: tuple[str, str]) -> None:
    assert search(cloud, *hundred, " | WHERE source = '*odd*' | SORT BY datetime ASC") == list(range(1, 100, 2))


def test_a_window_holds_its_beginning_and_not_its_end(cloud: Cloud, hundred: tuple[str, str]) -> None:
    window = {"start": BEGIN + timedelta(seconds=10), "end": BEGIN + timedelta(seconds=20)}

    assert search(cloud, *hundred, " | SORT BY datetime ASC", **window) == list(range(10, 20))


@pytest.mark.parametrize(
    "query",
    [
        'SEARCH "a/b/c/d"',
        'SEARCH "a/b/c" | SUMMARIZE avg(x) BY source',
        "SELECT 1",
        'SEARCH "a/b/c" | WHERE type = ',
        'SEARCH "a/b/c" | WHERE (type = 1',
        'SEARCH "a/b/c" | WHERE type ~ 1',
        'SEARCH "a/b/c" | SORT type',
        'SEARCH "a/b/c" | LIMIT 0',
    ],
)
def test_a_search_of_another_form_is_refused_with_what_is_supported(cloud: Cloud, query: str) -> None:
    details = oci.loggingsearch.models.SearchLogsDetails(
        time_start=BEGIN, time_end=BEGIN + timedelta(hours=1), search_query=query
    )

    refused = error_of(lambda: cloud.search.search_logs(details))

    assert (refused.status, "the local OCI understands" in refused.message) == (400, True)


def test_a_window_over_14_days_is_refused(cloud: Cloud, hundred: tuple[str, str]) -> None:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        search(cloud, *hundred, "", end=BEGIN + timedelta(days=15))

    assert "14 days" in caught.value.message


def test_a_part_of_a_big_file_is_read_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    with path.open("w") as file:
        for number in range(60_000):
            moment = rfc3339((BEGIN + timedelta(seconds=number)).timestamp())
            file.write(json.dumps({"time": moment, "number": number, "padding": "x" * 100}) + "\n")
    start = (BEGIN + timedelta(seconds=50_000)).timestamp()

    forward = [line.record["number"] for line in log_lines.forward(path, start, start + 5)]
    backward = [line.record["number"] for line in log_lines.backward(path, start, start + 5)]

    assert forward == [50_000, 50_001, 50_002, 50_003, 50_004]
    assert backward == forward[::-1]


@pytest.mark.parametrize("read", [log_lines.forward, log_lines.backward])
def test_a_log_without_lines_has_none(tmp_path: Path, read: Any) -> None:
    (tmp_path / "empty.jsonl").touch()

    assert list(read(tmp_path / "empty.jsonl", 0, 9e9)) == []
    assert list(read(tmp_path / "missing.jsonl", 0, 9e9)) == []


def test_a_sources_stars_match_and_nothing_else_is_a_pattern() -> None:
    query = parse("SEARCH \"c/g/l\" | WHERE source = '*a[b]?*'")

    assert query.takes({"datetime": 0, "logContent": {"source": "xa[b]?y"}})
    assert not query.takes({"datetime": 0, "logContent": {"source": "xabcy"}})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("type = 'predict'", True),
        ("type != 'predict'", False),
        ("logContent.data.status = 200", True),
        ("data.status >= 200 and data.status < 300", True),
        ("data.status > 200 or data.message = '*hel*'", True),
        ("not (data.status = 200)", False),
        ("data.absent = '*'", False),
        ("data.absent != 'x'", True),
        ("logContent = '*hello*'", True),
        ("data.\"status\" = 200 and data.message = 'it''s hello'", True),
        ("data.status = '200'", True),
        ("data.message > 1", False),
    ],
)
def test_a_condition_takes_the_lines_that_it_names(condition: str, expected: bool) -> None:  # noqa: FBT001
    line = {"datetime": 0, "logContent": {"type": "predict", "data": {"status": 200, "message": "it's hello"}}}

    assert parse(f'search "c/g/l" | where {condition}').takes(line) is expected


def test_streams_are_searched_together_by_name_or_ocid_and_lines_counted(cloud: Cloud) -> None:
    group = cloud.log_group("of two logs")
    for name in ("first", "second"):
        write_lines(cloud.data_dir / "logs" / f"{cloud.log(group, name)}.jsonl", 10)
    details = oci.loggingsearch.models.SearchLogsDetails(
        time_start=BEGIN, time_end=BEGIN + timedelta(hours=1), search_query=f'search "{cloud.compartment}/of two logs"'
    )

    lines = cloud.search.search_logs(details, limit=7)
    assert [line.data["logContent"]["data"]["number"] for line in lines.data.results] == [9, 9, 8, 8, 7, 7, 6]
    rest = cloud.search.search_logs(details, limit=100, page=lines.next_page).data.results
    assert len(rest) == 13
    details.search_query += " | where data.number < 4 | sort by data.number asc | limit 3"
    assert [one.data["logContent"]["data"]["number"] for one in cloud.search.search_logs(details).data.results] == [
        0,
        0,
        1,
    ]
    details.search_query = f'search "{cloud.compartment}/{group}" | summarize count() as n by type'
    assert [result.data["n"] for result in cloud.search.search_logs(details).data.results] == [20]


def test_pushed_entries_are_found_again(cloud: Cloud) -> None:
    group = cloud.log_group("of pushed lines")
    log = cloud.log(group, "pushed")
    models = oci.loggingingestion.models
    client = oci.loggingingestion.LoggingClient(cloud.config, service_endpoint=cloud.endpoint)
    client.put_logs(
        log,
        models.PutLogsDetails(
            specversion="1.0",
            log_entry_batches=[
                models.LogEntryBatch(
                    source="a test",
                    type="test.line",
                    defaultlogentrytime=BEGIN,
                    entries=[
                        models.LogEntry(data="plain words", id="1"),
                        models.LogEntry(data='{"number": 2}', id="2", time=BEGIN + timedelta(seconds=1)),
                    ],
                )
            ],
        ),
    )
    client.base_client.session.close()

    details = oci.loggingsearch.models.SearchLogsDetails(
        time_start=BEGIN,
        time_end=BEGIN + timedelta(hours=1),
        search_query=f'search "{cloud.compartment}/{group}/{log}" | sort by datetime asc',
    )
    found = [result.data["logContent"] for result in cloud.search.search_logs(details).data.results]
    assert [line["data"] for line in found] == [{"message": "plain words"}, {"number": 2}]
    assert found[0]["oracle"]["logid"] == log


def test_a_search_without_text_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="search"):
        parse("")
