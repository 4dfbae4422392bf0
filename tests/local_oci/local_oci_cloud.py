"""A running local OCI and everything that a test says to it, through Oracle's own clients."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import oci
import psutil
import pytest
import requests

from local_oci import credentials, daemon

MODELS = oci.data_science.models
LOGGING = oci.logging.models
DOUBLES = """
def load_model():
    return 2

def predict(data, model=load_model()):
    return {'prediction': [model * x for x in data]}
"""
RAISES = DOUBLES.replace("return 2", "raise RuntimeError('the pickle is broken')")


def wait_until(condition: Callable[[], Any], *, timeout_s: float, what: str) -> Any:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail(f"{what}: not within {timeout_s:g} s")


def zip_of(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.py" if "." not in name else name, content)
    return buffer.getvalue()


@dataclass
class Cloud:
    """One local OCI and everything that a test says to it."""

    data_dir: Path
    has_admin: bool = False
    enforces_bandwidth: bool = False
    endpoint: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def start(self) -> None:
        port = None if (self.data_dir / "port").exists() else 0
        options = {"has_admin": self.has_admin, "enforces_bandwidth": self.enforces_bandwidth}
        self.endpoint = daemon.start(self.data_dir, port, **options).endpoint
        self.known = credentials.load(self.data_dir)
        self.config = oci.config.from_file(str(self.known.config_file))
        self.compartment = self.known.compartment_ocid
        self.signer = oci.signer.Signer(
            self.config["tenancy"], self.config["user"], self.config["fingerprint"], self.config["key_file"]
        )
        sdk_options = {"service_endpoint": self.endpoint, "retry_strategy": oci.retry.NoneRetryStrategy()}
        self.science = oci.data_science.DataScienceClient(self.config, **sdk_options)
        self.composite = oci.data_science.DataScienceClientCompositeOperations(self.science)
        self.logging = oci.logging.LoggingManagementClient(self.config, **sdk_options)
        self.search = oci.loggingsearch.LogSearchClient(self.config, **sdk_options)
        self.identity = oci.identity.IdentityClient(self.config, **sdk_options)
        for client in (self.science, self.logging, self.search, self.identity):
            client.base_client.session.trust_env = False

    @property
    def pid(self) -> int:
        running = daemon.status(self.data_dir)
        assert running is not None
        return running.pid

    def kill(self) -> None:
        """Like `kill -9`."""
        process = psutil.Process(self.pid)
        process.kill()
        process.wait(10)

    def request(self, method: str, path: str, *, signed: bool = True, **options: Any) -> requests.Response:
        return self.session.request(
            method, self.endpoint + path, auth=self.signer if signed else None, timeout=60, **options
        )

    def upload_headers(self, path: str, method: str = "POST") -> dict[str, str]:
        """Signed as Oracle's SDK signs an artifact upload: without the body."""
        host = self.endpoint.removeprefix("http://")
        headers = {"date": formatdate(usegmt=True), "host": host, "content-type": "application/octet-stream"}
        signed: dict[str, str] = self.signer._basic_signer.sign(dict(headers), host=host, method=method, path=path)
        return {**headers, **signed}

    def predict(self, deployment_id: str, rows: Any) -> requests.Response:
        url = self.science.get_model_deployment(deployment_id).data.model_deployment_url
        return self.session.post(f"{url}/predict", json=rows, auth=self.signer, timeout=60)

    def project(self, name: str = "a project") -> str:
        details = MODELS.CreateProjectDetails(compartment_id=self.compartment, display_name=name)
        return self.science.create_project(details).data.id

    def model(self, project_id: str, artifact: bytes | None = None) -> str:
        details = MODELS.CreateModelDetails(compartment_id=self.compartment, project_id=project_id, display_name="m")
        model_id = self.science.create_model(details).data.id
        if artifact is not None:
            self.science.create_model_artifact(model_id, artifact, content_disposition="attachment; filename=m.zip")
        return model_id

    def log_group(self, name: str) -> str:
        details = LOGGING.CreateLogGroupDetails(compartment_id=self.compartment, display_name=name)
        return self._made(self.logging.create_log_group(details))

    def log(self, group_id: str, name: str) -> str:
        return self._made(
            self.logging.create_log(group_id, LOGGING.CreateLogDetails(display_name=name, log_type="CUSTOM"))
        )

    def _made(self, answer: Any) -> str:
        request = self.logging.get_work_request(answer.headers["opc-work-request-id"]).data
        return request.resources[0].identifier

    def deployment_details(self, project_id: str, model_id: str, logs: Any = None, **details: Any) -> Any:
        return MODELS.CreateModelDeploymentDetails(
            compartment_id=self.compartment,
            project_id=project_id,
            display_name="d",
            category_log_details=logs,
            model_deployment_configuration_details=MODELS.SingleModelDeploymentConfigurationDetails(
                model_configuration_details=MODELS.ModelConfigurationDetails(
                    **{"model_id": model_id, "instance_configuration": flexible(), **details}
                )
            ),
        )

    def deploy(self, project_id: str, model_id: str, logs: Any = None, **details: Any) -> Any:
        """The finished work request."""
        asked = self.deployment_details(project_id, model_id, logs, **details)
        return self.finished(self.science.create_model_deployment(asked))

    def update(self, deployment_id: str, **details: Any) -> Any:
        shown = self.science.get_model_deployment(deployment_id).data.model_deployment_configuration_details
        details = {"model_id": shown.model_configuration_details.model_id, **details}
        return self.finished(self.science.update_model_deployment(deployment_id, update_of(**details)))

    def finished(self, answer: Any) -> Any:
        """The work request of an answer, once it is finished."""
        request_id = answer.headers["opc-work-request-id"]

        def done() -> Any:
            request = self.science.get_work_request(request_id).data
            return request if request.time_finished else None

        return wait_until(done, timeout_s=60, what=f"work request {request_id} finished")

    def delete_deployment(self, deployment_id: str) -> None:
        assert self.finished(self.science.delete_model_deployment(deployment_id)).status == "SUCCEEDED"


def update_of(**details: Any) -> Any:
    return MODELS.UpdateModelDeploymentDetails(
        model_deployment_configuration_details=MODELS.UpdateSingleModelDeploymentConfigurationDetails(
            model_configuration_details=MODELS.UpdateModelConfigurationDetails(**details)
        )
    )


def flexible(ocpus: float = 1, memory_gbs: float = 16) -> Any:
    return MODELS.InstanceConfiguration(
        instance_shape_name="VM.Standard.E4.Flex",
        model_deployment_instance_shape_config_details=MODELS.ModelDeploymentInstanceShapeConfigDetails(
            ocpus=ocpus, memory_in_gbs=memory_gbs
        ),
    )


def error_of(act: Callable[[], Any]) -> oci.exceptions.ServiceError:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        act()
    return caught.value


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process that was started for a data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def end(cloud: Cloud) -> None:
    cloud.session.close()
    for client in ("science", "logging", "search", "identity"):
        if hasattr(cloud, client):
            getattr(cloud, client).base_client.session.close()
    daemon.stop(cloud.data_dir)
    wait_until(lambda: not processes_of(cloud.data_dir), timeout_s=10, what="no process of the local OCI left")
