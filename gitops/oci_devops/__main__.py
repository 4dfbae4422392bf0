"""Pulumi's entry: `pulumi -C gitops/oci_devops up` makes the pipelines."""

from pathlib import Path

import pulumi
from pipelines import Pipelines, Wiring

config = pulumi.Config("paddock-devops")
pipelines = Pipelines(
    "paddock",
    Wiring(
        project_id=config.require("projectId"),
        repository_id=config.require("repositoryId"),
        repository_url=config.require("repositoryUrl"),
        registry_id=config.require("registryId"),
        compartment_id=config.require("compartmentId"),
        subnet_id=config.require("subnetId"),
        backend_url=config.require("backendUrl"),
        passphrase_secret_id=config.require("passphraseSecretId"),
        stack=config.get("stack") or "prod",
    ),
    command_spec=(Path(__file__).parent / "command_spec.yaml").read_text(encoding="utf-8"),
)
pulumi.export("build_pipeline", pipelines.build.id)
pulumi.export("deploy_pipeline", pipelines.deploy.id)
