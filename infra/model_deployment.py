"""One model deployment: a catalog entry behind an endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pulumi
from pulumi_oci import datascience

from artifact_builder import Deployment
from infra import component_options, deployment_plan, option_groups
from infra.load_balancer_config import LoadBalancerConfig
from infra.logging_group import LoggingGroup

# Written by Oracle's tag defaults: a program that declares other defined tags does not take them away.
_ORACLE_TAGS = ('definedTags["Oracle-Tags.CreatedBy"]', 'definedTags["Oracle-Tags.CreatedOn"]')


class ModelDeployment(pulumi.ComponentResource):
    """OCI's ModelDeployment with what stands around it.

    `model_id`: OCID of the catalog entry that is served; another one is taken up in place, the endpoint stays.
    `settings`: shape, size (OCPUs, GB), instances or autoscaling, state, environment, network, container, as
    model.yaml has them. `load_balancer`, `logging_group`: None for the settings' bandwidth and for no logs.
    `secret_variables`: environment variables as Outputs of secrets. `held_back`: groups of options
    (`option_groups.GROUPS`) that stay as they are for now.

    `has_environment`: whether the block of the environment is there though nothing is in it. `present_maximum_mbps`:
    what the deployment's balancer scales up to now; a bandwidth that it does not fit ends that, if no other is
    declared.

    An update that changes several groups of an ACTIVE deployment is refused before it is sent: OCI would refuse it,
    and `paddock up` applies it in stages. Outputs: `deployment`, `deployment_id`, `url` and `endpoint` (where to POST
    rows).
    """

    deployment: datascience.ModelDeployment
    deployment_id: pulumi.Output[str]
    url: pulumi.Output[str]
    endpoint: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        model_id: pulumi.Input[str],
        compartment_id: pulumi.Input[str],
        project_id: pulumi.Input[str],
        settings: Deployment | None = None,
        load_balancer: LoadBalancerConfig | None = None,
        logging_group: LoggingGroup | None = None,
        secret_variables: Mapping[str, pulumi.Input[str]] | None = None,
        private_endpoint_id: pulumi.Input[str] | None = None,
        display_name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        defined_tags: Mapping[str, str] | None = None,
        held_back: Iterable[str] = (),
        has_environment: bool = True,
        present_maximum_mbps: int | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("paddock:infra:ModelDeployment", name, None, component_options.kept(opts))
        settings = settings or Deployment(ocpus=1, memory_gbs=16, instances=1)
        details = deployment_plan.configuration_details(
            settings,
            model_id,
            bandwidth=_bandwidth(settings, load_balancer, present_maximum_mbps),
            variables=secret_variables,
            private_endpoint_id=private_endpoint_id,
            has_environment=has_environment,
        )
        own = pulumi.ResourceOptions(
            ignore_changes=[*option_groups.held_properties(held_back), *(_ORACLE_TAGS if defined_tags else ())],
            hooks=pulumi.ResourceHookBinding(before_update=[_one_group_hook(pulumi.get_stack())]),
        )
        self.deployment = datascience.ModelDeployment(
            name,
            compartment_id=compartment_id,
            project_id=project_id,
            display_name=display_name or name,
            description=description or None,
            state=settings.state,
            freeform_tags=dict(tags) if tags else None,
            defined_tags=dict(defined_tags) if defined_tags else None,
            model_deployment_configuration_details=details,
            category_log_details=logging_group.category_log_details if logging_group else None,
            opts=component_options.handed_on(self, opts, own=own, import_id=opts.import_ if opts else None),
        )
        self.deployment_id = self.deployment.id
        self.url = self.deployment.model_deployment_url
        self.endpoint = pulumi.Output.concat(self.url, "/predict")
        self.register_outputs({"deploymentId": self.deployment_id, "endpoint": self.endpoint})


def _bandwidth(
    settings: Deployment, load_balancer: LoadBalancerConfig | None, present_maximum_mbps: int | None
) -> tuple[pulumi.Input[int], pulumi.Input[int] | None]:
    """A maximum that is left out stays as it was (Terraform computes it); 0 goes as none (OCI.md §3.5)."""
    own = settings.load_balancer
    usual, maximum = load_balancer.declared if load_balancer else (own.bandwidth_mbps, own.maximum_bandwidth_mbps)
    if maximum is None and isinstance(usual, int) and present_maximum_mbps:
        return usual, None if usual < present_maximum_mbps <= 2 * usual else 0
    return usual, maximum


@cache
def _one_group_hook(stack: str) -> pulumi.ResourceHook:
    """One hook for all deployments of a program. A preview only warns: the plan is right, it takes several steps."""

    async def require_one_group(args: pulumi.ResourceHookArgs) -> None:
        olds, news = await _opened(args.old_inputs or {}), await _opened(args.new_inputs or {})
        old_state = (args.old_outputs or {}).get("state")
        groups = option_groups.changed_groups(olds, news)
        if len(groups) < 2 or not option_groups.is_one_at_a_time(old_state, news.get("state")):  # noqa: PLR2004
            return
        words = option_groups.refusal(args.name, groups, stack)
        if pulumi.runtime.is_dry_run():
            pulumi.log.warn(words)
        else:
            raise ValueError(words)

    options = pulumi.ResourceHookOptions(on_dry_run=True)
    return pulumi.ResourceHook("paddock-one-option-group", require_one_group, options)


async def _opened(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A property that holds a secret comes as an Output; its value is compared here and goes nowhere."""
    return {name: await value.future() if isinstance(value, pulumi.Output) else value for name, value in inputs.items()}
