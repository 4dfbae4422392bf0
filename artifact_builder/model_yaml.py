"""What model.yaml may say, as types (DESIGN 3.1).

Only what one value tells about itself is here; rules between values are in ``rules``, so that both kinds of problem are
reported together. Bounds are OCI's and each says where it was read; where no source gives a bound there is none.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator


def _matching(pattern: str, words: str) -> AfterValidator:
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
    _matching(
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "must be 1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit",
    ),
]


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that no file can have (too long, a NUL in it) is no error, only not there."""
    return os.path.isfile(path)  # noqa: PTH113  # Path.is_file raises for names that are too long


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


PythonFile = Annotated[FilePath, _matching(r".*\.py", "must be a .py file")]
EstimatorFile = Annotated[
    FilePath, _matching(r".*\.(pkl|pickle|joblib|skops)", "must be a .pkl, .joblib or .skops file")
]
SampleFile = Annotated[
    FilePath,
    _matching(r".*\.(csv|parquet|jsonl|ndjson|npy)", "must be a .csv, .parquet, .jsonl, .ndjson or .npy file"),
]


class Samples(_Strict):
    """Files with rows the estimator was not fitted on: features ``X`` and, where known, true values ``y``.

    ``dtypes``: pandas' name of a column's dtype, for files that cannot say it (``category`` in a CSV, dates).
    """

    X: SampleFile
    y: SampleFile | None = None
    dtypes: dict[str, str] = Field(default_factory=dict)


class LoadBalancer(_Strict):
    """The deployment's own load balancer. At least 10 Mbps (OCI.md 4.4); no upper bound is published."""

    bandwidth_mbps: Annotated[int, Field(ge=10)] = 10
    maximum_bandwidth_mbps: int | None = None


class Logs(_Strict):
    """Which of OCI's two categories of deployment logs are written."""

    access: bool = True
    predict: bool = True


class Autoscaling(_Strict):
    """A threshold policy. Metrics are OCI's two predefined ones, thresholds are their percentages (OCI.md 4.1)."""

    min: Annotated[int, Field(ge=1)]
    max: Annotated[int, Field(ge=1)]
    metric: Literal["CPU_UTILIZATION", "MEMORY_UTILIZATION"] = "CPU_UTILIZATION"
    scale_out_at: Annotated[int, Field(ge=1, le=100)] = 70
    scale_in_at: Annotated[int, Field(ge=1, le=100)] = 30


class Deployment(_Strict):
    """How the model is served. Defaults are oracle-ads's own (OCI.md 2.2).

    ``ocpus`` and ``memory_gbs`` are set for flexible shapes and None for fixed ones; ``instances`` is None where
    ``autoscaling`` is set.
    """

    state: Literal["ACTIVE", "INACTIVE"] = "ACTIVE"
    shape: Annotated[str, _matching(r"\S+", "must be the name of a shape, such as VM.Standard.E4.Flex")] = (
        "VM.Standard.E4.Flex"
    )
    ocpus: Number | None = None
    memory_gbs: Number | None = None
    instances: Annotated[int, Field(ge=1)] | None = None
    autoscaling: Autoscaling | None = None
    load_balancer: LoadBalancer = LoadBalancer()
    logs: Logs = Logs()


class ModelDocument(_Strict):
    """The keys of model.yaml."""

    name: Name
    description: str = ""
    estimator: (
        Annotated[FilePath, _matching(r".*\.(pkl|pickle|joblib|skops)", "must be a .pkl, .joblib or .skops file")]
        | None
    ) = None
    train: Annotated[str, _matching(r"[^:]+\.py:[A-Za-z_]\w*", "must be file.py:function")] | None = None
    samples: Samples | None = None
    # auto: ONNX where its predictions are the estimator's, joblib otherwise.
    format: Literal["joblib", "onnx", "auto"] = "joblib"
    # The extension belongs to the serialiser (OCI.md 1.7), and the name stands beside score.py in one flat folder.
    model_file_name: (
        Annotated[
            str,
            _matching(
                r"[A-Za-z0-9][A-Za-z0-9._-]*\.(joblib|onnx)", "must be a file name that ends in .joblib or .onnx"
            ),
        ]
        | None
    ) = None
    predict_proba: bool = False
    # Whether score.py refuses what it could understand: columns in another order, whole numbers written as fractions.
    strict: bool = False
    # Modules besides scikit-learn's own world that the estimator's file may import; loading it runs their code.
    trust: list[Annotated[str, _matching(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", "must be a module's dotted name")]] = Field(
        default_factory=list
    )
    # Names of scikit-learn's scorers, such as f1_macro, measured on the samples; empty: what is usual for the kind.
    metrics: list[str] = Field(default_factory=list)
    allow_version_skew: bool = False
    # None: the builder chooses the service conda pack that fits.
    conda_env: (
        Annotated[
            str,
            _matching(
                r"[a-z0-9][a-z0-9_.-]*|oci://[^@/\s]+@[^@/\s]+/\S+",
                "must be a service conda pack's slug, or a published one's oci://bucket@namespace/path",
            ),
        ]
        | None
    ) = None
    # None: the pack's. The bounds are what Oracle's introspection test accepts (OCI.md 1.8).
    python_version: (
        Annotated[
            str,
            _matching(
                r"3\.([6-9]|1[0-2])(\.\d+)?", 'must be "3.6" to "3.12" (Oracle\'s introspection test accepts no other)'
            ),
        ]
        | None
    ) = None
    hooks: PythonFile | None = None
    # The user's own score.py, deployed instead of the generated one.
    score: PythonFile | None = None
    deployment: Deployment = Deployment()
    tags: dict[str, str] = Field(default_factory=dict)


class ModelYaml(ModelDocument):
    """A checked model.yaml, a stack's overrides applied; ``folder`` is the model folder that it was read from."""

    folder: Path

    @property
    def estimator_path(self) -> Path | None:
        """The committed estimator, or None where ``train`` has to make one."""
        path = self.folder / self.estimator if self.estimator else None
        return path if path is not None and is_file(path) else None

    @property
    def train_path(self) -> Path | None:
        """The file of the ``train`` callable; None where an estimator lies there (nothing is trained then)."""
        if self.train is None or self.estimator_path is not None:
            return None
        return self.folder / self.train.rpartition(":")[0]

    @property
    def samples_path(self) -> Path | None:
        """The features' sample file."""
        return self.folder / self.samples.X if self.samples else None

    @property
    def truths_path(self) -> Path | None:
        """The true values' sample file."""
        return self.folder / self.samples.y if self.samples and self.samples.y else None

    @property
    def hooks_path(self) -> Path | None:
        """The user's pre_inference and post_inference."""
        return self.folder / self.hooks if self.hooks else None

    @property
    def score_path(self) -> Path | None:
        """The user's own score.py."""
        return self.folder / self.score if self.score else None
