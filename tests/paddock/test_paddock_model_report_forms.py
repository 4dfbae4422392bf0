"""The report on a terminal and in a pull request: readable, the same each time, and nothing in it is syntax."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from recorded_previews import NAMES, told

from paddock.model_report.deployment_settings import Setting
from paddock.model_report.markdown import escape, markdown
from paddock.model_report.model_change import ModelChange, SchemaChange, Version
from paddock.model_report.terminal import print_report

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})
ANSI = re.compile(r"\x1b\[[0-9;]*m")
INVISIBLE = "\u200b"  # after @, so that nobody is notified


def inline(text):
    """The tokens of one line of Markdown, as GitHub reads it."""
    (paragraph,) = [token for token in GITHUB.parse(f"x {text}") if token.type == "inline"]
    return paragraph.children


@given(st.text())
def test_any_text_is_itself_and_nothing_else(text):
    tokens = inline(escape(text))
    shown = "".join(token.content for token in tokens)

    assert {token.type for token in tokens} <= {"text", "text_special"}
    assert "".join(shown.removeprefix("x").replace(INVISIBLE, "").split()) == "".join(map(visible, text))


def visible(character):
    """Blanks are one, controls too; what has no form of its own is shown by its number."""
    if character.isspace() or character < " " or character == "\x7f":
        return ""
    return character if character.isprintable() else f"\\u{ord(character):04x}"


@given(st.text(alphabet="|\\`*_[]()<>!#~$@&{}-+= \n\tab1", max_size=30))
def test_syntax_is_itself_in_a_cell_too(text):
    (table,) = [escape(text)]
    tokens = GITHUB.parse(f"| a | b |\n| --- | --- |\n| {table} | end |\n")
    cells = [token for token in tokens if token.type == "inline"]

    assert len(cells) == 4
    assert cells[3].content == "end"
    shown = "".join(token.content for token in cells[2].children).replace(INVISIBLE, "")  # references are read already
    assert shown.split() == text.split()


def test_a_name_after_an_at_sign_is_not_notified():
    assert escape("@octocat") == "&#64;&#8203;octocat"


@given(
    name=st.text(min_size=1, max_size=20),
    sentence=st.text(max_size=60),
    value=st.text(max_size=30),
)
def test_whatever_a_model_is_called_the_report_has_one_row_and_one_fold_for_each(name, sentence, value):
    change = ModelChange(
        name=name,
        kind="new version",
        endpoint=f"http://{value}",
        old=Version(digest=value or None, metrics={sentence: 0.5}),
        new=Version(digest="b" * 64, metrics={sentence: 0.25}, algorithm=value),
        schema=SchemaChange(is_breaking=True, breaking=(sentence,)),
        settings=(Setting(name, value, sentence),),
    )
    html = GITHUB.render(markdown([change, change], name))

    assert html.count("<tr>") == 3
    assert html.count("<details>") == html.count("</details>") == 2
    assert html.count("<table>") == 1
    assert "<a " not in html


@pytest.mark.parametrize("name", NAMES)
def test_equal_changes_give_equal_bytes(name):
    changes = tuple(told(name).values())

    assert markdown(changes, "local") == markdown(tuple(told(name).values()), "local")
    assert markdown(changes, "local").endswith("\n")


def test_a_reviewer_reads_at_a_glance_what_breaks():
    text = markdown(tuple(told("column-dropped").values()), "production")
    head = text.split("<details>")[0]

    assert "### Models on stack production" in head
    assert "**1 model changes: 1 new version; 1 breaks its callers.**" in head
    assert "> [!CAUTION]" in head
    assert "| **risk** | new version, endpoint kept, no downtime |" in head
    assert "column 'weight' is gone" not in head
    assert "column 'weight' is gone" in text


def test_a_change_that_breaks_nobody_cautions_nobody():
    assert "CAUTION" not in markdown(tuple(told("bandwidth").values()), "local")


def test_of_very_many_models_those_that_break_callers_stay_in_a_comment_of_github():
    broken = replace(told("column-dropped")["risk"], name="z-broken")
    changes = [replace(told("bandwidth")["risk"], name=f"model-{place}") for place in range(1000)] + [broken]
    text = markdown(changes, "local")

    assert len(text) < 65_536
    assert "| **z-broken** |" in text
    assert "<summary>z-broken</summary>" in text
    rows = text.count("| **model-")
    assert f"… and {1000 - rows} more" in text


class Terminal(io.StringIO):
    """A terminal as far as one can ask."""

    def isatty(self):
        return True


def printed(changes, file, monkeypatch, columns=80):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    print_report(changes, file=file)
    return file.getvalue()


@pytest.mark.parametrize("columns", [80, 120, 200])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_terminal(name, columns, monkeypatch):
    text = printed(tuple(told(name).values()), Terminal(), monkeypatch, columns)

    assert max(len(ANSI.sub("", line)) for line in text.splitlines()) <= columns


def test_colour_is_for_terminals_only(monkeypatch):
    changes = tuple(told("column-dropped").values())

    assert "\x1b[" in printed(changes, Terminal(), monkeypatch)
    assert "\x1b[" not in printed(changes, io.StringIO(), monkeypatch)


def test_what_nothing_tells_is_unknown_and_never_the_same(monkeypatch):
    change = replace(told("bandwidth")["risk"], old=Version(), new=Version())
    lines = printed([change], io.StringIO(), monkeypatch).splitlines()

    for name in ("digest", "scikit-learn", "metrics"):
        (line,) = [line.split() for line in lines if line.startswith(name)]
        assert line == [name, "unknown", "unknown"]
    assert [line.split()[-1] for line in lines if line.startswith("instances")] == ["same"]


def test_richs_own_markup_is_text(monkeypatch):
    change = replace(told("bandwidth")["risk"], name="[bold]risk[/bold]")

    assert "[bold]risk[/bold]: other options" in printed([change], io.StringIO(), monkeypatch)


def test_many_models_get_a_line_each_and_tables_only_where_callers_break(monkeypatch):
    broken = told("column-dropped")["risk"]
    changes = [replace(told("bandwidth")["risk"], name=f"model-{place:02}") for place in range(40)] + [broken]
    text = printed(changes, io.StringIO(), monkeypatch, 120)

    assert all(f"model-{place:02}" in text for place in range(40))
    assert text.count("now ") == 1
    assert "41 models change: 40 other options, 1 new version; 1 breaks its callers" in text
