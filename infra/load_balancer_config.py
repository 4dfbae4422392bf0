"""The load balancer of one model deployment, as a resource of its own in the graph.

OCI has no such resource: a deployment's balancer is internal and is set by two numbers inside the deployment
(OCI.md §4.4). As a component it is visible in previews and in `pulumi stack`: who changes the bandwidth sees it here.
"""

from __future__ import annotations

import pulumi


class LoadBalancerConfig(pulumi.ComponentResource):
    """Bandwidth of a deployment's load balancer.

    `bandwidth_mbps`: megabits per second, at least 10. `maximum_bandwidth_mbps`: None for a fixed balancer, else above
    `bandwidth_mbps` and at most twice it (Oracle's documentation of model deployments).
    """

    bandwidth_mbps: pulumi.Output[int]
    maximum_bandwidth_mbps: pulumi.Output[int | None]

    def __init__(
        self,
        name: str,
        *,
        bandwidth_mbps: pulumi.Input[int],
        maximum_bandwidth_mbps: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"bandwidthMbps": bandwidth_mbps, "maximumBandwidthMbps": maximum_bandwidth_mbps}
        super().__init__("paddock:infra:LoadBalancerConfig", name, args, opts)
        self.bandwidth_mbps = pulumi.Output.from_input(bandwidth_mbps)
        self.maximum_bandwidth_mbps = pulumi.Output.from_input(maximum_bandwidth_mbps)
        self.register_outputs(args)
