"""A deployment's access and predict logs, read back through OCI's log search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from paddock.oci_access import explain

# Log search looks back 14 days at the most (OCI.md §2.3).
_LONGEST_WINDOW = timedelta(days=14)
_PAGE_SIZE = 500


def log_query(compartment_id: str, log_group_id: str, log_id: str, deployment_id: str) -> str:
    """The records of one deployment in a log, newest first."""
    log = f"{compartment_id}/{log_group_id}/{log_id}"
    return f"SEARCH \"{log}\" | WHERE source = '*{deployment_id}*' | SORT BY datetime DESC"


def newest_records(client: Any, query: str, count: int, since: datetime | None = None) -> list[dict[str, Any]]:
    """The newest ``count`` records, oldest first, as Oracle's `logContent` objects; raises PaddockError."""
    from oci.exceptions import RequestException, ServiceError
    from oci.loggingsearch.models import SearchLogsDetails

    soon = datetime.now(UTC) + timedelta(minutes=1)
    earliest = soon - _LONGEST_WINDOW
    details = SearchLogsDetails(
        time_start=max(since, earliest) if since else earliest, time_end=soon, search_query=query
    )
    try:
        results = client.search_logs(details, limit=min(count, _PAGE_SIZE)).data.results or []
    except (ServiceError, RequestException) as error:
        raise explain(error) from error
    return [result.data["logContent"] for result in reversed(results)]
