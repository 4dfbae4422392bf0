"""What the stack's model deployments may do on OCI."""

from __future__ import annotations

import pulumi
from pulumi_oci import identity

from infra import component_options
from infra.iam_plan import IamPlan


class DeploymentPolicies(pulumi.ComponentResource):
    """A dynamic group of the compartment's model deployments and the least policy they need.

    `tenancy_id`: dynamic groups live there. `compartment_id`: where the policy is attached. Outputs: `dynamic_group`,
    and `policy` (None where nothing has to be allowed).
    """

    dynamic_group: identity.DynamicGroup
    policy: identity.Policy | None

    def __init__(
        self,
        name: str,
        *,
        plan: IamPlan,
        tenancy_id: pulumi.Input[str],
        compartment_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        component_options.refuse_import(f"DeploymentPolicies {name}", opts, "`pulumi import` the group and the policy")
        super().__init__("paddock:infra:DeploymentPolicies", name, None, component_options.kept(opts))
        self.dynamic_group = identity.DynamicGroup(
            name,
            compartment_id=tenancy_id,
            name=plan.group,
            description="Model deployments that Paddock declares",
            matching_rule=plan.matching_rule,
            opts=component_options.handed_on(self, opts),
        )
        self.policy = None
        if plan.statements:
            self.policy = identity.Policy(
                name,
                compartment_id=compartment_id,
                name=plan.group,
                description="What the model deployments that Paddock declares may do",
                statements=list(plan.statements),
                opts=component_options.handed_on(
                    self, opts, own=pulumi.ResourceOptions(depends_on=[self.dynamic_group])
                ),
            )
        self.register_outputs({"dynamicGroupId": self.dynamic_group.id})
