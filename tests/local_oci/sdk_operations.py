"""Oracle's operations as the installed SDK's clients say them; `python sdk_operations.py` rewrites operations.json.

Read from the clients' source: verb, path, the names of query parameters with their allowed values, and of headers.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[2] / "local_oci" / "operations.json"
CLIENTS = {
    "data_science": "DataScienceClient",
    "logging": "LoggingManagementClient",
    "loggingsearch": "LogSearchClient",
    "loggingingestion": "LoggingClient",
    "load_balancer": "LoadBalancerClient",
    "identity": "IdentityClient",
    "resource_search": "ResourceSearchClient",
    "work_requests": "WorkRequestClient",
    "object_storage": "ObjectStorageClient",
    "monitoring": "MonitoringClient",
    "model_deployment": "ModelDeploymentClient",
}
_EVERYWHERE = {"accept", "content-type", "opc-request-id", "opc-client-request-id", "expect", "content-length"}


def operations() -> dict[str, Any]:
    """The whole table."""
    return {service: _service(service, client) for service, client in CLIENTS.items()}


def _service(service: str, client_name: str) -> dict[str, Any]:
    client = getattr(importlib.import_module(f"oci.{service}"), client_name)
    base_path = re.search(r"'base_path': '([^']*)'", inspect.getsource(client.__init__))
    assert base_path is not None
    found = {}
    for name, function in inspect.getmembers(client, inspect.isfunction):
        described = _operation(function)
        if described is not None and not name.startswith("_"):
            found[name] = described
    return {"basePath": base_path.group(1).rstrip("/"), "operations": found}


def _operation(function: Any) -> dict[str, Any] | None:
    """One operation; None for a method that is none."""
    source = textwrap.dedent(inspect.getsource(function))
    if "resource_path = " not in source:
        return None
    values = dict(_assignments(ast.parse(source)))
    query = values.get("query_params", ast.Dict([], []))
    assert isinstance(query, ast.Dict)
    headers = values.get("header_params", ast.Dict([], []))
    assert isinstance(headers, ast.Dict)
    parameters = {_text(key): value for key, value in zip(query.keys, query.values, strict=True)}
    described = {
        "method": _text(values["method"]),
        "path": _text(values["resource_path"]),
        "query": sorted(parameters),
        "headers": sorted({_text(key).lower() for key in headers.keys} - _EVERYWHERE),
    }
    if required := sorted(name for name, value in parameters.items() if isinstance(value, ast.Name)):
        described["required"] = required
    if allowed := {name: found for name, value in sorted(parameters.items()) if (found := _allowed(value, values))}:
        described["allowed"] = allowed
    return described


def _assignments(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The first assignment of each name."""
    seen = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id not in seen:
            seen.add(node.targets[0].id)
            yield node.targets[0].id, node.value


def _allowed(value: ast.expr, values: dict[str, ast.expr]) -> list[str]:
    """The values that the client itself lets through, such as `sort_by_allowed_values`."""
    names = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names += [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]
    for name in names:
        found = values.get(f"{name}_allowed_values")
        if isinstance(found, ast.List):
            return [_text(item) for item in found.elts]
    return []


def _text(node: ast.expr | None) -> str:
    assert isinstance(node, ast.Constant), node
    return str(node.value)


def rendered(table: dict[str, Any]) -> str:
    """The file's text: an operation a line."""
    services = []
    for service, described in table.items():
        entries = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in described["operations"].items()]
        head = f' "{service}": {{"basePath": {json.dumps(described["basePath"])}, "operations": {{'
        services.append("\n".join([head, ",\n".join(entries), " }}"]))
    return "{\n" + ",\n".join(services) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(rendered(operations()))
