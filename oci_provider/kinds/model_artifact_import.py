"""oci:DataScience/modelArtifactImport:ModelArtifactImport: a model's artifact becomes an object (OCI.md 3.6)."""

from __future__ import annotations

from typing import ClassVar

from oci_provider.kinds.model_artifact_export import ModelArtifactExport, arguments
from oci_provider.schema import fields


class ModelArtifactImport(ModelArtifactExport):
    """One transfer from the catalog into a bucket (the word is the bucket's); the object stays when this goes."""

    pulumi_type = "oci:DataScience/modelArtifactImport:ModelArtifactImport"
    noun = "import of a model's artifact"
    schema = fields(*arguments("destination_bucket", "destination_object_name", "destination_region"))
    collection = "/models/{modelId}/actions/importArtifact"
    accepted: ClassVar[tuple[int, ...]] = ()
    details = "artifactImportDetails"
