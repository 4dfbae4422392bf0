"""Default tags, on request: what a tenancy with OCI's automatic tag defaults adds to every new resource."""

from __future__ import annotations

from local_oci_cloud import MODELS, Cloud


def test_new_resources_get_oracles_default_tags_once_they_are_switched_on(own_cloud: Cloud) -> None:
    before = own_cloud.project()
    assert own_cloud.request("PUT", "/_paddock/options", json={"defaultTags": True}).json() == {"defaultTags": True}
    tagged = MODELS.CreateProjectDetails(
        compartment_id=own_cloud.compartment, defined_tags={"Team": {"name": "oenology"}}
    )

    project = own_cloud.science.create_project(tagged).data

    assert set(project.defined_tags) == {"Oracle-Tags", "Team"}
    assert set(project.defined_tags["Oracle-Tags"]) == {"CreatedBy", "CreatedOn"}
    group = own_cloud.logging.get_log_group(own_cloud.log_group("g")).data
    assert "Oracle-Tags" in group.defined_tags
    assert own_cloud.science.get_project(before).data.defined_tags == {}
    own_cloud.kill()
    own_cloud.start()
    assert own_cloud.request("GET", "/_paddock/options").json() == {"defaultTags": True}


def test_an_option_that_is_not_there_is_refused(own_cloud: Cloud) -> None:
    refused = own_cloud.request("PUT", "/_paddock/options", json={"defaultTags": "yes", "colour": True})
    unsigned = own_cloud.request("PUT", "/_paddock/options", json={"defaultTags": True}, signed=False)

    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")
    assert unsigned.status_code == 401
    assert own_cloud.request("GET", "/_paddock/options").json() == {"defaultTags": False}
