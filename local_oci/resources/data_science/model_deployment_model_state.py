"""The models of a deployed model group, and whether they are served.

State: none; all are served, or the deployment failed.
"""

from __future__ import annotations

from local_oci import listing
from local_oci.call import Answer, Call, Route
from local_oci.errors import InvalidParameter
from local_oci.resources.data_science import model_group
from local_oci.resources.data_science.model_deployment_plan import Settings
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.supervised import KIND


def _list(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelDeploymentId"])
    settings = Settings.from_json(record.document)
    if settings.deployment_type != "MODEL_GROUP":
        raise InvalidParameter(f"model deployment {record.id}: only a MODEL_GROUP has model states")
    group = call.load(model_group.KIND, settings.source_id)
    state = "FAILED" if record.state == "FAILED" else "SUCCESS"
    shown_states = [{**one, "state": state} for one in model_group.member_summaries(call.snapshot, group)]
    filters = {name: call.query[name] for name in ("displayName", "inferenceKey", "modelId") if name in call.query}
    matching = [one for one in shown_states if all(one[name] == value for name, value in filters.items())]
    return listing.sliced(call, matching, f"{record.id} models")


ROUTES = (Route(DATA_SCIENCE, "list_model_deployment_model_states", _list),)
