"""How steps speak in each CI system's log, and what they know of the change."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from paddock.ci import ci_system
from paddock.ci.ci_log import CiLog, Place, place_in

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SHA": "a" * 40,
    "GITHUB_BASE_REF": "main",
    "GITHUB_REF": "refs/pull/12/merge",
    "GITHUB_REPOSITORY": "wine/models",
    "GITHUB_RUN_ID": "7",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_API_URL": "https://github.example/api",
    "GITHUB_STEP_SUMMARY": "/runner/page",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_COMMIT_SHA": "b" * 40,
    "CI_MERGE_REQUEST_IID": "3",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "c" * 40,
    "CI_PROJECT_ID": "99",
    "CI_JOB_URL": "https://gitlab.example/jobs/1",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
}


def written(system, write):
    stream = io.StringIO()
    write(CiLog(system, stream))
    return stream.getvalue()


def test_github_tells_the_base_the_pull_request_and_where_summaries_go():
    found = ci_system.read(GITHUB)

    assert (found.name, found.base, found.change) == ("github", "origin/main", 12)
    assert found.run_url == "https://github.example/wine/models/actions/runs/7"
    assert found.step_summary == Path("/runner/page")


def test_gitlab_tells_the_commit_that_the_merge_request_left():
    found = ci_system.read(GITLAB)

    assert (found.name, found.base, found.change, found.repository) == ("gitlab", "c" * 40, 3, "99")


def test_a_push_has_no_base_and_no_pull_request():
    found = ci_system.read({**GITHUB, "GITHUB_BASE_REF": "", "GITHUB_REF": "refs/heads/main"})

    assert (found.base, found.change) == (None, None)


def test_an_unknown_system_is_plain():
    assert ci_system.read({"CI": "true"}).name == "plain"


def group(log):
    with log.group("build: the models"):
        log.line("inside")


def test_groups_fold_in_github():
    assert written("github", group) == "::group::build: the models\ninside\n::endgroup::\n"


def test_groups_fold_in_gitlab():
    lines = written("gitlab", group).split("\n")

    assert lines[0].startswith("\x1b[0Ksection_start:")
    assert lines[0].endswith(":build_the_models\r\x1b[0Kbuild: the models")
    assert lines[2].endswith(":build_the_models\r\x1b[0K")


def test_groups_are_lines_elsewhere():
    assert written("plain", group) == "== build: the models\ninside\n"


def test_an_error_stands_beside_the_line_that_it_names():
    message = "deployment.instances: must be at least 1, found 0 (models/wine/model.yaml:14)\nsecond line, 100%"

    assert written("github", lambda log: log.error(message)) == (
        "::error file=models/wine/model.yaml,line=14::deployment.instances: must be at least 1, found 0 "
        "(models/wine/model.yaml:14)%0Asecond line, 100%25\n"
    )


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("models/wine/model.yaml:14: no", Place("models/wine/model.yaml", 14)),
        ("Pulumi.prod.yaml:3: no", Place("Pulumi.prod.yaml", 3)),
        ("http://127.0.0.1:8484 did not answer", None),
        ("", None),
    ],
)
def test_a_place_is_a_file_of_ours_and_a_line(message, place):
    assert place_in(message) == place


def test_what_others_print_gives_no_commands_in_github():
    def print_hostile(log):
        with log.printed_by_others():
            log.line("::set-output name=x::y")

    first, hostile, last = written("github", print_hostile).splitlines()

    token = first.removeprefix("::stop-commands::")
    assert first.startswith("::stop-commands::")
    assert len(token) == 32
    assert hostile == "::set-output name=x::y"
    assert last == f"::{token}::"
