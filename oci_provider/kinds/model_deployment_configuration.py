"""The nested arguments of a model deployment, and for which of Oracle's subtypes each is (OCI.md 4.1)."""

from __future__ import annotations

from collections.abc import Callable

from oci_provider.schema import Field, Fields, Sent, Type, fields, optional, optional_computed, required

_SINGLE_MODEL = frozenset({"SINGLE_MODEL", "SINGLE_MODEL_FLEX"})
_POOLED = frozenset({"MODEL_GROUP", "SINGLE_MODEL_FLEX"})
_CONTAINER = frozenset({"OCIR_CONTAINER"})
_AUTOSCALING = frozenset({"AUTOSCALING"})


def _rule_side(name: str, *, required_here: bool) -> Field:
    make = required if required_here else optional
    return make(
        name,
        Type.OBJECT,
        fields=fields(
            optional_computed("instance_count_adjustment", Type.INT),
            optional_computed("pending_duration"),
            optional_computed("query", only_for=frozenset({"QUERY"})),
            optional_computed("scaling_configuration_type", ignores_case=True),
            optional_computed("threshold", Type.INT, only_for=frozenset({"THRESHOLD"})),
            discriminator="scalingConfigurationType",
        ),
    )


_METRIC_TYPE = optional_computed("metric_type", only_for=frozenset({"PREDEFINED_EXPRESSION"}))


def _cool_down(name: str) -> Field:
    return optional_computed(
        name,
        Type.OBJECT,
        fields=fields(
            optional_computed("cool_down_in_seconds", Type.INT),
            optional_computed("instance_count_adjustment", Type.INT),
            optional_computed("pending_duration"),
        ),
    )


def _scaling_policy(rule: Fields, *further: Field) -> Field:
    return optional_computed(
        "scaling_policy",
        Type.OBJECT,
        fields=fields(
            required("policy_type", ignores_case=True, choices=("AUTOSCALING", "FIXED_SIZE")),
            optional_computed(
                "auto_scaling_policies",
                Type.OBJECTS,
                only_for=_AUTOSCALING,
                fields=fields(
                    required("auto_scaling_policy_type", ignores_case=True, choices=("THRESHOLD",)),
                    required("initial_instance_count", Type.INT),
                    required("maximum_instance_count", Type.INT),
                    required("minimum_instance_count", Type.INT),
                    required("rules", Type.OBJECTS, fields=rule),
                    *further,
                    discriminator="autoScalingPolicyType",
                ),
            ),
            optional_computed("cool_down_in_seconds", Type.INT, only_for=_AUTOSCALING),
            optional_computed("instance_count", Type.INT, only_for=frozenset({"FIXED_SIZE"})),
            optional_computed("is_enabled", Type.BOOL, only_for=_AUTOSCALING),
            discriminator="policyType",
        ),
    )


_RULE_KINDS = ("PREDEFINED_EXPRESSION", "CUSTOM_EXPRESSION")
_MODEL_RULE = fields(
    required("metric_expression_rule_type", ignores_case=True, choices=_RULE_KINDS),
    _rule_side("scale_in_configuration", required_here=True),
    _rule_side("scale_out_configuration", required_here=True),
    _METRIC_TYPE,
    discriminator="metricExpressionRuleType",
)
_INFRASTRUCTURE_RULE = fields(
    required("metric_expression_rule_type", ignores_case=True),
    _METRIC_TYPE,
    optional(
        "scale_configuration",
        Type.OBJECT,
        fields=fields(
            optional_computed("metric_namespace"),
            optional_computed("query"),
            optional_computed("target_scaling_configuration_type"),
            optional_computed("threshold", Type.FLOAT),
        ),
    ),
    _rule_side("scale_in_configuration", required_here=False),
    _rule_side("scale_out_configuration", required_here=False),
    discriminator="metricExpressionRuleType",
)


def _instance_configuration(make: Callable[..., Field], shape: Field) -> Field:
    return make(
        "instance_configuration",
        Type.OBJECT,
        fields=fields(
            shape,
            optional_computed(
                "model_deployment_instance_shape_config_details",
                Type.OBJECT,
                fields=fields(
                    optional_computed("cpu_baseline"),
                    optional_computed("memory_in_gbs", Type.FLOAT, json="memoryInGBs"),
                    optional_computed("ocpus", Type.FLOAT),
                ),
            ),
            optional_computed("network_access_type"),
            optional_computed("private_endpoint_id"),
            optional_computed("subnet_id"),
        ),
    )


_ENVIRONMENT = optional_computed(
    "environment_configuration_details",
    Type.OBJECT,
    fields=fields(
        required("environment_configuration_type", ignores_case=True, choices=("DEFAULT", "OCIR_CONTAINER")),
        optional_computed("cmd", Type.STRINGS, plural="cmds", only_for=_CONTAINER),
        optional_computed(
            "custom_http_endpoints",
            Type.OBJECTS,
            only_for=_CONTAINER,
            fields=fields(optional_computed("endpoint_uri_suffix"), optional_computed("http_methods", Type.STRINGS)),
        ),
        optional_computed(
            "default_environment_variables", Type.MAP, force_new=True, sent=Sent.CREATE, only_for=_CONTAINER
        ),
        optional_computed("entrypoint", Type.STRINGS, plural="entrypoints", only_for=_CONTAINER),
        optional_computed("environment_variables", Type.MAP),
        optional_computed("health_check_port", Type.INT, only_for=_CONTAINER),
        optional_computed("image", only_for=_CONTAINER),
        optional_computed("image_digest", only_for=_CONTAINER),
        optional_computed("predict_api_specification", only_for=_CONTAINER),
        optional_computed("image_signature_id", only_for=_CONTAINER),
        optional_computed("server_port", Type.INT, only_for=_CONTAINER),
        discriminator="environmentConfigurationType",
    ),
)

_RESOURCES = (required("memory_in_gbs", Type.FLOAT, json="memoryInGBs"), required("ocpus", Type.FLOAT))

_INFRASTRUCTURE = optional_computed(
    "infrastructure_configuration_details",
    Type.OBJECT,
    only_for=_POOLED,
    fields=fields(
        optional("compute_target_id"),
        required("infrastructure_type", ignores_case=True),
        _instance_configuration(optional, required("instance_shape_name")),
        optional_computed("bandwidth_mbps", Type.INT),
        optional_computed("maximum_bandwidth_mbps", Type.INT, zero_is_absent=True),
        optional_computed(
            "model_deployment_resource_configuration",
            Type.OBJECT,
            fields=fields(
                required(
                    "resource_request_configuration",
                    Type.OBJECT,
                    fields=fields(*_RESOURCES, optional_computed("gpus", Type.INT)),
                ),
                optional_computed("resource_limit_configuration", Type.OBJECT, fields=fields(*_RESOURCES)),
            ),
        ),
        _scaling_policy(_INFRASTRUCTURE_RULE, _cool_down("scale_in_policy"), _cool_down("scale_out_policy")),
        discriminator="infrastructureType",
    ),
)

_MODEL = optional_computed(
    "model_configuration_details",
    Type.OBJECT,
    only_for=_SINGLE_MODEL,
    fields=fields(
        optional_computed("bandwidth_mbps", Type.INT),
        _instance_configuration(optional_computed, optional_computed("instance_shape_name")),
        optional_computed("maximum_bandwidth_mbps", Type.INT, zero_is_absent=True),
        optional_computed("model_id"),
        _scaling_policy(_MODEL_RULE),
    ),
)

CONFIGURATION_DETAILS = fields(
    required("deployment_type", ignores_case=True, choices=("SINGLE_MODEL", "MODEL_GROUP", "SINGLE_MODEL_FLEX")),
    _ENVIRONMENT,
    _INFRASTRUCTURE,
    _MODEL,
    optional_computed(
        "model_group_configuration_details",
        Type.OBJECT,
        only_for=frozenset({"MODEL_GROUP"}),
        fields=fields(optional_computed("model_group_id")),
    ),
    discriminator="deploymentType",
)


def _log(category: str) -> Field:
    return optional_computed(category, Type.OBJECT, fields=fields(required("log_group_id"), required("log_id")))


CATEGORY_LOG_DETAILS = fields(_log("access"), _log("predict"))
