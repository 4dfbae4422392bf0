"""Which conda environment an artifact names in its runtime.yaml, and whether the estimator goes with it.

What counts as a mismatch:

- **joblib, another minor release of scikit-learn.** scikit-learn promises a pickle to load only with the release that
  wrote it. Patch releases of one minor have kept to the same attributes so far, so that they are a note.
- **joblib, another minor release of Python.** A pickle names classes of numpy, scipy and scikit-learn whose releases
  differ between Pythons, and code objects in it (lambdas, cloudpickle) load with no other Python at all.
- **python_version other than the pack's**, whatever the format: OCI fails such a deployment.
- **onnx: an opset newer than the pack's ONNX Runtime runs.** scikit-learn and Python are then no matter.

Of a published environment (an oci:// path of one's own) and of slugs that are not in the table nothing is known, and
nothing is said but what python_version says itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from artifact_builder import service_packs
from artifact_builder.service_packs import ServicePack, minor


@dataclass(frozen=True)
class InferenceEnv:
    """What goes into runtime.yaml: ``conda_env`` (a slug or an oci:// path) and ``python_version``.

    ``problem``: why the estimator does not go with it and what to do (model.yaml's ``allow_version_skew`` makes a
    warning of it); None where nothing known speaks against it. ``notes``: what could not be checked.
    """

    conda_env: str
    python_version: str
    problem: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Needs:
    """What the model file needs: the ``python`` and ``scikit_learn`` that wrote it; for onnx its ``opset``."""

    format: str
    python: str
    scikit_learn: str
    opset: int | None = None

    @property
    def is_pickle(self) -> bool:
        """Whether Python and scikit-learn matter when it is loaded."""
        return self.format != "onnx"


def inference_env(conda_env: str | None, python_version: str | None, needs: Needs) -> InferenceEnv:
    """The environment of model.yaml's two keys; None stands for one that is left out."""
    if conda_env is None:
        return _chosen(python_version, needs)
    pack = service_packs.pack(conda_env)
    if pack is not None:
        return InferenceEnv(
            conda_env, python_version or pack.python, _pack_problem(pack, python_version, needs), _notes(pack, needs)
        )
    slug = service_packs.slug_of(conda_env)
    notes = [f"conda_env {slug} is no pack that is known here: its versions are not checked"] if slug else []
    assumed = python_version or service_packs.python_in_slug(conda_env) or minor(needs.python)
    if python_version is None and needs.is_pickle and assumed != minor(needs.python):
        notes.append(f"by its name it has Python {assumed}, the estimator's is {minor(needs.python)}")
    return InferenceEnv(conda_env, assumed, _stated_python_problem(python_version, needs), tuple(notes))


def _chosen(python_version: str | None, needs: Needs) -> InferenceEnv:
    """The pack that is known to fit, else the general one for the Python; the newest one where there is none."""
    python = minor(needs.python if needs.is_pickle else python_version or needs.python)
    known = service_packs.fitting(python, needs.scikit_learn) if needs.is_pickle else ()
    pack = next(iter(known), None) or service_packs.newest_general(python) or _newest()
    problem = _stated_python_problem(python_version, needs)
    # Who names no pack has said nothing wrong: that none of them fits is told, and a build for here goes on.
    remarks = (_pack_problem(pack, None, needs),) if problem is None else ()
    said = (f"conda_env is left out: {_described(pack)} is chosen", *filter(None, remarks), *_notes(pack, needs))
    return InferenceEnv(pack.slug, python_version or pack.python, problem, ("; ".join(said),))


def _newest() -> ServicePack:
    pythons = sorted(
        {one.python for one in service_packs.packs()}, key=lambda text: [int(part) for part in text.split(".")]
    )
    return next(pack for python in reversed(pythons) if (pack := service_packs.newest_general(python)) is not None)


def _pack_problem(pack: ServicePack, python_version: str | None, needs: Needs) -> str | None:
    if python_version is not None and minor(python_version) != pack.python:
        return (
            f"conda_env {pack.slug} has Python {pack.python}, python_version says {python_version}: "
            f"leave python_version out, or name a pack that has it{_fitting_words(needs, python_version)}"
        )
    if not needs.is_pickle:
        return _opset_problem(pack, needs)
    other_python = pack.python != minor(needs.python)
    other_scikit_learn = pack.scikit_learn is not None and minor(pack.scikit_learn) != minor(needs.scikit_learn)
    if not other_python and not other_scikit_learn:
        return None
    return (
        f"conda_env {_described(pack)} does not go with the estimator, which is of Python {minor(needs.python)} and "
        f"scikit-learn {needs.scikit_learn}: a pickle is only promised to load with what wrote it"
        f"{_fitting_words(needs, needs.python)}. {_WHAT_NEXT}"
    )


_WHAT_NEXT = (
    "Fit and build with the pack's versions; or publish a conda environment made from the artifact's requirements.txt "
    "and name its oci:// path in conda_env; or write allow_version_skew: true to build it all the same"
)


def _opset_problem(pack: ServicePack, needs: Needs) -> str | None:
    if needs.opset is None or pack.max_opset is None or needs.opset <= pack.max_opset:
        return None
    return (
        f"conda_env {pack.slug} has ONNX Runtime {pack.onnxruntime}, which runs opsets up to {pack.max_opset}, "
        f"the model's is {needs.opset}: name a newer pack, or leave conda_env out. {_WHAT_NEXT}"
    )


def _stated_python_problem(python_version: str | None, needs: Needs) -> str | None:
    if python_version is None or not needs.is_pickle or minor(python_version) == minor(needs.python):
        return None
    return (
        f"python_version says {python_version}, the estimator is of Python {minor(needs.python)}: a pickle is only "
        f"promised to load with what wrote it. Build with Python {minor(python_version)}, or name an environment "
        f"with Python {minor(needs.python)}, or write allow_version_skew: true to build it all the same"
    )


def _fitting_words(needs: Needs, python: str) -> str:
    """``. Fits: …``: packs known to fit, else the one whose scikit-learn is not known, else that there is none."""
    wanted = f"Python {minor(python)}" + (f" and scikit-learn {minor(needs.scikit_learn)}" if needs.is_pickle else "")
    known = service_packs.fitting(python, needs.scikit_learn) if needs.is_pickle else ()
    if known:
        return f". A pack that fits: {_described(known[0])}"
    general = service_packs.newest_general(python)
    if general is None or (needs.is_pickle and general.scikit_learn is not None):
        return f". None of the known packs has {wanted}"
    if not needs.is_pickle:
        return f". A pack that fits: {_described(general)}"
    return (
        f". None of the known packs is known to have {wanted}; {general.slug} has Python {general.python}, "
        "its scikit-learn is not publicly known (Environment Explorer shows it)"
    )


def _notes(pack: ServicePack, needs: Needs) -> tuple[str, ...]:
    if not needs.is_pickle:
        if pack.onnxruntime is not None:
            return ()
        unknown = f"the ONNX Runtime of {pack.slug} is not publicly known"
        return (f"{unknown}: compare it with the artifact's requirements.txt before you deploy",)
    if pack.scikit_learn is None:
        unknown = f"the scikit-learn of {pack.slug} is not publicly known, the estimator's is {needs.scikit_learn}"
        return (f"{unknown}: compare them in Environment Explorer before you deploy",)
    if pack.scikit_learn != needs.scikit_learn and minor(pack.scikit_learn) == minor(needs.scikit_learn):
        return (f"{pack.slug} has scikit-learn {pack.scikit_learn}, the estimator is of {needs.scikit_learn}",)
    return ()


def _described(pack: ServicePack) -> str:
    versions = [f"Python {pack.python}"]
    if pack.scikit_learn is not None:
        versions.append(f"scikit-learn {pack.scikit_learn}")
    if pack.onnxruntime is not None:
        versions.append(f"ONNX Runtime {pack.onnxruntime}")
    return f"{pack.slug} ({', '.join(versions)})"
