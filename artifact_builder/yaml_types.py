"""The types of single values in model.yaml, each with the words that refuse another one."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator


def matching(pattern: str, words: str) -> AfterValidator:
    """A text that matches the whole of a pattern; `words` say what it must be."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(words)
        return text

    return AfterValidator(check)


def _number(value: object) -> float:
    """Keep a whole number whole (1, not 1.0): it is shown to people and compared in plans."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")  # noqa: TRY004  # pydantic collects ValueErrors only
    if not 0 < value < float("inf"):
        raise ValueError("must be above 0")
    return value


def _inside_folder(text: str) -> str:
    path = PurePosixPath(text)
    if not text or path.is_absolute() or ".." in path.parts or "\\" in text or "\0" in text:
        raise ValueError("must be a path inside the model's folder")
    return text


Number = Annotated[float, PlainValidator(_number)]
FilePath = Annotated[str, AfterValidator(_inside_folder)]
Name = Annotated[
    str,
    matching(
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "must be 1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit",
    ),
]


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that no file can have (too long, a NUL in it) is no error, only not there."""
    return os.path.isfile(path)  # noqa: PTH113  # Path.is_file raises for names that are too long


class Strict(BaseModel):
    """No unknown key, no conversion, no change afterwards."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
