"""Whether an estimator's file is the same bytes again once it was loaded: asked of each build, told where not."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

from artifact_builder.worker.reproducible_pickle import dump_sha256_hex

# Loading the file again needs its size in memory once more, and a second for each 200 MB or so.
CHECKED_UP_TO_BYTES = 256 << 20
_TOLD = 5


@dataclass(frozen=True)
class Stability:
    """What is known of an estimator's file.

    ``is_stable``: True, False, or None where it was not checked; ``where``: attributes that came back otherwise;
    ``durations``: attributes that say how long fitting took, so that training again gives another file.
    """

    is_stable: bool | None
    where: tuple[str, ...] = ()
    durations: tuple[str, ...] = ()
    size_bytes: int = 0

    def __str__(self) -> str:
        if self.is_stable is None:
            return f"not checked whether the model file can be reproduced: it has {self.size_bytes / 1e6:.0f} MB"
        if self.is_stable:
            return "an equal estimator gives the same model file"
        return (
            f"the model file cannot be reproduced byte by byte: {', '.join(self.where)} changes each time that it is "
            "saved and loaded; saved again, the same estimator will show as a changed model"
        )

    def to_json(self) -> dict[str, object]:
        """As manifest.json has it."""
        return {"stable": self.is_stable, "where": list(self.where), "durations": list(self.durations)}


def stability(estimator: Any, path: Path, *, checked_up_to_bytes: int = CHECKED_UP_TO_BYTES) -> Stability:
    """Load what ``dump(estimator, path)`` wrote, dump it into a hash, and compare.

    Where they differ, the paths of the attributes that do are found by dumping the parts of both. A file beyond
    ``checked_up_to_bytes`` is not loaded: a build of a big model must not need its size in memory twice.
    """
    size_bytes, name = path.stat().st_size, type(estimator).__name__
    durations = tuple(_durations(estimator, name, set()))
    if size_bytes > checked_up_to_bytes:
        return Stability(None, (), durations, size_bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the estimator was loaded once before, and told of them then
        again = joblib.load(path)
    with path.open("rb") as file:
        written = hashlib.file_digest(file, "sha256").hexdigest()
    if dump_sha256_hex(again) == written:
        return Stability(True, (), durations, size_bytes)
    where = tuple(dict.fromkeys(_different(estimator, again, name)))[:_TOLD]
    return Stability(False, where or (name,), durations, size_bytes)


def _different(one: Any, other: Any, path: str) -> Iterator[str]:
    """Paths of the smallest parts of two equal things that are not dumped to the same bytes."""
    if type(one) is type(other) and dump_sha256_hex(one) == dump_sha256_hex(other):
        return
    pairs = list(_parts(one, other)) if type(one) is type(other) else []
    inner = [found for name, left, right in pairs for found in _different(left, right, path + name)]
    yield from inner or [path]


def _parts(one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """(how it is reached, the one's, the other's) for what both are made of."""
    if isinstance(one, dict):
        yield from ((f"[{key!r}]", one[key], other[key]) for key in one if key in other)
    elif isinstance(one, list | tuple) and len(one) == len(other):
        yield from ((f"[{number}]", *pair) for number, pair in enumerate(zip(one, other, strict=True)))
    ours, theirs = getattr(one, "__dict__", {}), getattr(other, "__dict__", {})
    yield from ((f".{key}", ours[key], theirs[key]) for key in sorted(ours) if key in theirs)


def _durations(value: Any, path: str, seen: set[int]) -> Iterator[str]:
    """Paths of scikit-learn's ``refit_time_``: a search's, wherever it stands in a pipeline."""
    if id(value) in seen or not (isinstance(value, dict | list | tuple) or hasattr(value, "__dict__")):
        return
    seen.add(id(value))
    if "refit_time_" in getattr(value, "__dict__", {}):
        yield f"{path}.refit_time_"
    for name, part, _ in _parts(value, value):
        yield from _durations(part, path + name, seen)
