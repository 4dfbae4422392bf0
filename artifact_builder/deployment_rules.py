"""Rules between the values of a `deployment` section: what OCI refuses is refused before anything is begun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from artifact_builder.rule_values import Breach, Values

# OCPUs and GB of memory that a flexible shape takes (OCI.md 4.2). Of other shapes our sources give no bounds.
SHAPE_RANGES: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "VM.Standard.E3.Flex": ((1, 64), (6, 1024)),
    "VM.Standard.E4.Flex": ((1, 64), (6, 1024)),
    "VM.Standard3.Flex": ((1, 32), (6, 512)),
    "VM.Optimized3.Flex": ((1, 18), (6, 256)),
}
_DEFAULT_SHAPE = "VM.Standard.E4.Flex"


# All variables of a deployment together, names and values (OCI.md 4.1).
_ENVIRONMENT_BYTES = 2048
# Ports of the service itself (OCI.md 4.1).
_TAKEN_PORTS = (24224, 8446, 8447)


def deployment_breaches(values: Values) -> Iterator[Breach]:
    """Every broken rule of the section."""
    yield from _bandwidth(values)
    yield from _shape(values)
    yield from _scaling(values)
    yield from _environment(values)
    yield from _network(values)
    yield from _container(values)


def _bandwidth(values: Values) -> Iterator[Breach]:
    low = values.number("deployment.load_balancer.bandwidth_mbps", 10)
    high = values.number("deployment.load_balancer.maximum_bandwidth_mbps")
    if low is not None and high is not None and not low < high <= 2 * low:  # OCI.md 4.4
        yield Breach(
            "deployment.load_balancer.maximum_bandwidth_mbps",
            f"must be above {low} and at most {2 * low} (twice bandwidth_mbps)",
            high,
            others=("deployment.load_balancer.bandwidth_mbps",),
        )


def _shape(values: Values) -> Iterator[Breach]:
    shape = values.get("deployment.shape", _DEFAULT_SHAPE)
    if not isinstance(shape, str):
        return
    for index, (key, unit) in enumerate((("ocpus", "OCPUs"), ("memory_gbs", "GB"))):
        path = f"deployment.{key}"
        value = values.number(path)
        if value is None:
            continue
        if not shape.endswith(".Flex"):  # instance shape details are for flexible shapes (OCI.md 4.1)
            yield Breach(path, f"must be left out: {shape} is a fixed shape", value, others=("deployment.shape",))
        elif shape in SHAPE_RANGES:
            low, high = SHAPE_RANGES[shape][index]
            if not low <= value <= high:
                message = f"must be {low} to {high} {unit} for {shape}"
                yield Breach(path, message, value, others=("deployment.shape",))


def _scaling(values: Values) -> Iterator[Breach]:
    at = "deployment.autoscaling"
    if values.get(at) is None:
        return
    if values.number("deployment.instances") is not None:
        message = "must be left out where autoscaling is given: it counts the instances"
        yield Breach("deployment.instances", message, shows_found=False, others=(at,))
    low, high = values.number(f"{at}.min"), values.number(f"{at}.max")
    if low is not None and high is not None and low > high:
        yield Breach(f"{at}.max", f"must be at least {low} (min)", high, others=(f"{at}.min",))
    into, out = values.number(f"{at}.scale_in_at", 30), values.number(f"{at}.scale_out_at", 70)
    if into is not None and out is not None and into >= out:
        yield Breach(f"{at}.scale_in_at", f"must be below {out} (scale_out_at)", into, others=(f"{at}.scale_out_at",))


def _environment(values: Values) -> Iterator[Breach]:
    clear, secret = values.get("deployment.environment", {}), values.get("deployment.secrets", {})
    if not isinstance(clear, Mapping) or not isinstance(secret, Mapping):
        return
    for name in sorted(clear.keys() & secret.keys()):
        message = "must be left out: secrets has a variable of that name"
        yield Breach(f"deployment.environment.{name}", message, shows_found=False, others=("deployment.secrets",))
    size_bytes = sum(len(str(name).encode()) + len(str(value).encode()) for name, value in clear.items())
    if size_bytes >= _ENVIRONMENT_BYTES:
        message = f"must be under {_ENVIRONMENT_BYTES} bytes in all, names and values"
        yield Breach("deployment.environment", message, f"{size_bytes} bytes")


def _network(values: Values) -> Iterator[Breach]:
    at = "deployment.network"
    given = [key for key in ("subnet_id", "private_endpoint_id") if values.get(f"{at}.{key}") is not None]
    if values.get(f"{at}.internet_access") is not None and given:
        message = f"must be left out where {given[0]} is given: the subnet decides"
        yield Breach(f"{at}.internet_access", message, shows_found=False, others=(f"{at}.{given[0]}",))


def _container(values: Values) -> Iterator[Breach]:
    for key in ("server_port", "health_check_port"):
        path = f"deployment.container.{key}"
        if values.number(path) in _TAKEN_PORTS:
            yield Breach(
                path, f"must be none of {', '.join(map(str, _TAKEN_PORTS))} (the service's own)", values.get(path)
            )
