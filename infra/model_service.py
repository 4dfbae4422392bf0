"""One model as a service: its catalog entry, its logs, its load balancer's configuration, its deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pulumi
from pulumi_oci import datascience

from artifact_builder import Artifact, ModelYaml, build, load_model
from infra import component_options
from infra.alarm_plan import AlarmSettings
from infra.catalog_entry_plan import SHORT_DIGEST_LENGTH, CatalogEntryPlan, entry_plan
from infra.catalog_versions_plan import DeclaredEntry, VersionChoice, declared_entries
from infra.load_balancer_config import LoadBalancerConfig
from infra.logging_group import LoggingGroup
from infra.model_alarms import ModelAlarms
from infra.model_catalog_entry import ModelCatalogEntry
from infra.model_deployment import ModelDeployment
from infra.model_place import ModelPlace
from infra.model_platform import ModelPlatform, SharedPlatform
from infra.provenance_plan import ProvenancePlan, provenance_of
from infra.stack_record import RecordedEntry, StackRecord, read_own_stack


class ModelService(pulumi.ComponentResource):
    """A model's endpoint and all that it needs.

    `model`: a checked model.yaml (`artifact_builder.load_models`), or the path of a model folder. `artifact`: what
    was built of it; None builds it into `artifacts/` below `project_dir` (the folder that Pulumi runs in).
    `platform`: where it lives; or `compartment_id`, `project_id` and, unless its logs shall have a group of their
    own, `log_group_id`. `versions`: how many old catalog entries stay, and which entry is served; `record`: what the
    stack has of them (read from the stack itself where left out). `secret_variables`: values for the names in
    model.yaml's `deployment.secrets`. `held_back`: groups of the deployment's options that stay as they are for now.

    `opts.protect` protects all but the catalog entries. A retrained model gets a new catalog entry, its deployment
    moves to it in place, and only then an old entry goes. Outputs: `endpoint`, `deployment_id`, `model_id` and
    `digest` of the entry that is served.
    """

    entry: ModelCatalogEntry
    load_balancer: LoadBalancerConfig
    logging_group: LoggingGroup
    model_deployment: ModelDeployment
    alarms: ModelAlarms | None
    endpoint: pulumi.Output[str]

    def __init__(
        self,
        model: ModelYaml | Path | str,
        artifact: Artifact | None = None,
        *,
        platform: ModelPlatform | SharedPlatform | None = None,
        compartment_id: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
        log_group_id: pulumi.Input[str] | None = None,
        project_dir: Path | None = None,
        versions: VersionChoice | None = None,
        record: StackRecord | None = None,
        has_provenance: bool = False,
        alarms: AlarmSettings | None = None,
        secret_variables: Mapping[str, pulumi.Input[str]] | None = None,
        held_back: Iterable[str] = (),
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        root = (project_dir or Path.cwd()).resolve()
        model = model if isinstance(model, ModelYaml) else load_model(root / model)
        component_options.refuse_import(f"ModelService {model.name}", opts, "`paddock adopt`")
        record = read_own_stack() if record is None else record
        super().__init__("paddock:infra:ModelService", model.name, None, component_options.kept(opts))
        self._model = model
        self._opts = opts
        self._place = ModelPlace.of(model, platform, compartment_id, project_id, log_group_id)
        self._tags = {**(tags or {}), **model.tags}
        self._versions = versions or VersionChoice()
        artifact = artifact or build(model, root / "artifacts")
        current = entry_plan(
            artifact,
            root,
            description=model.description,
            use_case=model.use_case,
            tags=self._tags,
            provenance=_provenance(model, artifact, root) if has_provenance else None,
        )
        is_ready = model.artifact is not None
        same = next((one for one in record.entries.get(model.name, ()) if one.plan.digest == current.digest), None)
        entries = declared_entries(_as_recorded(current, same, is_ready=is_ready), self._versions, record)
        if is_ready:  # it stays in the project and the version set that it was found in
            entries = tuple(
                replace(one, recorded=same) if one.plan.digest == current.digest else one for one in entries
            )
        self.load_balancer = LoadBalancerConfig(
            model.name,
            bandwidth_mbps=model.deployment.load_balancer.bandwidth_mbps,
            maximum_bandwidth_mbps=model.deployment.load_balancer.maximum_bandwidth_mbps,
            opts=self._inner(),
        )
        held = frozenset(held_back)
        self.logging_group = self._declare_logs(record.log_categories.get(model.name, frozenset()))
        served = next(entry for entry in entries if entry.is_served)
        self.entry = self._declare_entry(served)
        self.model_deployment = self._declare_deployment(secret_variables, held, record)
        self._declare_others([entry for entry in entries if entry is not served])
        self.alarms = self._declare_alarms(alarms)
        self.endpoint = self.model_deployment.endpoint
        self.register_outputs({"endpoint": self.endpoint, "modelId": self.entry.model_id})

    @property
    def deployment_id(self) -> pulumi.Output[str]:
        """OCID of the deployment."""
        return self.model_deployment.deployment_id

    @property
    def model_id(self) -> pulumi.Output[str]:
        """OCID of the catalog entry that is served."""
        return self.entry.model_id

    @property
    def digest(self) -> str:
        """Digest of the artifact that is served, 64 hexadecimal digits."""
        return self.entry.digest

    def _declare_logs(self, given: frozenset[str]) -> LoggingGroup:
        return LoggingGroup(
            self._model.name,
            log_group_id=self._place.log_group_id,
            compartment_id=self._place.compartment_id,
            access=self._model.deployment.logs.access,
            predict=self._model.deployment.logs.predict,
            given=given,
            tags=self._tags,
            opts=self._inner(),
        )

    def _declare_entry(
        self, entry: DeclaredEntry, *, version_set: datascience.ModelVersionSet | None = None
    ) -> ModelCatalogEntry:
        recorded = entry.recorded
        # What is old joins the version set once the deployment has left it: Terraform deactivates a model to change it.
        joins = version_set is not None and recorded is not None and recorded.version_set_id is None
        # Protection is for the endpoint: a protected entry could not make room for a retrained model's.
        own = pulumi.ResourceOptions(protect=False, depends_on=[self.model_deployment.deployment] if joins else None)
        label: str | None = entry.plan.digest[:SHORT_DIGEST_LENGTH] if joins else None
        set_id: pulumi.Input[str] | None = version_set.id if joins and version_set else None
        if recorded is not None and not joins:
            label, set_id = recorded.version_label, recorded.version_set_id
        return ModelCatalogEntry(
            entry.name,
            plan=entry.plan,
            compartment_id=recorded.compartment_id if recorded else self._place.compartment_id,
            project_id=recorded.project_id if recorded else self._place.project_id,
            version_set_id=set_id,
            version_label=label,
            former_names=entry.former_names,
            opts=component_options.handed_on(self, self._opts, own=own),
        )

    def _declare_others(self, entries: list[DeclaredEntry]) -> None:
        if self._versions.keep == 0 and not entries:
            return
        version_set = datascience.ModelVersionSet(
            self._model.name,
            compartment_id=self._place.compartment_id,
            project_id=self._place.project_id,
            description=f"Catalog entries of {self._model.name} that are served no more",
            freeform_tags=dict(self._tags) or None,
            opts=self._inner(),
        )
        for entry in entries:
            self._declare_entry(entry, version_set=version_set)

    def _declare_deployment(
        self, secret_variables: Mapping[str, pulumi.Input[str]] | None, held: frozenset[str], record: StackRecord
    ) -> ModelDeployment:
        own = self._model.deployment
        return ModelDeployment(
            self._model.name,
            model_id=self.entry.model_id,
            compartment_id=self._place.compartment_id,
            project_id=self._place.project_id,
            settings=own,
            load_balancer=self.load_balancer,
            logging_group=self.logging_group,
            secret_variables=secret_variables,
            private_endpoint_id=self._place.private_endpoint_id,
            display_name=own.display_name,
            description=self._model.description if own.description is None else own.description,
            tags={**self._tags, **own.tags},
            defined_tags=own.defined_tags,
            held_back=held,
            has_environment=self._model.name not in record.without_environment,
            present_maximum_mbps=record.maximum_bandwidths_mbps.get(self._model.name),
            opts=self._inner(),
        )

    def _declare_alarms(self, settings: AlarmSettings | None) -> ModelAlarms | None:
        if settings is None:
            return None
        return ModelAlarms(
            self._model.name,
            deployment_id=self.deployment_id,
            compartment_id=self._place.compartment_id,
            settings=settings,
            tags=self._tags,
            opts=self._inner(),
        )

    def _inner(self) -> pulumi.ResourceOptions:
        return component_options.handed_on(self, self._opts)


def _provenance(model: ModelYaml, artifact: Artifact, root: Path) -> ProvenancePlan:
    folder = model.folder.resolve()
    inside = folder.is_relative_to(root)
    return provenance_of(
        artifact.manifest,
        script_dir=folder.relative_to(root).as_posix() if inside else None,
        training_script=model.train.rpartition(":")[0] if model.train else None,
    )


def _as_recorded(current: CatalogEntryPlan, entry: RecordedEntry | None, *, is_ready: bool) -> CatalogEntryPlan:
    """What is there already stays what only its maker could say; `entry`: the stack's, of the same artifact.

    Another clone has another branch: it keeps the provenance that it was made with. A ready artifact tells nothing of
    its metadata: it keeps all, under the description and the tags that are declared now.
    """
    if entry is None:
        return current
    if is_ready:
        now, then = current.arguments, entry.plan.arguments
        tags = {**(then.get("freeform_tags") or {}), **(now.get("freeform_tags") or {})}
        said = {"description": now["description"] or then.get("description"), "freeform_tags": tags}
        return replace(current, arguments={**now, **then, **said}, provenance=entry.plan.provenance)
    if entry.plan.provenance and current.provenance:
        return replace(current, provenance=entry.plan.provenance)
    return current
