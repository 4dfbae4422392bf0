"""GitHub's REST for comments and issues (docs.github.com/rest/issues)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from paddock.ci.forge.forge import ForgeError, Rest


class GitHub:
    """`repository` is OWNER/NAME; only comments and issues by `author` are ever edited."""

    def __init__(self, api_url: str, repository: str, token: str, author: str) -> None:
        headers = {
            "authorization": f"Bearer {token}",
            "accept": "application/vnd.github+json",
            "x-github-api-version": "2022-11-28",
        }
        self._rest = Rest(api_url, headers)
        self._repository = f"/repos/{repository}"
        self._author = author

    def upsert_comment(self, change: int, marker: str, body: str) -> str:
        """See Forge."""
        path = f"{self._repository}/issues/{change}/comments"
        mine = next((item for item in self._rest.pages(path) if self._is_mine(item, marker)), None)
        if mine is None:
            made = self._rest.call("POST", path, {"body": body})
            return f"commented: {made['html_url']}"
        if mine["body"] == body:
            return f"the comment says so already: {mine['html_url']}"
        self._rest.call("PATCH", f"{self._repository}/issues/comments/{mine['id']}", {"body": body})
        return f"edited the comment: {mine['html_url']}"

    def upsert_issue(self, marker: str, label: str, title: str, body: str) -> str:
        """See Forge."""
        mine = self._issue(marker, label)
        if mine is None:
            made = self._rest.call(
                "POST", f"{self._repository}/issues", {"title": title, "body": body, "labels": [label]}
            )
            return f"opened an issue: {made['html_url']}"
        if mine["body"] == body:
            return f"the issue says so already: {mine['html_url']}"
        self._rest.call("PATCH", f"{self._repository}/issues/{mine['number']}", {"title": title, "body": body})
        return f"edited the issue: {mine['html_url']}"

    def close_issue(self, marker: str, label: str, why: str) -> str:
        """See Forge."""
        mine = self._issue(marker, label)
        if mine is None:
            return "no issue is open"
        self._rest.call("POST", f"{self._repository}/issues/{mine['number']}/comments", {"body": why})
        self._rest.call("PATCH", f"{self._repository}/issues/{mine['number']}", {"state": "closed"})
        return f"closed the issue: {mine['html_url']}"

    def pull_request_of(self, head: str, commit: str) -> int | None:
        """The open pull request whose branch is `head` (OWNER:BRANCH) and stands at `commit`; None where none does.

        For a run that a fork's pull request began, GitHub's event does not name the pull request.
        """
        found = self._rest.pages(f"{self._repository}/pulls?state=open&head={quote(head, safe='')}")
        numbers = [item["number"] for item in found if item["head"]["sha"] == commit]
        if len(numbers) > 1:
            raise ForgeError(f"{head} at {commit[:12]} has {len(numbers)} pull requests: {numbers}")
        return int(numbers[0]) if numbers else None

    def _issue(self, marker: str, label: str) -> Any:
        issues = self._rest.pages(f"{self._repository}/issues?state=open&labels={quote(label)}")
        return next((item for item in issues if "pull_request" not in item and self._is_mine(item, marker)), None)

    def _is_mine(self, item: Any, marker: str) -> bool:
        return item["user"]["login"] == self._author and (item["body"] or "").startswith(marker)
