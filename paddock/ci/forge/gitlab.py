"""GitLab's REST for notes and issues (docs.gitlab.com/api/notes, /issues)."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote

from paddock.ci.forge.forge import Rest


class GitLab:
    """`project` is its number or quoted path; only notes and issues of the token's own user are ever edited."""

    def __init__(self, api_url: str, project: str, token: str) -> None:
        self._rest = Rest(api_url, {"private-token": token})
        self._project = f"/projects/{quote(project, safe='')}"

    def upsert_comment(self, change: int, marker: str, body: str) -> str:
        """See Forge."""
        path = f"{self._project}/merge_requests/{change}/notes"
        mine = next((item for item in self._rest.pages(path) if self._is_mine(item, item["body"], marker)), None)
        if mine is None:
            self._rest.call("POST", path, {"body": body})
            return f"commented on !{change}"
        if mine["body"] == body:
            return f"the comment on !{change} says so already"
        self._rest.call("PUT", f"{path}/{mine['id']}", {"body": body})
        return f"edited the comment on !{change}"

    def upsert_issue(self, marker: str, label: str, title: str, body: str) -> str:
        """See Forge."""
        mine = self._issue(marker, label)
        if mine is None:
            asked = {"title": title, "description": body, "labels": label}
            made = self._rest.call("POST", f"{self._project}/issues", asked)
            return f"opened an issue: {made['web_url']}"
        if mine["description"] == body:
            return f"the issue says so already: {mine['web_url']}"
        self._rest.call("PUT", f"{self._project}/issues/{mine['iid']}", {"title": title, "description": body})
        return f"edited the issue: {mine['web_url']}"

    def close_issue(self, marker: str, label: str, why: str) -> str:
        """See Forge."""
        mine = self._issue(marker, label)
        if mine is None:
            return "no issue is open"
        self._rest.call("POST", f"{self._project}/issues/{mine['iid']}/notes", {"body": why})
        self._rest.call("PUT", f"{self._project}/issues/{mine['iid']}", {"state_event": "close"})
        return f"closed the issue: {mine['web_url']}"

    def _issue(self, marker: str, label: str) -> Any:
        issues = self._rest.pages(f"{self._project}/issues?state=opened&labels={quote(label)}")
        return next((item for item in issues if self._is_mine(item, item["description"], marker)), None)

    def _is_mine(self, item: Any, text: str | None, marker: str) -> bool:
        return item["author"]["id"] == self._own_id and (text or "").startswith(marker)

    @cached_property
    def _own_id(self) -> int:
        return int(self._rest.call("GET", "/user")["id"])
