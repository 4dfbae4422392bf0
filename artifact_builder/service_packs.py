"""OCI's service conda packs by slug, from service_packs.yaml. Lookups only: ``inference_env`` draws the conclusions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TABLE_PATH = Path(__file__).with_name("service_packs.yaml")
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster
# Oracle's buckets of service packs, by the name they had and the one they have; the namespace differs by realm.
_BUCKETS = ("oci://service-conda-packs@", "oci://service_conda_packs@")
_PYTHON_IN_SLUG = re.compile(r"_p(3)(\d{1,2})_")


@dataclass(frozen=True)
class ServicePack:
    """A pack as publicly known; None (or an empty ``runtime_images``) where nothing is known.

    ``python`` is major.minor; versions have as many parts as their source gives. ``runtime_images``: OL8 and OL9, the
    service's images that the pack is said to run on, only for packs in Oracle's list of active ones.
    """

    slug: str
    name: str
    python: str
    scikit_learn: str | None
    onnxruntime: str | None
    onnx: str | None
    pandas: str | None
    is_general: bool
    has_gpu: bool
    arch: str
    runtime_images: tuple[str, ...]
    path: str | None
    date: str
    source: str

    @property
    def revision(self) -> int:
        """The number in the trailing _v1, _v2 …; 0 where there is none."""
        match = re.search(r"v(\d+)(\.\d+)?$", self.slug)
        return int(match[1]) if match else 0

    @property
    def max_opset(self) -> int | None:
        """The newest opset of ONNX that its ONNX Runtime runs, where both are known."""
        return None if self.onnxruntime is None else _onnx_opsets().get(minor(self.onnxruntime))


def minor(version: str) -> str:
    """``1.9`` of 1.9.1: what may differ between two of the same is a patch release, or what comes after."""
    return ".".join(version.split(".")[:2])


def packs() -> tuple[ServicePack, ...]:
    """All known packs, in the table's order."""
    return tuple(_packs_by_slug().values())


def pack(conda_env: str) -> ServicePack | None:
    """The pack that a slug, or a path in one of Oracle's buckets, names; None for others."""
    return _packs_by_slug().get(slug_of(conda_env) or "")


def slug_of(conda_env: str) -> str | None:
    """The slug that a conda_env is or ends in; None for the path of a published environment."""
    if not conda_env.startswith("oci://"):
        return conda_env
    return conda_env.rstrip("/").rpartition("/")[2] if conda_env.startswith(_BUCKETS) else None


def python_in_slug(conda_env: str) -> str | None:
    """``3.11`` of generalml_p311_cpu_x86_64_v1: Oracle's way of naming packs, good for those that the table lacks."""
    match = _PYTHON_IN_SLUG.search(slug_of(conda_env) or "")
    return f"{match[1]}.{match[2]}" if match else None


def fitting(python: str, scikit_learn: str) -> tuple[ServicePack, ...]:
    """Packs known to have this Python and scikit-learn (major.minor of both), best first.

    Best: the very same scikit-learn, for CPU shapes, of the general family, still in Oracle's list, newest.
    """
    known = [
        one
        for one in packs()
        if one.python == minor(python)
        and one.scikit_learn is not None
        and minor(one.scikit_learn) == minor(scikit_learn)
    ]
    return tuple(
        sorted(
            known,
            key=lambda one: (
                one.scikit_learn == scikit_learn,
                not one.has_gpu,
                one.is_general,
                bool(one.runtime_images),
                one.date,
            ),
            reverse=True,
        )
    )


def newest_general(python: str) -> ServicePack | None:
    """The general machine learning pack for x86 CPUs and this Python, to name where the user names none.

    One whose path is publicly known goes before a newer one, because OCI finds a deployment's pack by the path; then
    one that runs on both of the service's runtime images before one for OL9 only, because which of them a region
    has is not known here; then the newest.
    """
    general = [
        one
        for one in packs()
        if one.is_general and not one.has_gpu and one.arch == "x86_64" and one.python == minor(python)
    ]
    return max(general, key=lambda one: (one.path is not None, len(one.runtime_images), one.revision), default=None)


@cache
def _packs_by_slug() -> dict[str, ServicePack]:
    return {entry["slug"]: _service_pack(entry) for entry in _table()["packs"]}


def _onnx_opsets() -> dict[str, int]:
    opsets: dict[str, int] = _table()["onnx_opsets"]
    return opsets


@cache
def _table() -> dict[str, Any]:
    with _TABLE_PATH.open(encoding="utf-8") as file:
        table: dict[str, Any] = yaml.load(file, Loader=_Loader)  # noqa: S506  # a safe loader, by either name
    return table


def _service_pack(entry: dict[str, Any]) -> ServicePack:
    return ServicePack(
        slug=entry["slug"],
        name=entry["name"],
        python=entry["python"],
        scikit_learn=entry["scikit_learn"],
        onnxruntime=entry["onnxruntime"],
        onnx=entry["onnx"],
        pandas=entry["pandas"],
        is_general=entry["general"],
        has_gpu=entry["gpu"],
        arch=entry["arch"],
        runtime_images=tuple(entry["runtime_images"] or ()),
        path=entry["path"],
        date=entry["date"],
        source=entry["source"],
    )
