"""A file as an answer, or the part of it that `range` names."""

from __future__ import annotations

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

_MALFORMED, _NOT_SATISFIABLE = 400, 416
_REQUEST_IDS = (b"opc-request-id", b"x-amz-request-id")


class FileAnswer(FileResponse):
    """A range that has no meaning is ignored (RFC 9110, 14.2); Starlette alone would refuse it in words of its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        is_malformed = False

        async def watched(message: Message) -> None:
            nonlocal is_malformed
            if message["type"] == "http.response.start":
                is_malformed = message["status"] == _MALFORMED
                if message["status"] == _NOT_SATISFIABLE:
                    named = [header for header in self.raw_headers if header[0] in _REQUEST_IDS]
                    message = {**message, "headers": [*message["headers"], *named]}
            if not is_malformed:
                await send(message)

        await super().__call__(scope, receive, watched)
        if is_malformed:
            whole = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await super().__call__({**scope, "headers": whole}, receive, send)
