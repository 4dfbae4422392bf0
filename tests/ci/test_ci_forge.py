"""One comment on a change, one issue on a stack: found again, edited in place, never a stranger's."""

from __future__ import annotations

import pytest
from forge_under_test import TOKEN, forge

from paddock.ci import comment
from paddock.ci.ci_system import CiSystem
from paddock.ci.forge import ForgeError, forge_of

MARKER = "<!-- paddock-rehearsal -->"


@pytest.fixture(params=["github", "gitlab"])
def both(request):
    with forge() as under_test:
        repository = "wine/models" if request.param == "github" else "99"
        system = CiSystem(request.param, repository=repository, api_url=under_test.url)
        found = forge_of(system, {"GITHUB_TOKEN": TOKEN, "GITLAB_TOKEN": TOKEN})
        assert found is not None
        yield under_test, found


def test_a_comment_is_made_once_and_then_edited(both: tuple):
    under_test, found = both
    for number in range(150):
        under_test.add_comment(12, f"somebody says {number}")

    found.upsert_comment(12, MARKER, f"{MARKER}\nfirst")
    found.upsert_comment(12, MARKER, f"{MARKER}\nsecond")

    mine = [one["body"] for one in under_test.comments[12] if one["body"].startswith(MARKER)]
    assert mine == [f"{MARKER}\nsecond"]
    assert len(under_test.comments[12]) == 151


def test_the_same_comment_is_not_written_again(both: tuple):
    under_test, found = both
    found.upsert_comment(12, MARKER, f"{MARKER}\nsame")
    count = len(under_test.calls)

    assert "says so already" in found.upsert_comment(12, MARKER, f"{MARKER}\nsame")
    assert len(under_test.calls) == count


def test_a_strangers_comment_with_the_marker_is_left_alone(both: tuple):
    under_test, found = both
    under_test.add_comment(12, f"{MARKER}\nmine", {"login": "stranger", "id": 8})

    found.upsert_comment(12, MARKER, f"{MARKER}\nours")

    assert [one["body"] for one in under_test.comments[12]] == [f"{MARKER}\nmine", f"{MARKER}\nours"]


def test_an_issue_is_opened_edited_and_closed(both: tuple):
    under_test, found = both

    found.upsert_issue("<!-- x -->", "drift", "Title", "<!-- x -->\nfirst")
    found.upsert_issue("<!-- x -->", "drift", "Title", "<!-- x -->\nsecond")
    opened = [dict(issue) for issue in under_test.issues]
    found.close_issue("<!-- x -->", "drift", "mended")

    assert [(issue["state"], issue["title"]) for issue in opened] == [("open", "Title")]
    assert "second" in (opened[0]["body"] or opened[0]["description"])
    assert [issue["state"] for issue in under_test.issues] == ["closed"]


def test_no_issue_to_close_is_no_error(both: tuple):
    assert both[1].close_issue("<!-- x -->", "drift", "mended") == "no issue is open"


def test_what_passes_is_tried_again(both: tuple):
    under_test, found = both
    under_test.failures = [502, 503]

    found.upsert_comment(12, MARKER, f"{MARKER}\nfirst")

    assert len(under_test.comments[12]) == 1


def test_a_refusal_has_the_forges_words_and_no_token():
    with forge() as under_test:
        system = CiSystem("github", repository="wine/models", api_url=under_test.url)
        found = forge_of(system, {"GITHUB_TOKEN": "wrong"})
        assert found is not None
        with pytest.raises(ForgeError) as refused:
            found.upsert_comment(12, MARKER, "x")

    assert "401" in str(refused.value)
    assert "Bad credentials" in str(refused.value)
    assert "wrong" not in str(refused.value)


def run(tmp_path, under_test, *words, text=f"{MARKER}\nhello @all", **environment):
    (tmp_path / "summary.md").write_text(text)
    told = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "wine/models",
        "GITHUB_API_URL": under_test.url,
        "GITHUB_TOKEN": TOKEN,
    }
    return comment.main(["--file", str(tmp_path / "summary.md"), *words], {**told, **environment})


def test_a_forks_text_is_said_to_be_one_and_calls_nobody(tmp_path):
    with forge() as under_test:
        under_test.pulls = [{"number": 5, "head": {"label": "fork:retrain", "sha": "a" * 40}}]
        assert run(tmp_path, under_test, "--head", "fork:retrain", "--commit", "a" * 40, "--from-fork") == 0
        (posted,) = under_test.comments[5]

    assert posted["body"].startswith(f"{MARKER}\n> From a fork")
    assert "@all" not in posted["body"]


def test_a_pull_request_that_moved_on_gets_no_comment_of_an_old_commit(tmp_path, capsys):
    with forge() as under_test:
        under_test.pulls = [{"number": 5, "head": {"label": "wine:retrain", "sha": "b" * 40}}]
        assert run(tmp_path, under_test, "--head", "wine:retrain", "--commit", "a" * 40) == 0

    assert under_test.comments == {}
    assert "no open pull request stands at this commit" in capsys.readouterr().out


def test_without_a_token_the_comment_stays_a_file_and_nothing_fails(tmp_path, capsys):
    with forge() as under_test:
        assert run(tmp_path, under_test, "--change", "5", GITHUB_TOKEN="") == 0

    assert under_test.comments == {}
    assert "no token to comment with" in capsys.readouterr().out


def test_a_comment_that_cannot_be_written_fails_the_step(tmp_path, capsys):
    with forge() as under_test:
        assert run(tmp_path, under_test, "--change", "5", GITHUB_TOKEN="wrong") == 1

    assert "401" in capsys.readouterr().err
