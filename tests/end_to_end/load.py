"""A client that never pauses: signed requests to an endpoint, every answer kept."""

from __future__ import annotations

import json
import threading
from typing import Any, Self

import requests
from oci.config import from_file
from oci.signer import Signer


class Client(threading.Thread):
    """Posts `rows` to `url` until stopped; `answers` holds (status, prediction or words) in order."""

    def __init__(self, url: str, rows: Any, config_file: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.body = json.dumps(rows)
        config = from_file(config_file)
        self.signer = Signer.from_config(config)
        self.answers: list[tuple[int, Any]] = []
        self._stopping = threading.Event()

    def ask(self, session: requests.Session) -> tuple[int, Any]:
        try:
            answer = session.post(
                self.url,
                data=self.body,
                auth=self.signer,
                headers={"content-type": "application/json"},
                timeout=65,
            )
        except requests.RequestException as error:
            return 0, str(error)
        return answer.status_code, answer.json().get("prediction", answer.text)

    def run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._stopping.is_set():
                self.answers.append(self.ask(session))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.join(timeout=70)

    @property
    def failures(self) -> list[tuple[int, Any]]:
        return [answer for answer in self.answers if answer[0] != 200]
