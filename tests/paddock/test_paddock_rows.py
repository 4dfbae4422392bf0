"""Rows that a user hands over."""

import io

import pytest

from paddock.errors import WordsError
from paddock.rows import read_rows


def test_a_csv_becomes_objects_with_numbers_text_and_gaps(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("alcohol,ash,colour,note\n13.2,2,red,\n")

    assert read_rows(str(file)) == [{"alcohol": 13.2, "ash": 2, "colour": "red", "note": None}]


def test_json_goes_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"data": [[1, 2]]}'))

    assert read_rows("-") == {"data": [[1, 2]]}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("rows.txt", "1", "expected a .csv, a .json or -"), ("rows.json", "{", "is not JSON")],
)
def test_what_can_not_be_read_is_refused_by_name(tmp_path, name, text, words):
    file = tmp_path / name
    file.write_text(text)

    with pytest.raises(WordsError, match=words):
        read_rows(str(file))
