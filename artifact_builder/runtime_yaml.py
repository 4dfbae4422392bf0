"""runtime.yaml with oracle-ads's keys (OCI.md 1.2)."""

from __future__ import annotations

import json

# INFERENCE_ENV_PATH of a service conda pack cannot be derived from its slug: folder and version in it are free texts,
# and only Oracle's index (which is online) has them. Here are those that public sources give in full (OCI.md 1.8, the
# introspection test's own index). For any other slug the path is the slug itself: introspection wants it non-empty,
# and a plausible path that is wrong would be worse. Where OCI has to find such a pack, give `conda_env` its path.
SERVICE_PACK_PATHS = {
    "generalml_p312_cpu_x86_64_v1": (
        "oci://service-conda-packs@ociodscdev/service_pack/cpu/"
        "General_Machine_Learning_for_CPUs_on_Python_3.12/1.0/generalml_p312_cpu_x86_64_v1"
    ),
}
_SERVICE_PACKS_BUCKET = "oci://service-conda-packs@"

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


def runtime_yaml(*, conda_env: str, python_version: str) -> str:
    """``conda_env``: a service pack's slug, or an oci:// path. ARTIFACT_DIRECTORY is empty: no absolute path."""
    is_path = conda_env.startswith("oci://")
    is_service_pack = not is_path or conda_env.startswith(_SERVICE_PACKS_BUCKET)
    slug = conda_env.rstrip("/").rpartition("/")[2] if is_path and is_service_pack else "" if is_path else conda_env
    return _TEMPLATE.format(
        path=json.dumps(SERVICE_PACK_PATHS.get(conda_env, conda_env)),  # JSON's quoting is YAML's double quoting
        slug=slug or "''",
        kind="data_science" if is_service_pack else "published",
        python_version=python_version,
    )
