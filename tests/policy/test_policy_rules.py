"""Each rule, for and against: on resources as hand-written programs and Paddock's components declare them."""

from __future__ import annotations

import pytest
from declared_resources import DETAILS, deployment, findings, log, messages, model, urn

from policy.governance.environment import PINNED_ENVIRONMENT, PINNED_IMAGE
from policy.governance.logs import LOGS_ENABLED, LOGS_ON
from policy.governance.network import PRIVATE_OR_JUSTIFIED
from policy.governance.protection import PROTECT_IN_PRODUCTION
from policy.governance.resource import LOG, MODEL, NOT_YET_KNOWN
from policy.governance.schema import SCHEMA_PRESENT
from policy.governance.tags import REQUIRED_TAGS
from policy.governance.violation import Undecided

ENVIRONMENT = f"{DETAILS}.environmentConfigurationDetails"
INSTANCE = f"{DETAILS}.modelConfigurationDetails.instanceConfiguration"
CONTAINER = {
    f"{ENVIRONMENT}.environmentConfigurationType": "OCIR_CONTAINER",
    f"{ENVIRONMENT}.image": "iad.ocir.io/ns/wine:1",
}
DIGEST = "sha256:" + "0a" * 32


# logs-on


@pytest.mark.parametrize("log_id", ["ocid1.log.oc1..p", NOT_YET_KNOWN])
def test_a_deployment_with_both_logs_is_in_order_also_before_they_exist(log_id):
    assert messages(LOGS_ON, deployment({"categoryLogDetails.predict.logId": log_id})) == []


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"categoryLogDetails": None}, ["access", "predict"]),
        ({"categoryLogDetails.predict": None}, ["predict"]),
        ({"categoryLogDetails.access.logId": ""}, ["access"]),
    ],
)
def test_a_category_without_a_log_is_named(changes, missing):
    said = messages(LOGS_ON, deployment(changes))

    assert [text.split(": ")[1] for text in said] == [f"categoryLogDetails.{category}" for category in missing]
    assert all("ModelDeployment wine: " in text and "found none" in text for text in said)


def test_only_the_configured_categories_must_be_logged():
    assert messages(LOGS_ON, deployment({"categoryLogDetails.access": None}), categories=["predict"]) == []


# logs-enabled


def stack_with_log(*, is_enabled):
    return (
        log({"isEnabled": is_enabled}, name="wine-predict"),
        deployment(
            depends_on={"categoryLogDetails": (urn(LOG, "wine-predict"), urn("oci:Logging/logGroup:LogGroup", "g"))}
        ),
    )


def test_a_log_that_is_enabled_is_in_order():
    assert messages(LOGS_ENABLED, *stack_with_log(is_enabled=True)) == []


def test_a_log_that_is_off_and_that_a_deployment_writes_to_is_told():
    assert messages(LOGS_ENABLED, *stack_with_log(is_enabled=False)) == [
        (
            "Log wine-predict: isEnabled: must be true, since ModelDeployment wine logs to it, found false. "
            "Set isEnabled: true, or take the log out of the deployment's categoryLogDetails."
        )
    ]


def test_a_log_that_is_off_and_serves_no_deployment_is_nobodys_matter():
    assert messages(LOGS_ENABLED, log({"isEnabled": False}), deployment()) == []


# private-or-justified

PUBLIC = {"freeformTags.public-justification": None}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**PUBLIC, f"{INSTANCE}.privateEndpointId": "ocid1.datascienceprivateendpoint.oc1..e"},
        {**PUBLIC, f"{INSTANCE}.privateEndpointId": NOT_YET_KNOWN},
        {"freeformTags": NOT_YET_KNOWN},
        {
            **PUBLIC,
            f"{DETAILS}.modelConfigurationDetails": None,
            f"{DETAILS}.infrastructureConfigurationDetails.instanceConfiguration.privateEndpointId": "ocid1.x.oc1..e",
        },
    ],
)
def test_a_private_endpoint_or_a_reason_is_in_order(changes):
    assert messages(PRIVATE_OR_JUSTIFIED, deployment(changes)) == []


@pytest.mark.parametrize(
    "changes",
    [
        PUBLIC,
        {"freeformTags": None},
        {"freeformTags.public-justification": "  "},
        {**PUBLIC, f"{INSTANCE}.privateEndpointId": ""},
    ],
)
def test_a_public_endpoint_without_a_reason_is_told(changes):
    assert len(messages(PRIVATE_OR_JUSTIFIED, deployment(changes))) == 1


@pytest.mark.parametrize("key", ["subnetId", "networkAccessType"])
def test_what_is_about_outgoing_traffic_does_not_make_an_endpoint_private(key):
    [said] = messages(PRIVATE_OR_JUSTIFIED, deployment({**PUBLIC, f"{INSTANCE}.{key}": "CUSTOM_NETWORKING"}))

    assert f"{key} is about what goes out" in said


# pinned-image


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**CONTAINER, f"{ENVIRONMENT}.imageDigest": DIGEST},
        {**CONTAINER, f"{ENVIRONMENT}.image": f"iad.ocir.io/ns/wine:1@{DIGEST}"},
    ],
)
def test_no_container_or_one_with_a_digest_is_in_order(changes):
    assert messages(PINNED_IMAGE, deployment(changes)) == []


@pytest.mark.parametrize("digest", [None, "", "sha256:abc"])
def test_an_image_by_its_tag_alone_is_told(digest):
    [said] = messages(PINNED_IMAGE, deployment({**CONTAINER, f"{ENVIRONMENT}.imageDigest": digest}))

    assert "imageDigest: must be the image's digest" in said


def test_an_image_that_is_pushed_by_the_same_up_is_decided_then():
    unknown = deployment({**CONTAINER, f"{ENVIRONMENT}.imageDigest": NOT_YET_KNOWN})

    assert findings(PINNED_IMAGE, unknown) == [Undecided(unknown, f"{ENVIRONMENT}.imageDigest")]


# pinned-environment


def environment(value):
    return {"customMetadataLists": [{"key": "Owner", "value": "me"}, {"key": "InferenceCondaEnv", "value": value}]}


@pytest.mark.parametrize(
    "value",
    [
        "generalml_p311_cpu_x86_64_v1",
        "mlcpuv1",
        "onnx17_p37_cpu_v1.0",
        "oci://service-conda-packs@id19sfcrra6z/service_pack/cpu/General/1.0/generalml_p311_cpu_x86_64_v1",
        "oci://mine@namespace/conda_environments/cpu/churn/1.0/churnv1_0",
        NOT_YET_KNOWN,
    ],
)
def test_a_revision_or_a_path_pins_an_environment(value):
    assert messages(PINNED_ENVIRONMENT, model(environment(value))) == []


@pytest.mark.parametrize("value", ["generalml_p311_cpu_x86_64", "oci://bucket", "latest", ""])
def test_an_environment_without_a_revision_is_told(value):
    [said] = messages(PINNED_ENVIRONMENT, model(environment(value)))

    assert "Model wine: customMetadataLists[InferenceCondaEnv]: must be" in said
    assert f"found {value!r}" in said


def test_an_entry_that_tells_no_environment_is_told():
    [said] = messages(PINNED_ENVIRONMENT, model({"customMetadataLists": None}))

    assert "found none" in said


def served_by(changes, name):
    return deployment(changes, name=name, depends_on={DETAILS: (urn(MODEL, "wine"),)})


def test_a_model_that_only_containers_serve_needs_no_conda_environment():
    unpinned = model({"customMetadataLists": None})

    assert messages(PINNED_ENVIRONMENT, unpinned, served_by(CONTAINER, "one")) == []
    assert len(messages(PINNED_ENVIRONMENT, unpinned, served_by(CONTAINER, "one"), served_by({}, "two"))) == 1


# schema-present


@pytest.mark.parametrize("value", [None, "", " ", "{}", "[]", '{"schema": [], "version": "1.1"}'])
@pytest.mark.parametrize("key", ["inputSchema", "outputSchema"])
def test_a_schema_that_says_nothing_is_told(key, value):
    [said] = messages(SCHEMA_PRESENT, model({key: value}))

    assert said.startswith(f"Model wine: {key}: must be the schema")


@pytest.mark.parametrize("value", [NOT_YET_KNOWN, "<xsd:schema/>", '[{"name": "alcohol"}]'])
def test_a_schema_in_any_form_is_in_order(value):
    assert messages(SCHEMA_PRESENT, model({"inputSchema": value})) == []


# required-tags


def test_nothing_is_required_until_it_is_configured():
    assert messages(REQUIRED_TAGS, model({"freeformTags": None})) == []


def test_free_form_and_defined_tags_that_are_there_are_in_order():
    tagged = model({"definedTags": {"Finance.CostCenter": "42"}})

    assert messages(REQUIRED_TAGS, tagged, requiredTags=["team", "Finance.CostCenter"]) == []


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_tag_that_is_missing_or_blank_is_told(value):
    [said] = messages(REQUIRED_TAGS, log({"freeformTags.team": value}), requiredTags=["team"])

    assert said.startswith("Log wine: freeformTags[team]: must be set, found ")


def test_a_defined_tag_is_not_looked_for_among_free_form_tags():
    [said] = messages(
        REQUIRED_TAGS, model({"freeformTags": {"Finance.CostCenter": "42"}}), requiredTags=["Finance.CostCenter"]
    )

    assert "definedTags[Finance.CostCenter]" in said


def test_a_type_that_is_not_listed_needs_no_tag():
    assert messages(REQUIRED_TAGS, model({"freeformTags": None}), requiredTags=["team"], types=[LOG]) == []


def test_tags_that_are_known_only_later_are_decided_then():
    unknown = model({"freeformTags": NOT_YET_KNOWN})

    assert findings(REQUIRED_TAGS, unknown, requiredTags=["team"]) == [Undecided(unknown, "freeformTags")]


# protect-in-production


@pytest.mark.parametrize("make", [model, deployment])
@pytest.mark.parametrize("stack", ["prod", "production", "wine-prod", "prod-eu"])
def test_what_serves_production_unprotected_is_told(make, stack):
    [said] = messages(PROTECT_IN_PRODUCTION, make(stack=stack))

    assert f"protect: must be true in the production stack {stack}, found false" in said


def test_protected_in_production_is_in_order():
    assert messages(PROTECT_IN_PRODUCTION, model(stack="prod", is_protected=True)) == []


@pytest.mark.parametrize("stack", ["local", "dev", "preprod", "products"])
def test_other_stacks_need_no_protection(stack):
    assert messages(PROTECT_IN_PRODUCTION, model(stack=stack)) == []


def test_which_stacks_are_production_is_configured():
    assert messages(PROTECT_IN_PRODUCTION, model(stack="live"), productionStacks=["live"]) != []
    assert messages(PROTECT_IN_PRODUCTION, model(stack="prod"), productionStacks=["live"]) == []


def test_resources_of_other_types_may_be_unprotected_in_production():
    assert messages(PROTECT_IN_PRODUCTION, log(stack="prod")) == []
