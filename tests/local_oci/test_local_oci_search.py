"""Resource Search: its query language, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import oci
import pytest
from local_oci_cloud import Cloud, error_of

from local_oci.resources.search.search_query import parse

SEARCH = oci.resource_search.models
FIELDS = {"displayname": "Wine", "lifecyclestate": "ACTIVE", "modelid": "ocid1.x"}


@pytest.fixture(scope="module")
def search(cloud: Cloud) -> Iterator[Any]:
    client = oci.resource_search.ResourceSearchClient(
        cloud.config, service_endpoint=cloud.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )
    yield client
    client.base_client.session.close()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("ModelId='ocid1.x'", True),
        ("displayName = 'wine'", True),
        ("displayName == 'wine'", False),
        ("displayName != 'wine'", False),
        ("displayName =~ 'in'", True),
        ("displayName = 'x' || lifecycleState = 'ACTIVE'", True),
        ("displayName = 'wine' && (lifecycleState = 'DELETED' || modelId = 'ocid1.x')", True),
        ("displayName = 'wine' and lifecycleState = 'DELETED'", False),
        ("absent = 'x'", False),
    ],
)
def test_a_condition_finds_what_it_names(condition: str, expected: bool) -> None:  # noqa: FBT001
    query = parse(f"query datasciencemodeldeployment resources where {condition} sorted by displayName asc")

    assert query.condition(FIELDS) is expected
    assert (query.types, query.sort_field, query.descending) == (("datasciencemodeldeployment",), "displayname", False)


def test_resources_of_several_types_are_found_in_pages(cloud: Cloud, search: Any) -> None:
    project = cloud.project("searched for")
    model = cloud.model(project)
    group = cloud.log_group("searched for, too")
    query = f"query all resources where identifier = '{project}' || identifier = '{model}' || identifier = '{group}'"
    details = SEARCH.StructuredSearchDetails(query=query)

    first = search.search_resources(details, limit=2)
    rest = search.search_resources(details, limit=2, page=first.next_page)

    found = {one.identifier: one.resource_type for one in (*first.data.items, *rest.data.items)}
    assert found == {project: "DataScienceProject", model: "DataScienceModel", group: "LogGroup"}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "query",
        "query nonsense resources",
        "query all resources where",
        "query all resources where a = ",
        "query all resources where a ~ 'b'",
        "query all resources where (a = 'b'",
        "query all resources where a = 'b' sorted",
        "query all resources limit 3",
        "query all resources where " + "(" * 100,
    ],
)
def test_what_is_no_query_is_refused(search: Any, query: str) -> None:
    refused = error_of(lambda: search.search_resources(SEARCH.StructuredSearchDetails(query=query)))

    assert (refused.status, refused.code) == (400, "InvalidParameter")
