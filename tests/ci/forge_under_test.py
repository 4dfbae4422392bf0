"""GitHub's and GitLab's REST for comments, issues and pull requests on loopback, as far as a pipeline uses it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a token of this test"
BOT = {"login": "github-actions[bot]", "id": 7}


class ForgeUnderTest:
    """`comments` by number of the change, `issues` in their order, `pulls` as GitHub lists them; `calls` that wrote."""

    def __init__(self) -> None:
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.failures: list[int] = []
        self.url = ""

    def add_comment(self, change: int, body: str, author: dict[str, Any] = BOT) -> None:
        comments = self.comments.setdefault(change, [])
        number = sum(map(len, self.comments.values())) + 1
        comments.append({"id": number, "body": body, "user": author, "author": author, "html_url": f"/c/{number}"})

    def answer(  # noqa: PLR0911 - a route each
        self, method: str, path: str, query: dict[str, list[str]], body: Any
    ) -> tuple[int, Any]:
        if method != "GET":
            self.calls.append((method, path))
        if self.failures:
            return self.failures.pop(0), {"message": "for a while"}
        if path == "/user":
            return 200, BOT
        if found := re.fullmatch(r"/repos/wine/models/pulls", path):
            return 200, [pull for pull in self.pulls if pull["head"]["label"] == query["head"][0]]
        if found := re.fullmatch(
            r"(?:/repos/wine/models/issues|/projects/99/merge_requests)/(\d+)/(comments|notes)", path
        ):
            return self._comments(method, int(found[1]), query, body)
        if found := re.fullmatch(
            r"/repos/wine/models/issues/comments/(\d+)|/projects/99/merge_requests/\d+/notes/(\d+)", path
        ):
            number = int(found[1] or found[2])
            comment = next(one for of in self.comments.values() for one in of if one["id"] == number)
            return 200, comment | comment.__ior__({"body": body["body"]})
        if found := re.fullmatch(r"(?:/repos/wine/models|/projects/99)/issues(?:/(\d+))?(/notes)?", path):
            return self._issues(method, int(found[1] or 0), query, body, is_note=bool(found[2]))
        return 404, {"message": f"no {path}"}

    def _comments(self, method: str, change: int, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "POST":
            self.add_comment(change, body["body"])
            return 201, self.comments[change][-1]
        page, size = int(query["page"][0]), int(query["per_page"][0])
        return 200, self.comments.get(change, [])[(page - 1) * size : page * size]

    def _issues(
        self, method: str, number: int, query: dict[str, list[str]], body: Any, *, is_note: bool
    ) -> tuple[int, Any]:
        if is_note:
            return 201, {}
        if method == "GET":
            wanted = query["labels"][0]
            return 200, [one for one in self.issues if one["state"] == "open" and wanted in one["labels"]]
        if method == "POST":
            number = len(self.issues) + 1
            labels = body["labels"] if isinstance(body["labels"], list) else [body["labels"]]
            self.issues.append({"number": number, "iid": number, "state": "open", "user": BOT, "author": BOT})
            self.issues[-1] |= {"html_url": f"/i/{number}", "web_url": f"/i/{number}", "labels": labels, "body": None}
            self.issues[-1] |= {"description": None}
        issue = self.issues[number - 1]
        if body.pop("state_event", None) == "close":
            body["state"] = "closed"
        issue |= {key: value for key, value in body.items() if key != "labels"}
        return 200, issue


@contextmanager
def forge() -> Iterator[ForgeUnderTest]:
    """Answers while it lasts; a call without the token is 401."""
    under_test = ForgeUnderTest()

    class Edge(BaseHTTPRequestHandler):
        def _do(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            signed = {self.headers.get("authorization"), self.headers.get("private-token")}
            if not signed & {f"Bearer {TOKEN}", TOKEN}:
                status, answer = 401, {"message": "Bad credentials"}
            else:
                status, answer = under_test.answer(self.command, parts.path, parse_qs(parts.query), body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Edge) as server:
        under_test.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield under_test
        finally:
            server.shutdown()
            thread.join()
