"""runtime.yaml with oracle-ads's keys (OCI.md 1.2)."""

from __future__ import annotations

import json

import yaml

from artifact_builder.service_packs import pack, slug_of

_TEMPLATE = """
MODEL_ARTIFACT_VERSION: '3.0'
MODEL_DEPLOYMENT:
  INFERENCE_CONDA_ENV:
    INFERENCE_ENV_PATH: {path}
    INFERENCE_ENV_SLUG: {slug}
    INFERENCE_ENV_TYPE: {kind}
    INFERENCE_PYTHON_VERSION: '{python_version}'
MODEL_PROVENANCE:
  PROJECT_OCID: ''
  TENANCY_OCID: ''
  TRAINING_CODE:
    ARTIFACT_DIRECTORY: ''
  TRAINING_COMPARTMENT_OCID: ''
  TRAINING_CONDA_ENV:
    TRAINING_ENV_PATH: ''
    TRAINING_ENV_SLUG: ''
    TRAINING_ENV_TYPE: ''
    TRAINING_PYTHON_VERSION: ''
  TRAINING_REGION: ''
  TRAINING_RESOURCE_OCID: ''
  USER_OCID: ''
  VM_IMAGE_INTERNAL_ID: ''
"""


def _scalar(text: str) -> str:
    """As oracle-ads's dumper writes it: plain where YAML reads that as a text."""
    return text if text and isinstance(yaml.safe_load(text), str) else f"'{text}'"


def runtime_yaml(*, conda_env: str, python_version: str) -> str:
    """``conda_env``: a service pack's slug, or an oci:// path. ARTIFACT_DIRECTORY is empty: no absolute path."""
    slug = slug_of(conda_env)
    known = pack(conda_env) if not conda_env.startswith("oci://") else None
    # A service pack's path cannot be derived from its slug: folder and version in it are free texts, and only Oracle's
    # index (which is online) has all of them. For a slug whose path is not publicly known the path is the slug itself:
    # introspection wants it non-empty, and a plausible path that is wrong would be worse. Where OCI has to find such a
    # pack, give `conda_env` its path.
    path = known.path if known is not None and known.path is not None else conda_env
    return _TEMPLATE.format(
        path=json.dumps(path),  # JSON's quoting is YAML's double quoting
        slug=_scalar(slug or ""),
        kind="published" if slug is None else "data_science",
        python_version=python_version,
    )
