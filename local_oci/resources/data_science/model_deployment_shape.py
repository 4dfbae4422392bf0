"""Compute shapes that a model deployment can ask for.

Not emulated: GPU and ARM shapes (this machine has what it has), and no shape limits what a worker may use.
State: none; the table is fixed. Ranges: OCI.md 4.2; fixed shapes: Oracle's page "Supported Compute Shapes".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from local_oci import listing
from local_oci.call import Answer, Call, Route
from local_oci.resources import compartment
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape; flexible ones have ranges, fixed ones one value (least = most)."""

    name: str
    series: str
    least_ocpus: int
    most_ocpus: int
    least_memory_gbs: int
    most_memory_gbs: int

    @property
    def is_flexible(self) -> bool:
        """Whether the deployment must say how many OCPUs and how much memory."""
        return self.least_ocpus != self.most_ocpus


def _fixed(name: str, ocpus: int, memory_gbs: int) -> Shape:
    return Shape(name, "INTEL_SKYLAKE", ocpus, ocpus, memory_gbs, memory_gbs)


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("VM.Standard.E3.Flex", "AMD_ROME", 1, 64, 6, 1024),
        Shape("VM.Standard.E4.Flex", "AMD_ROME", 1, 64, 6, 1024),
        Shape("VM.Standard3.Flex", "GENERIC", 1, 32, 6, 512),
        Shape("VM.Optimized3.Flex", "GENERIC", 1, 18, 6, 256),
        _fixed("VM.Standard2.1", 1, 15),
        _fixed("VM.Standard2.2", 2, 30),
        _fixed("VM.Standard2.4", 4, 60),
        _fixed("VM.Standard2.8", 8, 120),
        _fixed("VM.Standard2.16", 16, 240),
        _fixed("VM.Standard2.24", 24, 320),
    )
}


def problems(instance: Json, path: str) -> Iterator[str]:
    """What is wrong with an `InstanceConfiguration` found at `path`."""
    name = instance["instanceShapeName"]
    shape = SHAPES.get(name)
    if shape is None:
        yield f"{path}.instanceShapeName: must be one of {', '.join(SHAPES)}, found {name!r}"
        return
    if not shape.is_flexible:
        return
    asked = instance.get("modelDeploymentInstanceShapeConfigDetails", {})
    inner = f"{path}.modelDeploymentInstanceShapeConfigDetails"
    for field, least, most in (
        ("ocpus", shape.least_ocpus, shape.most_ocpus),
        ("memoryInGBs", shape.least_memory_gbs, shape.most_memory_gbs),
    ):
        if field not in asked:
            yield f"{inner}.{field}: is required by the flexible shape {name} ({least} to {most}), found none"
        elif not least <= asked[field] <= most:
            yield f"{inner}.{field}: must be from {least} to {most} for {name}, found {asked[field]}"


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.sliced(call, [to_json(shape) for shape in SHAPES.values()], "model_deployment_shape")


def to_json(shape: Shape) -> Json:
    """`ModelDeploymentShapeSummary`; a flexible shape shows its most."""
    return {
        "name": shape.name,
        "coreCount": shape.most_ocpus,
        "memoryInGBs": shape.most_memory_gbs,
        "shapeSeries": shape.series,
    }


ROUTES = (Route(DATA_SCIENCE, "list_model_deployment_shapes", _list),)
