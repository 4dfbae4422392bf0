"""From a fitted estimator and a model.yaml to a checked artifact that is named by its content.

Importing this package imports neither scikit-learn nor pandas: what needs them runs in a child process.
"""

from artifact_builder.artifact_home import Artifact
from artifact_builder.build import artifact_folder, build
from artifact_builder.deployment_yaml import Autoscaling, Container, Deployment, LoadBalancer, Log, Logs, Network
from artifact_builder.errors import (
    ArtifactBuilderError,
    BuildError,
    BuildErrors,
    ModelYamlError,
    Problem,
    SamplesError,
    SchedulerError,
    VerifyError,
)
from artifact_builder.golden_answers import GoldenAnswers, answers_of_zip, golden_answers
from artifact_builder.load import load_model, load_models, shards_of
from artifact_builder.many import Outcome, build_all
from artifact_builder.model_yaml import ModelYaml
from artifact_builder.samples import Samples, read_samples
from artifact_builder.verify import Verification, verify

__all__ = [
    "Artifact",
    "ArtifactBuilderError",
    "Autoscaling",
    "BuildError",
    "BuildErrors",
    "Container",
    "Deployment",
    "GoldenAnswers",
    "LoadBalancer",
    "Log",
    "Logs",
    "ModelYaml",
    "ModelYamlError",
    "Network",
    "Outcome",
    "Problem",
    "Samples",
    "SamplesError",
    "SchedulerError",
    "Verification",
    "VerifyError",
    "answers_of_zip",
    "artifact_folder",
    "build",
    "build_all",
    "golden_answers",
    "load_model",
    "load_models",
    "read_samples",
    "shards_of",
    "verify",
]
