"""From model.yaml's words to OCI's arguments: pure plans."""

import json

from hypothesis import given
from hypothesis import strategies as st

from artifact_builder import Artifact, Autoscaling, Deployment, LoadBalancer
from infra import catalog_entry_plan, deployment_plan


def test_a_flexible_shape_carries_its_size():
    details = deployment_plan.configuration_details(Deployment(ocpus=2, memory_gbs=32, instances=3), "ocid1.model")

    model = details["model_configuration_details"]
    assert details["deployment_type"] == "SINGLE_MODEL"
    assert model["model_id"] == "ocid1.model"
    assert model["instance_configuration"]["model_deployment_instance_shape_config_details"] == {
        "ocpus": 2,
        "memory_in_gbs": 32,
    }
    assert model["scaling_policy"] == {"policy_type": "FIXED_SIZE", "instance_count": 3}


def test_a_fixed_shape_carries_none():
    details = deployment_plan.configuration_details(Deployment(shape="VM.Standard2.1", instances=1), "m")

    assert details["model_configuration_details"]["instance_configuration"] == {"instance_shape_name": "VM.Standard2.1"}


@given(low=st.integers(10, 1000), rest=st.integers(1, 1000))
def test_the_maximum_bandwidth_is_sent_only_where_it_is_declared(low, rest):
    fixed = deployment_plan.configuration_details(
        Deployment(instances=1, load_balancer=LoadBalancer(bandwidth_mbps=low)), "m"
    )
    growing = deployment_plan.configuration_details(
        Deployment(instances=1, load_balancer=LoadBalancer(bandwidth_mbps=low, maximum_bandwidth_mbps=low + rest)), "m"
    )

    assert "maximum_bandwidth_mbps" not in fixed["model_configuration_details"]
    assert growing["model_configuration_details"]["maximum_bandwidth_mbps"] == low + rest


def test_autoscaling_is_one_threshold_rule_that_starts_at_the_minimum():
    policy = deployment_plan.scaling_policy(Deployment(autoscaling=Autoscaling(min=1, max=4)))

    (details,) = policy["auto_scaling_policies"]
    assert policy["policy_type"] == "AUTOSCALING"
    assert (details["minimum_instance_count"], details["maximum_instance_count"]) == (1, 4)
    assert details["initial_instance_count"] == 1
    assert details["rules"][0]["scale_out_configuration"]["threshold"] == "70"


def test_no_log_means_no_log_details():
    assert deployment_plan.log_details({}) is None


def make_artifact(project_dir, digest):
    folder = project_dir / "artifacts" / "wine" / digest
    folder.mkdir(parents=True)
    (folder / "input_schema.json").write_text(json.dumps({"schema": [], "version": "1.1"}, indent=2))
    return Artifact(
        name="wine",
        digest=digest,
        folder=folder,
        zip_path=project_dir / "artifacts" / f"wine-{digest}.zip",
        size_bytes=123,
        manifest={"versions": {"scikit_learn": "1.9.1"}, "estimator": {"algorithm": "LogisticRegression"}},
        was_cached=False,
    )


def test_the_catalog_entry_names_no_path_of_the_machine(tmp_path):
    arguments = catalog_entry_plan.artifact_arguments(make_artifact(tmp_path, "a" * 64), tmp_path)

    assert str(tmp_path) not in json.dumps(arguments)
    assert arguments["model_artifact"] == f"artifacts/wine-{'a' * 64}.zip"
    assert arguments["artifact_content_length"] == "123"
    assert arguments["artifact_content_disposition"] == "attachment; filename=wine-aaaaaaaaaaaa.zip"


def test_a_missing_schema_is_left_out(tmp_path):
    arguments = catalog_entry_plan.artifact_arguments(make_artifact(tmp_path, "b" * 64), tmp_path)

    assert arguments["input_schema"] == '{"schema":[],"version":"1.1"}'
    assert arguments["output_schema"] is None


def test_our_tags_win_over_the_users(tmp_path):
    artifact = make_artifact(tmp_path, "c" * 64)

    tags = catalog_entry_plan.entry_tags(artifact, {"team": "a", "paddock-digest": "mine"}, {"team": "b"})

    assert tags == {"team": "b", "paddock-model": "wine", "paddock-digest": "c" * 64}
