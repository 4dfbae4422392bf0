"""A proxy before the local OCI that loses answers when it is told to; requests go through as they are."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit


class LossyProxy:
    """`lose(method, path, status)` is asked when the local OCI has answered; True closes the connection instead."""

    def __init__(self, endpoint: str) -> None:
        self.lose: Callable[[str, str, int], bool] = lambda _method, _path, _status: False
        self.seen: list[tuple[str, str, int]] = []
        proxy, target = self, urlsplit(endpoint)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", "0")))
                connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
                try:
                    connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        connection.putheader(name, value)
                    connection.endheaders(content)
                    answer = connection.getresponse()
                    body = answer.read()
                except OSError:
                    self.close_connection = True
                    return
                finally:
                    connection.close()
                proxy.seen.append((self.command, self.path, answer.status))
                if proxy.lose(self.command, self.path, answer.status):
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815 - http.server's names

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
