"""Properties of the pure parts: bodies, zip entries, page tokens, paths of operations, plans, the writer."""

from __future__ import annotations

import io
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_oci import archive, listing, validation
from local_oci.archive import ArchiveRefused
from local_oci.errors import InvalidParameter
from local_oci.operations import read_table
from local_oci.resources.data_science.model_deployment_checks import bandwidth_problems
from local_oci.resources.data_science.model_deployment_plan import Settings, changed_groups, created, updated
from local_oci.store import Record, Transaction, connect
from local_oci.writer import Writer, WriterClosed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
MODELS = (
    "CreateProjectDetails",
    "CreateModelDetails",
    "CreateModelDeploymentDetails",
    "UpdateModelDeploymentDetails",
    "CreateModelProvenanceDetails",
)
CONFIGURATION = {
    "modelDeploymentConfigurationDetails": {
        "deploymentType": "SINGLE_MODEL",
        "modelConfigurationDetails": {
            "modelId": "m",
            "instanceConfiguration": {
                "instanceShapeName": "VM.Standard.E4.Flex",
                "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1, "memoryInGBs": 16},
            },
        },
    }
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(MODELS), JSON)
def test_any_json_is_judged_without_an_error_of_ours(model: str, body: Any) -> None:
    found = validation.problems(body, "data_science", model)

    assert all(isinstance(problem, str) for problem in found)
    assert found or isinstance(body, dict)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(MODELS), JSON, st.data())
def test_any_value_in_any_known_field_is_judged(model: str, value: Any, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(validation.model("data_science", model).fields)))

    validation.problems({name: value}, "data_science", model)


def test_all_problems_of_a_deep_body_are_named_by_their_paths() -> None:
    body = {
        "compartmentId": 5,
        "colour": "red",
        "modelDeploymentConfigurationDetails": {
            "deploymentType": "SINGLE_MODEL",
            "modelConfigurationDetails": {
                "modelId": "m",
                "instanceConfiguration": {"instanceShapeName": "s", "networkAccessType": "FREE"},
                "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": True},
            },
        },
    }

    found = " | ".join(validation.problems(body, "data_science", "CreateModelDeploymentDetails"))

    for path in (
        "compartmentId: must be a string",
        "colour: CreateModelDeploymentDetails has no such field",
        "projectId: is required",
        "instanceConfiguration.networkAccessType: must be one of MANAGED",
        "scalingPolicy.instanceCount: must be a whole number",
    ):
        assert path in found


def test_a_null_is_the_same_as_absent() -> None:
    assert validation.without_nulls({"a": None, "b": {"c": None}, "d": [{"e": None}]}) == {"b": {}, "d": [{}]}


@given(st.text())
def test_a_name_that_passes_stays_below_its_folder(name: str) -> None:
    base = Path("/base/folder")
    if archive.path_problem(name) is None:
        resolved = Path(f"{base}/{name}")
        assert base in resolved.parents
        assert ".." not in resolved.parts


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "a\\..\\x", "C:/x", "./x", "a//b", "", "a/./b", "a\0b"]
)
def test_names_that_leave_are_refused(name: str) -> None:
    assert archive.path_problem(name)


def zip_file(folder: Path, entries: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for entry, content in entries:
            opened.writestr(entry, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("score.py", b""), (link("evil"), b"/etc/passwd")], "neither a file nor a folder"),
        ([("score.py", b""), ("../evil", b"")], "'..'"),
        ([("score.py", b"x" * 2000)], "at most 1000"),
        ([("score.py", b""), ("score.py/inside", b"")], "collides"),
        ([("readme", b"")], "no score.py"),
        ([], "no score.py"),
    ],
)
def test_a_hostile_zip_leaves_nothing(tmp_path: Path, entries: list[Any], words: str) -> None:
    path = zip_file(tmp_path, entries)

    with pytest.raises(ArchiveRefused, match=words):
        archive.unpack(path, tmp_path / "unpacked", 1000)

    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.zip"]


def test_a_header_that_lies_about_its_size_is_caught(tmp_path: Path) -> None:
    path = zip_file(tmp_path, [("score.py", b"x" * 5000)])
    raw = bytearray(path.read_bytes())
    central = raw.rindex(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(raw))

    with pytest.raises(ArchiveRefused):
        archive.unpack(path, tmp_path / "unpacked", 1000)

    assert not (tmp_path / "unpacked").exists()


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_what_is_no_zip_is_refused_in_words(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        path.write_bytes(content)
        with pytest.raises(ArchiveRefused):
            archive.unpack(path, Path(folder, "unpacked"))


@settings(max_examples=200)
@given(st.integers(0, 60), st.integers(0, 255))
def test_a_damaged_zip_is_refused_or_unpacked_but_no_error_of_ours(position: int, value: int) -> None:
    import tempfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("score.py", "x = 1\n" * 20)
    raw = bytearray(buffer.getvalue())
    raw[position % len(raw)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        path.write_bytes(bytes(raw))
        try:
            archive.unpack(path, Path(folder, "unpacked"))
        except ArchiveRefused:
            assert not Path(folder, "unpacked").exists()


@given(st.text() | st.floats(allow_nan=False), st.integers(0, 2**60), st.text())
def test_a_page_token_comes_back_for_its_own_question_only(value: Any, sequence: int, question: str) -> None:
    token = listing.encode_token((value, sequence), question)

    assert listing.decode_token(token, question) == (value, sequence)
    with pytest.raises(InvalidParameter):
        listing.decode_token(token, question + "other")


@given(st.text())
def test_any_other_text_is_no_page_token(token: str) -> None:
    with pytest.raises(InvalidParameter):
        listing.decode_token(token, "a question")


def test_every_operation_is_found_under_its_own_path() -> None:
    table = read_table()
    for operation in table._by_name.values():
        found = table.match(operation.path.replace("{", "x").replace("}", "x"))
        assert found is not None
        named = found.operation(operation.method)
        assert named is not None
        assert named[0].path.count("{") <= operation.path.count("{")


def test_the_table_names_only_operations_that_oracles_clients_have() -> None:
    import oci

    clients = {
        "data_science": oci.data_science.DataScienceClient,
        "logging": oci.logging.LoggingManagementClient,
        "loggingsearch": oci.loggingsearch.LogSearchClient,
        "identity": oci.identity.IdentityClient,
        "load_balancer": oci.load_balancer.LoadBalancerClient,
    }
    named = [key for key in read_table()._by_name if key[0] in clients]

    assert [name for service, name in named if not hasattr(clients[service], name)] == []
    assert len(named) > 400


@given(st.integers(-5, 200), st.none() | st.integers(-5, 400))
def test_bandwidths_are_refused_exactly_outside_ocis_bounds(least: int, most: int | None) -> None:
    details = {"bandwidthMbps": least} | ({} if most is None else {"maximumBandwidthMbps": most})

    is_right = least >= 10 and (most is None or least < most <= 2 * least)

    assert (list(bandwidth_problems(details)) == []) == is_right


def test_an_equal_put_changes_no_group() -> None:
    present = created(CONFIGURATION)
    sent = {**present.to_json()}
    sent.pop("categoryLogDetails")

    assert changed_groups(present, updated(present, sent)) == []
    assert changed_groups(present, updated(present, {})) == []


def test_an_environment_without_variables_is_the_same_as_none() -> None:
    present = created(CONFIGURATION)
    empty = {"environmentConfigurationType": "DEFAULT", "environmentVariables": {}}
    sent = {"modelDeploymentConfigurationDetails": {"environmentConfigurationDetails": empty}}

    assert changed_groups(present, updated(present, sent)) == []


@pytest.mark.parametrize(
    ("details", "group"),
    [
        ({"modelId": "n"}, "model, shape and instances"),
        ({"scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 2}}, "model, shape and instances"),
        ({"bandwidthMbps": 20}, "load balancer bandwidth"),
    ],
)
def test_a_changed_field_is_a_change_of_its_group(details: dict[str, Any], group: str) -> None:
    present = created(CONFIGURATION)
    sent = {"modelDeploymentConfigurationDetails": {"modelConfigurationDetails": {"modelId": "m", **details}}}

    assert changed_groups(present, updated(present, sent)) == [group]


def test_settings_go_through_json_unchanged() -> None:
    present = created(CONFIGURATION)

    assert Settings.from_json(present.to_json()) == present


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    running = Writer(connect(tmp_path / "oci.sqlite"), lambda: 1.0)
    running.start()
    yield running
    running.close()


def record(name: str) -> Record:
    return Record(name, "project", "c", "", "ACTIVE", name, 1.0, 1.0, {"a": 1})


def test_a_write_that_raises_leaves_nothing_and_its_neighbours_stay(writer: Writer) -> None:
    def fail(transaction: Transaction) -> None:
        transaction.insert(record("lost"))
        raise ValueError("no")

    one, failed, two = writer.run_all([lambda tx: tx.insert(record("one")), fail, lambda tx: tx.insert(record("two"))])

    assert [one.id, str(failed), two.id] == ["one", "no", "two"]
    assert writer.run(lambda tx: [tx.get(name).id for name in ("one", "two")]) == ["one", "two"]
    assert writer.run(lambda tx: tx.get("lost")) is None


def test_an_acknowledged_write_is_read_by_another_connection(writer: Writer, tmp_path: Path) -> None:
    writer.run(lambda tx: tx.insert(record("here")))

    other = sqlite3.connect(tmp_path / "oci.sqlite")
    assert other.execute("SELECT id FROM resources").fetchall() == [("here",)]
    other.close()


def test_a_full_disk_fails_the_write_and_not_the_store(writer: Writer) -> None:
    pages = writer.run(lambda tx: tx._connection.execute("PRAGMA page_count").fetchone()[0])
    writer.run(lambda tx: tx._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    big = record("big").with_document(padding="x" * 200_000)

    with pytest.raises(sqlite3.OperationalError, match="full"):
        writer.run(lambda tx: tx.insert(big))

    writer.run(lambda tx: tx._connection.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert writer.run(lambda tx: tx.insert(big)).id == "big"


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    closed = Writer(connect(tmp_path / "closed.sqlite"), lambda: 1.0)
    closed.start()
    closed.close()

    with pytest.raises(WriterClosed):
        closed.run(lambda tx: tx.get("x"))
