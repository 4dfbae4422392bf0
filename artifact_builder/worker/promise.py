"""How far predictions may be from those that the manifest promises."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# One row and ten rows take different paths through BLAS: the last bits of a sum may differ, of 24 or of 53.
_TOLERANCES = {"float16": 1e-2, "float32": 1e-5}
_DOUBLE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Promise:
    """The golden predictions; numbers may differ by ``relative_tolerance`` of themselves or of the largest of them.

    The largest is the measure for numbers near zero, which are what is left when large ones cancel out.
    """

    predictions: list[Any]
    relative_tolerance: float
    absolute_tolerance: float

    def differences(self, form: str, given: Any, rows: int) -> list[str]:
        """What is wrong with the answer to the first ``rows`` golden rows: at most one problem, on the worst row."""
        if not isinstance(given, dict) or not isinstance(given.get("prediction"), list):
            return [f"{form}: predict() must return {{'prediction': [...]}}, found {str(given)[:80]}"]
        found = given["prediction"]
        promised = self.predictions[:rows]
        if len(found) != len(promised):
            return [f"{form}: expected {len(promised)} predictions, found {len(found)}"]
        excesses = self._excesses(found)
        worst = max(range(len(excesses)), key=excesses.__getitem__)
        wrong = sum(excess > 0 for excess in excesses)
        if not wrong:
            return []
        problem = (
            f"{form}: {wrong} of {len(excesses)} rows differ from the golden rows, "
            f"worst is row {worst}: expected {promised[worst]!r}, found {found[worst]!r}"
        )
        return [problem]

    def differing_rows(self, found: list[Any]) -> tuple[int, ...]:
        """Numbers of the rows, from 0, whose answer is not the promised one; ``found`` has an answer for each row."""
        return tuple(row for row, excess in enumerate(self._excesses(found)) if excess > 0)

    def _excesses(self, found: list[Any]) -> list[float]:
        promised = self.predictions[: len(found)]
        return [self._excess(one, other) for one, other in zip(found, promised, strict=True)]

    def _excess(self, found: Any, expected: Any) -> float:
        """How far beyond the tolerance: 0 within it, infinite for what is no number and differs."""
        if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
            return max((self._excess(one, other) for one, other in zip(found, expected, strict=True)), default=0.0)
        if isinstance(expected, float) and isinstance(found, int | float) and not isinstance(found, bool):
            allowed: float = self.relative_tolerance * max(abs(expected), abs(found)) + self.absolute_tolerance
            return max(0.0, abs(found - expected) - allowed)
        return 0.0 if type(found) is type(expected) and found == expected else math.inf


def promise(manifest: dict[str, Any], predictions: list[Any]) -> Promise:
    """The promise of ``predictions``, at the tolerance of the manifest's format."""
    onnx = manifest.get("onnx")
    if onnx is not None:
        return Promise(predictions, onnx["relative_tolerance"], onnx["absolute_tolerance"])
    largest = max((abs(number) for number in _floats(predictions)), default=0.0)
    relative = _TOLERANCES.get(manifest["golden"].get("dtype", ""), _DOUBLE_TOLERANCE)
    return Promise(predictions, relative, relative * largest)


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for item in value:
            yield from _floats(item)
    elif isinstance(value, float):
        yield value
