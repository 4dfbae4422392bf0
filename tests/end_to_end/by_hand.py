"""Changes that someone makes past the program, with Oracle's own SDK."""

from __future__ import annotations

import time
from typing import Any

import oci.data_science.models as data_science
from oci.config import from_file
from oci.data_science import DataScienceClient
from oci.exceptions import ServiceError
from oci.logging import LoggingManagementClient
from oci.logging.models import CreateLogDetails, CreateLogGroupDetails
from oci.retry import NoneRetryStrategy

_ON_THE_WAY = {"CREATING", "UPDATING", "DELETING", "ACTIVATING", "DEACTIVATING"}


class ByHand:
    """One stack's deployments, by their display names."""

    def __init__(self, clone: Any) -> None:
        env = clone.paddock_json("env", "--json")
        config = from_file(env["ociConfigFile"])
        where = {"service_endpoint": env["endpoint"], "retry_strategy": NoneRetryStrategy()}
        self.science = DataScienceClient(config, **where)
        self.logging = LoggingManagementClient(config, **where)
        self.compartment_id = env["compartmentId"]

    # --- made by hand ------------------------------------------------------------------------------------------------

    def endpoint(self, name: str, artifact: bytes, *, project_id: str, log_group_id: str) -> str:
        """A catalog entry, two logs and a deployment of it, as someone clicks them together; the deployment's OCID."""
        entry = data_science.CreateModelDetails(
            compartment_id=self.compartment_id,
            project_id=project_id,
            display_name=f"{name} v1",
            description="Twice what it is given",
            freeform_tags={"by": "hand"},
            custom_metadata_list=[data_science.Metadata(key="why", value="a test", category="Other")],
        )
        model_id = self.science.create_model(entry).data.id
        self.science.create_model_artifact(model_id, artifact, content_disposition="attachment; filename=doubles.zip")
        logs = {
            category: data_science.LogDetails(
                log_group_id=log_group_id, log_id=self.log(log_group_id, f"{name} {category}")
            )
            for category in ("access", "predict")
        }
        return self.deploy(name, model_id, project_id=project_id, logs=data_science.CategoryLogDetails(**logs))

    def deploy(self, name: str, model_id: str, *, project_id: str, logs: Any) -> str:
        size = data_science.ModelDeploymentInstanceShapeConfigDetails(ocpus=1, memory_in_gbs=16)
        instance = data_science.InstanceConfiguration(
            instance_shape_name="VM.Standard.E4.Flex", model_deployment_instance_shape_config_details=size
        )
        model = data_science.ModelConfigurationDetails(
            model_id=model_id,
            bandwidth_mbps=12,
            maximum_bandwidth_mbps=20,
            instance_configuration=instance,
            scaling_policy=data_science.FixedSizeScalingPolicy(instance_count=1),
        )
        whole = data_science.SingleModelDeploymentConfigurationDetails(model_configuration_details=model)
        details = data_science.CreateModelDeploymentDetails(
            compartment_id=self.compartment_id,
            project_id=project_id,
            display_name=name,
            description="By hand",
            freeform_tags={"owner": "operations"},
            defined_tags={"Operations": {"CostCenter": "42"}},
            model_deployment_configuration_details=whole,
            category_log_details=logs,
        )
        return self.settled(self.science.create_model_deployment(details).data.id).id

    def project(self, name: str) -> str:
        details = data_science.CreateProjectDetails(compartment_id=self.compartment_id, display_name=name)
        return self.science.create_project(details).data.id

    def log_group(self, name: str) -> str:
        details = CreateLogGroupDetails(compartment_id=self.compartment_id, display_name=name)
        return self._made(self.logging.create_log_group(details), "loggroup")

    def log(self, log_group_id: str, name: str) -> str:
        details = CreateLogDetails(display_name=name, log_type="CUSTOM")
        return self._made(self.logging.create_log(log_group_id, details), "log")

    def _made(self, answer: Any, entity: str) -> str:
        """The OCID that a work request of Logging tells at its end."""
        work_request = answer.headers["opc-work-request-id"]
        deadline = time.monotonic() + 60
        while (found := self.logging.get_work_request(work_request).data).status not in ("SUCCEEDED", "FAILED"):
            assert time.monotonic() < deadline, f"waited 60 s for {work_request}"
            time.sleep(0.05)
        (made,) = [one.identifier for one in found.resources if one.identifier.startswith(f"ocid1.{entity}.")]
        return made

    # --- changed by hand ---------------------------------------------------------------------------------------------

    def deployment(self, name: str) -> Any:
        """The deployment of that display name, once it is on its way no more."""
        listed = self.science.list_model_deployments(self.compartment_id).data
        (found,) = [one for one in listed if one.display_name == name and one.lifecycle_state != "DELETED"]
        return self.settled(found.id)

    def settled(self, deployment_id: str) -> Any:
        deadline = time.monotonic() + 60
        while (found := self.science.get_model_deployment(deployment_id).data).lifecycle_state in _ON_THE_WAY:
            assert time.monotonic() < deadline, f"waited 60 s for {deployment_id}, it is {found.lifecycle_state}"
            time.sleep(0.05)
        return found

    def change(self, name: str, **details: Any) -> Any:
        """A PUT of a deployment's own properties."""
        deployment = self.deployment(name)
        self.science.update_model_deployment(deployment.id, data_science.UpdateModelDeploymentDetails(**details))
        return self.settled(deployment.id)

    def configure(self, name: str, **configuration: Any) -> Any:
        """A PUT of the model's configuration with these values changed in it."""
        details = self.deployment(name).model_deployment_configuration_details.model_configuration_details
        keys = ("model_id", "instance_configuration", "scaling_policy", "bandwidth_mbps", "maximum_bandwidth_mbps")
        values = {**{key: getattr(details, key) for key in keys}, **configuration}
        model = data_science.UpdateModelConfigurationDetails(**values)
        whole = data_science.UpdateSingleModelDeploymentConfigurationDetails(model_configuration_details=model)
        return self.change(name, model_deployment_configuration_details=whole)

    def deactivate(self, name: str) -> Any:
        deployment = self.deployment(name)
        self.science.deactivate_model_deployment(deployment.id)
        return self.settled(deployment.id)

    def delete_deployment(self, name: str) -> None:
        deployment = self.deployment(name)
        self.science.delete_model_deployment(deployment.id)
        self.settled(deployment.id)

    def delete_log(self, name: str, category: str) -> None:
        """Deletes the log that a deployment writes, and waits until it is gone."""
        log = getattr(self.deployment(name).category_log_details, category)
        self.logging.delete_log(log.log_group_id, log.log_id)
        deadline = time.monotonic() + 60
        while self._has_log(log):
            assert time.monotonic() < deadline, f"waited 60 s for the deletion of {log.log_id}"
            time.sleep(0.05)

    def _has_log(self, log: Any) -> bool:
        try:
            self.logging.get_log(log.log_group_id, log.log_id)
        except ServiceError as error:
            if error.status != 404:
                raise
            return False
        return True

    @staticmethod
    def fixed_size(instance_count: int) -> Any:
        return data_science.FixedSizeScalingPolicy(instance_count=instance_count)

    @staticmethod
    def autoscaling(least: int, most: int, *, scale_in_at: int, scale_out_at: int) -> Any:
        """A threshold policy on memory, as the console makes it."""

        def threshold(percent: int) -> Any:
            return data_science.PredefinedExpressionThresholdScalingConfiguration(threshold=percent)

        rule = data_science.PredefinedMetricExpressionRule(
            metric_type="MEMORY_UTILIZATION",
            scale_in_configuration=threshold(scale_in_at),
            scale_out_configuration=threshold(scale_out_at),
        )
        policy = data_science.ThresholdBasedAutoScalingPolicyDetails(
            minimum_instance_count=least, maximum_instance_count=most, initial_instance_count=least, rules=[rule]
        )
        return data_science.AutoScalingPolicy(is_enabled=True, auto_scaling_policies=[policy])
