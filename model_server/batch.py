"""A batch of requests, answered in the worker: each as if it had come alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_server.answer import Answer
from model_server.artifact import Artifact, Report, answer_data, failed, not_json, read_body, to_json
from model_server.frames import Member

About = Callable[[int], None]
"""Says whose request runs from now on (0: several), for what score.py prints meanwhile."""


class BatchRun:
    """The run of one batch through one artifact."""

    def __init__(self, artifact: Artifact, about: About, report: Report) -> None:
        self._artifact = artifact
        self._about = about
        self._report = report
        self._answers: dict[int, Answer] = {}
        self._data: dict[int, Any] = {}

    def answers(self, members: list[Member]) -> list[Member]:
        """Give every request's answer, in the order of the requests."""
        for member in members:
            self._read(member)
        if self._artifact.shared is not None and len(self._data) > 1:
            self._predict_together()
        for number, data in self._data.items():
            if number not in self._answers:
                self._about(number)
                self._answers[number] = answer_data(self._artifact.predict, data, self._report)
        return [Member(member.number, *self._answers[member.number][:2]) for member in members]

    def _read(self, member: Member) -> None:
        try:
            self._data[member.number] = read_body(member.word, member.body)
        except (ValueError, RecursionError) as error:
            self._answers[member.number] = not_json(error)

    def _predict_together(self) -> None:
        """Answer what can be answered together; what cannot is left for `answers` to predict alone."""
        shared = self._artifact.shared
        assert shared is not None  # noqa: S101  the caller asked
        matrices: dict[int, Any] = {}
        for number, data in self._data.items():
            self._about(number)
            try:
                matrices[number] = shared.prepare(data)
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever score.py raises is its answer
                self._answers[number] = failed(error, self._report)
        if len(matrices) < 2:  # noqa: PLR2004  one has nobody to share with
            return
        self._about(0)
        try:
            parts = shared.predict(list(matrices.values()))
        except (Exception, SystemExit):  # noqa: BLE001  alone, the request that it is about will raise it again
            return
        if parts is None:
            return
        for number, part in zip(matrices, parts, strict=True):
            self._about(number)
            self._finish(number, part)

    def _finish(self, number: int, part: Any) -> None:
        shared = self._artifact.shared
        assert shared is not None  # noqa: S101  the caller asked
        try:
            self._answers[number] = Answer(200, to_json({"prediction": shared.finish(part)}))
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever score.py raises is its answer
            self._answers[number] = failed(error, self._report)
