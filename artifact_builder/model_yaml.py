"""What model.yaml may say, as types (DESIGN 3.1).

Only what one value tells about itself is here; rules between values are in ``rules``, so that both kinds of problem are
reported together. Bounds are OCI's and each says where it was read; where no source gives a bound there is none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from artifact_builder.deployment_yaml import Deployment
from artifact_builder.yaml_types import FilePath, Name, Strict, is_file, matching

PythonFile = Annotated[FilePath, matching(r".*\.py", "must be a .py file")]
EstimatorFile = Annotated[
    FilePath, matching(r".*\.(pkl|pickle|joblib|skops)", "must be a .pkl, .joblib or .skops file")
]
SampleFile = Annotated[
    FilePath,
    matching(r".*\.(csv|parquet|jsonl|ndjson|npy)", "must be a .csv, .parquet, .jsonl, .ndjson or .npy file"),
]


class Samples(Strict):
    """Files with rows the estimator was not fitted on: features ``X`` and, where known, true values ``y``.

    ``dtypes``: pandas' name of a column's dtype, for files that cannot say it (``category`` in a CSV, dates).
    """

    X: SampleFile
    y: SampleFile | None = None
    dtypes: dict[str, str] = Field(default_factory=dict)


class ModelDocument(Strict):
    """The keys of model.yaml."""

    name: Name
    description: str = ""
    estimator: (
        Annotated[FilePath, matching(r".*\.(pkl|pickle|joblib|skops)", "must be a .pkl, .joblib or .skops file")] | None
    ) = None
    train: Annotated[str, matching(r"[^:]+\.py:[A-Za-z_]\w*", "must be file.py:function")] | None = None
    # A ready artifact's zip, taken as it is, instead of an estimator: `paddock adopt` writes one.
    artifact: Annotated[FilePath, matching(r".*\.zip", "must be a .zip file")] | None = None
    samples: Samples | None = None
    # auto: ONNX where its predictions are the estimator's, joblib otherwise.
    format: Literal["joblib", "onnx", "auto"] = "joblib"
    # The extension belongs to the serialiser (OCI.md 1.7), and the name stands beside score.py in one flat folder.
    model_file_name: (
        Annotated[
            str,
            matching(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(joblib|onnx)", "must be a file name that ends in .joblib or .onnx"),
        ]
        | None
    ) = None
    predict_proba: bool = False
    # Whether score.py refuses what it could understand: columns in another order, whole numbers written as fractions.
    strict: bool = False
    # Modules besides scikit-learn's own world that the estimator's file may import; loading it runs their code.
    trust: list[Annotated[str, matching(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", "must be a module's dotted name")]] = Field(
        default_factory=list
    )
    # Names of scikit-learn's scorers, such as f1_macro, measured on the samples; empty: what is usual for the kind.
    metrics: list[str] = Field(default_factory=list)
    allow_version_skew: bool = False
    # None: the builder chooses the service conda pack that fits.
    conda_env: (
        Annotated[
            str,
            matching(
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
            matching(
                r"3\.([6-9]|1[0-2])(\.\d+)?", 'must be "3.6" to "3.12" (Oracle\'s introspection test accepts no other)'
            ),
        ]
        | None
    ) = None
    hooks: PythonFile | None = None
    # The user's own score.py, deployed instead of the generated one.
    score: PythonFile | None = None
    deployment: Deployment = Deployment()
    # What it is for, in the catalog's words (such as binary_classification); the catalog entry says it.
    use_case: str | None = None
    # Which of a fleet's stacks it belongs to (`paddock fleet`).
    shard: Name | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    # Whether `up` may put a model in place whose requests or answers are others: callers of the served one would break.
    breaking: Literal["allowed"] | None = None


class ModelYaml(ModelDocument):
    """A checked model.yaml, a stack's overrides applied; ``folder`` is the model folder that it was read from."""

    folder: Path

    @property
    def estimator_path(self) -> Path | None:
        """The committed estimator, or None where ``train`` has to make one."""
        path = self.folder / self.estimator if self.estimator else None
        return path if path is not None and is_file(path) else None

    @property
    def artifact_path(self) -> Path | None:
        """The ready artifact's zip; None where one is built."""
        return self.folder / self.artifact if self.artifact else None

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
