"""The decision where the CLI comes from, as one table."""

from pathlib import Path

import pytest

from paddock.toolchain.errors import SourceRefusedError
from paddock.toolchain.plan import Build, Fetch, Findings, PulumiFound, Use, plan

PIN = "3.257.0"
GO = Path("/usr/bin/go")


def on_path(version: str) -> PulumiFound:
    return PulumiFound(Path("/usr/bin/pulumi"), version, "path")


def ours(version: str, source: str = "module") -> PulumiFound:
    return PulumiFound(Path("/clone/.paddock/bin/pulumi"), version, source)


@pytest.mark.parametrize(
    ("claim", "findings", "steps"),
    [
        ("PATH has the pinned one", Findings(on_path(PIN), None, GO), (Use(on_path(PIN)),)),
        ("PATH comes before ours", Findings(on_path(PIN), ours(PIN), GO), (Use(on_path(PIN)),)),
        ("a later minor will do", Findings(on_path("3.300.1"), None, GO), (Use(on_path("3.300.1")),)),
        (
            "a pre-release of the minor will do",
            Findings(on_path("3.257.0-rc.1"), None, GO),
            (Use(on_path("3.257.0-rc.1")),),
        ),
        ("an earlier minor will not", Findings(on_path("3.256.9"), None, GO), (Fetch(PIN), Build(PIN, GO))),
        ("minors are numbers", Findings(on_path("3.99.0"), None, GO), (Fetch(PIN), Build(PIN, GO))),
        ("another major will not", Findings(on_path("4.300.0"), None, GO), (Fetch(PIN), Build(PIN, GO))),
        ("no version at all will not", Findings(on_path("dev"), None, GO), (Fetch(PIN), Build(PIN, GO))),
        ("ours instead of an old one on PATH", Findings(on_path("3.1.0"), ours(PIN), GO), (Use(ours(PIN)),)),
        ("ours", Findings(None, ours(PIN, "installer"), None), (Use(ours(PIN, "installer")),)),
        ("ours of an earlier pin is replaced", Findings(None, ours("3.256.0"), GO), (Fetch(PIN), Build(PIN, GO))),
        ("ours of a later pin is replaced", Findings(None, ours("3.258.0"), GO), (Fetch(PIN), Build(PIN, GO))),
        ("nothing, and Go", Findings(None, None, GO), (Fetch(PIN), Build(PIN, GO))),
        ("nothing at all", Findings(None, None, None), (Fetch(PIN), Build(PIN, None))),
        ("an empty demand is none", Findings(on_path(PIN), None, GO, ""), (Use(on_path(PIN)),)),
        ("path demanded", Findings(on_path(PIN), ours(PIN), GO, "path"), (Use(on_path(PIN)),)),
        ("module demanded", Findings(on_path(PIN), None, GO, "module"), (Build(PIN, GO),)),
        ("module demanded, and built", Findings(on_path(PIN), ours(PIN), GO, "module"), (Use(ours(PIN)),)),
        ("module demanded, and fetched", Findings(None, ours(PIN, "installer"), GO, "module"), (Build(PIN, GO),)),
        ("installer demanded", Findings(on_path(PIN), None, GO, "installer"), (Fetch(PIN),)),
        ("installer demanded, and built", Findings(None, ours(PIN), GO, "installer"), (Fetch(PIN),)),
        (
            "installer demanded, and fetched",
            Findings(None, ours(PIN, "installer"), GO, "installer"),
            (Use(ours(PIN, "installer")),),
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_the_cli_comes_from(claim, findings, steps):
    assert plan(findings, PIN) == steps, claim


@pytest.mark.parametrize(
    ("found", "words"), [(None, "found none"), (on_path("3.1.0"), "found 3.1.0 at /usr/bin/pulumi")]
)
def test_a_demand_for_path_is_refused_where_path_has_nothing_fitting(found, words):
    with pytest.raises(SourceRefusedError) as refused:
        plan(Findings(found, ours(PIN), GO, "path"), PIN)
    assert "PADDOCK_PULUMI_SOURCE=path: expected a Pulumi CLI 3.257 or newer on PATH" in str(refused.value)
    assert words in str(refused.value)


def test_an_unknown_source_is_refused_with_those_that_there_are():
    with pytest.raises(SourceRefusedError) as refused:
        plan(Findings(None, None, None, "brew"), PIN)
    assert "expected path, installer or module, found 'brew'" in str(refused.value)
