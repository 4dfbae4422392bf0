"""The load balancer of one model deployment, as a resource of its own in the graph.

OCI has no such resource: a deployment's balancer is internal and is set by two numbers inside the deployment
(OCI.md §4.4). As a component it is visible in previews and in `pulumi stack`: who changes the bandwidth sees it here.
"""

from __future__ import annotations

import pulumi

from infra import component_options, load_balancer_plan


class LoadBalancerConfig(pulumi.ComponentResource):
    """Bandwidth of a deployment's load balancer; give it to a `ModelDeployment`.

    `bandwidth_mbps`: megabits per second, at least 10. `maximum_bandwidth_mbps`: None for a fixed balancer, else above
    `bandwidth_mbps` and at most twice it: OCI then scales the balancer (Oracle's documentation of model deployments).
    Numbers are checked at once and raise ValueError; outputs are checked by OCI. Outputs: both numbers and
    `is_autoscaling`. `load_balancer_plan.for_traffic` finds the numbers for a traffic.
    """

    bandwidth_mbps: pulumi.Output[int]
    maximum_bandwidth_mbps: pulumi.Output[int | None]
    is_autoscaling: pulumi.Output[bool]

    def __init__(
        self,
        name: str,
        *,
        bandwidth_mbps: pulumi.Input[int] = load_balancer_plan.LEAST_BANDWIDTH_MBPS,
        maximum_bandwidth_mbps: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        if isinstance(bandwidth_mbps, int) and isinstance(maximum_bandwidth_mbps, int | None):
            load_balancer_plan.checked(bandwidth_mbps, maximum_bandwidth_mbps)
        args = {"bandwidthMbps": bandwidth_mbps, "maximumBandwidthMbps": maximum_bandwidth_mbps}
        super().__init__("paddock:infra:LoadBalancerConfig", name, args, component_options.kept(opts))
        self.bandwidth_mbps = pulumi.Output.from_input(bandwidth_mbps)
        self.maximum_bandwidth_mbps = pulumi.Output.from_input(maximum_bandwidth_mbps)
        self.is_autoscaling = self.maximum_bandwidth_mbps.apply(lambda maximum: maximum is not None)
        self.declared = (bandwidth_mbps, maximum_bandwidth_mbps)
        self.register_outputs(args)
