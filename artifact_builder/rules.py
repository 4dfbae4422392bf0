"""Rules between values of one model.yaml, checked on the plain values beside the types.

A rule is silent where a value it needs has a problem of its own already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from artifact_builder.model_yaml import is_file

# OCPUs and GB of memory that a flexible shape takes (OCI.md 4.2). Of other shapes our sources give no bounds.
SHAPE_RANGES: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "VM.Standard.E3.Flex": ((1, 64), (6, 1024)),
    "VM.Standard.E4.Flex": ((1, 64), (6, 1024)),
    "VM.Standard3.Flex": ((1, 32), (6, 512)),
    "VM.Optimized3.Flex": ((1, 18), (6, 256)),
}
_DEFAULT_SHAPE = "VM.Standard.E4.Flex"


@dataclass(frozen=True)
class Breach:
    """A broken rule: the path it is reported at, the other paths it read, what must be, what was found."""

    path: str
    message: str
    found: object = None
    shows_found: bool = True
    others: tuple[str, ...] = ()


class Values:
    """Plain values by dotted path, without those that have a problem."""

    def __init__(self, root: Mapping[str, object], bad_paths: Collection[str]) -> None:
        self._root = root
        self._bad = bad_paths

    def get(self, path: str, default: object = None) -> object:
        """The value, ``default`` where it is absent or null, None where it (or what holds it) has a problem."""
        value: object = self._root
        so_far = ""
        for key in path.split("."):
            so_far = f"{so_far}.{key}".removeprefix(".")
            if so_far in self._bad:
                return None
            if not isinstance(value, Mapping) or value.get(key) is None:
                return default
            value = value[key]
        return value

    def number(self, path: str, default: float | None = None) -> float | None:
        """Like ``get``, and None for what is no number."""
        value = self.get(path, default)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def breaches(values: Values, folder: Path) -> Iterator[Breach]:
    """Every broken rule between values, and every file that is named and not there."""
    yield from _bandwidth(values)
    yield from _shape(values)
    yield from _scaling(values)
    yield from _sources(values, folder)
    yield from _model_file(values)


def _model_file(values: Values) -> Iterator[Breach]:
    file_name, kind = values.get("model_file_name"), values.get("format", "joblib")
    if not isinstance(file_name, str) or not isinstance(kind, str):
        return
    if kind == "auto":
        message = "must be left out where format is auto: its ending depends on the format that is chosen"
        yield Breach("model_file_name", message, shows_found=False, others=("format",))
    elif not file_name.endswith(f".{kind}"):
        yield Breach("model_file_name", f"must end in .{kind} (format: {kind})", file_name, others=("format",))


def _bandwidth(values: Values) -> Iterator[Breach]:
    low = values.number("deployment.load_balancer.bandwidth_mbps", 10)
    high = values.number("deployment.load_balancer.maximum_bandwidth_mbps")
    if low is not None and high is not None and not low < high <= 2 * low:  # OCI.md 4.4
        yield Breach(
            "deployment.load_balancer.maximum_bandwidth_mbps",
            f"must be above {low} and at most {2 * low} (twice bandwidth_mbps)",
            high,
            others=("deployment.load_balancer.bandwidth_mbps",),
        )


def _shape(values: Values) -> Iterator[Breach]:
    shape = values.get("deployment.shape", _DEFAULT_SHAPE)
    if not isinstance(shape, str):
        return
    for index, (key, unit) in enumerate((("ocpus", "OCPUs"), ("memory_gbs", "GB"))):
        path = f"deployment.{key}"
        value = values.number(path)
        if value is None:
            continue
        if not shape.endswith(".Flex"):  # instance shape details are for flexible shapes (OCI.md 4.1)
            yield Breach(path, f"must be left out: {shape} is a fixed shape", value, others=("deployment.shape",))
        elif shape in SHAPE_RANGES:
            low, high = SHAPE_RANGES[shape][index]
            if not low <= value <= high:
                message = f"must be {low} to {high} {unit} for {shape}"
                yield Breach(path, message, value, others=("deployment.shape",))


def _scaling(values: Values) -> Iterator[Breach]:
    at = "deployment.autoscaling"
    if values.get(at) is None:
        return
    if values.number("deployment.instances") is not None:
        message = "must be left out where autoscaling is given: it counts the instances"
        yield Breach("deployment.instances", message, shows_found=False, others=(at,))
    low, high = values.number(f"{at}.min"), values.number(f"{at}.max")
    if low is not None and high is not None and low > high:
        yield Breach(f"{at}.max", f"must be at least {low} (min)", high, others=(f"{at}.min",))
    into, out = values.number(f"{at}.scale_in_at", 30), values.number(f"{at}.scale_out_at", 70)
    if into is not None and out is not None and into >= out:
        yield Breach(f"{at}.scale_in_at", f"must be below {out} (scale_out_at)", into, others=(f"{at}.scale_out_at",))


def _sources(values: Values, folder: Path) -> Iterator[Breach]:
    estimator, train = values.get("estimator", ""), values.get("train", "")
    has_estimator = isinstance(estimator, str) and bool(estimator) and is_file(folder / estimator)
    if estimator == "" and train == "":
        yield Breach("estimator", "must be given (a fitted estimator's file), or train instead", shows_found=False)
    if isinstance(estimator, str) and estimator and not has_estimator and train == "":
        yield _absent("estimator", estimator)
    if isinstance(train, str) and train and not has_estimator:
        file = train.rpartition(":")[0]
        if not is_file(folder / file):
            yield _absent("train", file)
    if has_estimator and values.get("samples", "") == "":
        yield Breach("samples", "must be given: {X: file, y: file}, y where true values are known", shows_found=False)
    for path in ("samples.X", "samples.y", "hooks", "score"):
        file_name = values.get(path)
        if isinstance(file_name, str) and not is_file(folder / file_name):
            yield _absent(path, file_name)


def _absent(path: str, file_name: str) -> Breach:
    return Breach(path, "must be a file that is there, relative to the model's folder", f"no file {file_name}")
