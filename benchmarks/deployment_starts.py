"""Deployments of like models through the control plane: time from creation to the first answer, memory that each adds.

`python -m benchmarks starts`: a local OCI, one model, ten deployments of it one after the other, each asked until it
answers. Memory is what all processes of the deployments use of the machine (PSS: a page that n processes share counts
for each as one nth), so the fork server's own grows smaller as more share it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import oci
import psutil
import requests

from benchmarks.model_server_models import COLUMNS, make_artifacts
from benchmarks.times import Row
from local_oci import credentials, daemon

_DEPLOYMENTS = 10
_BOUND_MS, _BOUND_MIB = 300.0, 25.0
_PATIENCE_S = 60.0
_WARM_S = 5.0  # the fork server imports the libraries from the artifact's arrival on
_SETTLE_S = 1.0
MODELS = oci.data_science.models


def measure(_rounds: int) -> list[Row]:
    """Rows of the table, for a light and a heavy model."""
    with tempfile.TemporaryDirectory(prefix="paddock-bench-") as folder:
        artifacts = make_artifacts(Path(folder))
        return [row for name, artifact in artifacts.items() for row in _measure(name, artifact, Path(folder) / name)]


def _measure(name: str, artifact: Path, data_dir: Path) -> list[Row]:
    running = daemon.start(data_dir, 0)
    try:
        cloud = _Cloud(running.endpoint, credentials.load(data_dir))
        model_id = cloud.model(artifact)
        time.sleep(_WARM_S)
        before_mib, times_ms, added_mib = _memory_mib(data_dir, running.pid), [], []
        for _ in range(_DEPLOYMENTS):
            times_ms.append(cloud.first_answer_ms(model_id))
            time.sleep(_SETTLE_S)
            now_mib = _memory_mib(data_dir, running.pid)
            added_mib.append(now_mib - before_mib)
            before_mib = now_mib
    finally:
        daemon.stop(data_dir)
    median_ms, tenth_mib = statistics.median(times_ms), added_mib[-1]
    times, added = (f"{min(values):.0f} … {max(values):.0f}" for values in (times_ms, added_mib))
    return [
        (
            *(f"{name}: from a deployment's creation to its first answer", f"{median_ms:.0f} ms", times),
            *(f"{_BOUND_MS:.0f} ms allowed", f"{median_ms / _BOUND_MS:.2f}"),
        ),
        (
            *(f"{name}: memory that the tenth deployment adds", f"{tenth_mib:.1f} MiB", added),
            *(f"{_BOUND_MIB:.0f} MiB allowed", f"{tenth_mib / _BOUND_MIB:.2f}"),
        ),
    ]


def _memory_mib(data_dir: Path, control_plane: int) -> float:
    """What the processes begun by the control plane use: the fork server and all of its forks."""
    begun = (process for process in psutil.process_iter() if process.pid != control_plane)
    return sum(_pss(process, str(data_dir)) for process in begun) / 2**20


def _pss(process: psutil.Process, folder: str) -> int:
    try:
        return process.memory_full_info().pss if any(folder in word for word in process.cmdline()) else 0
    except psutil.Error:
        return 0


class _Cloud:
    """The official SDK at a local OCI."""

    def __init__(self, endpoint: str, known: credentials.Credentials) -> None:
        config = oci.config.from_file(str(known.config_file))
        self._compartment = known.compartment_ocid
        self._science = oci.data_science.DataScienceClient(config, service_endpoint=endpoint)
        self._signer = oci.signer.Signer(config["tenancy"], config["user"], config["fingerprint"], config["key_file"])
        details = MODELS.CreateProjectDetails(compartment_id=self._compartment, display_name="bench")
        self._project: str = self._science.create_project(details).data.id

    def model(self, artifact: Path) -> str:
        """Give a model's identifier, its artifact uploaded."""
        packed = artifact.parent.with_name(f"{artifact.parent.name}-{artifact.name}.zip").read_bytes()
        details = MODELS.CreateModelDetails(compartment_id=self._compartment, project_id=self._project)
        model_id: str = self._science.create_model(details).data.id
        self._science.create_model_artifact(model_id, packed, content_disposition="filename=m.zip")
        return model_id

    def first_answer_ms(self, model_id: str) -> float:
        """Create a deployment and ask it until it answers."""
        began_s = time.perf_counter()
        url = self._science.create_model_deployment(self._details(model_id)).data.model_deployment_url
        while time.perf_counter() - began_s < _PATIENCE_S:
            try:
                answer = requests.post(f"{url}/predict", json=[[0.5] * COLUMNS], auth=self._signer, timeout=10)
            except requests.ConnectionError:
                time.sleep(0.002)
                continue
            if answer.ok:
                return (time.perf_counter() - began_s) * 1000
        raise RuntimeError(f"{url} does not answer within {_PATIENCE_S:g} s")

    def _details(self, model_id: str) -> Any:
        shape = MODELS.ModelDeploymentInstanceShapeConfigDetails(ocpus=1, memory_in_gbs=16)
        instance = MODELS.InstanceConfiguration(
            instance_shape_name="VM.Standard.E4.Flex", model_deployment_instance_shape_config_details=shape
        )
        configuration = MODELS.ModelConfigurationDetails(model_id=model_id, instance_configuration=instance)
        return MODELS.CreateModelDeploymentDetails(
            compartment_id=self._compartment,
            project_id=self._project,
            model_deployment_configuration_details=MODELS.SingleModelDeploymentConfigurationDetails(
                model_configuration_details=configuration
            ),
        )
