"""One entry of the model catalog with its artifact and, where asked for, its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi_oci import datascience

from artifact_builder import Artifact
from infra import component_options
from infra.catalog_entry_plan import CatalogEntryPlan, entry_plan
from infra.provenance_plan import provenance_of


class ModelCatalogEntry(pulumi.ComponentResource):
    """OCI's Model: an artifact in the catalog, with schemas, metadata and tags that tell what it is.

    Give either `artifact` (of `artifact_builder.build`; it lies below `project_dir`, the folder that Pulumi runs in)
    with `description`, `use_case` (Oracle's UseCaseType; found from the estimator where left out), `tags` and
    `has_provenance`, or a whole `plan`. `version_set_id`, `version_label`: the model version set that it belongs to.
    `former_names`: other names that its resource had in the stack.

    Another artifact under the same name replaces the entry: the new one is made first, then what uses it is updated,
    then the old one goes. Outputs: `model`, `model_id`, `digest` (64 hexadecimal digits).
    """

    model: datascience.Model
    model_id: pulumi.Output[str]
    digest: str

    def __init__(
        self,
        name: str,
        *,
        compartment_id: pulumi.Input[str],
        project_id: pulumi.Input[str],
        artifact: Artifact | None = None,
        plan: CatalogEntryPlan | None = None,
        project_dir: Path | None = None,
        description: str = "",
        use_case: str | None = None,
        tags: Mapping[str, str] | None = None,
        has_provenance: bool = False,
        version_set_id: pulumi.Input[str] | None = None,
        version_label: str | None = None,
        former_names: tuple[str, ...] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        if (artifact is None) == (plan is None):
            raise ValueError(f"ModelCatalogEntry {name}: give an artifact or a plan, and not both")
        own = component_options.kept(opts)
        own.aliases = [*(own.aliases or []), *(pulumi.Alias(name=former) for former in former_names)]
        super().__init__("paddock:infra:ModelCatalogEntry", name, None, own)
        if plan is None:
            plan = entry_plan(
                artifact,  # type: ignore[arg-type]  # one of the two is given
                (project_dir or Path.cwd()).resolve(),
                description=description,
                use_case=use_case,
                tags=tags,
                provenance=provenance_of(artifact.manifest) if artifact and has_provenance else None,
            )
        self.digest = plan.digest
        self.model = datascience.Model(
            name,
            compartment_id=compartment_id,
            project_id=project_id,
            model_version_set_id=version_set_id,
            version_label=version_label,
            **plan.arguments,
            opts=component_options.handed_on(self, opts, import_id=opts.import_ if opts else None, before=former_names),
        )
        self.model_id = self.model.id
        if plan.provenance is not None:
            datascience.ModelProvenance(
                name,
                model_id=self.model_id,
                **plan.provenance.arguments(),
                opts=component_options.handed_on(self, opts, before=former_names),
            )
        self.register_outputs({"modelId": self.model_id, "digest": self.digest})
