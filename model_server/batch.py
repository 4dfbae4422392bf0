"""A batch of requests, answered in the worker: each as if it had come alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model_server.answer import Answer, refusal
from model_server.artifact import Artifact, Report, answer_data, failed, not_json, read_body, to_json
from model_server.errors import SignatureRefused
from model_server.frames import Member
from model_server.shared_predict import SharedPredict
from model_server.signature import Claim

About = Callable[[int], None]
"""Says whose request runs from now on (0: several), for what score.py prints meanwhile."""


class BatchRun:
    """The run of one batch through one artifact."""

    def __init__(self, artifact: Artifact, about: About, report: Report) -> None:
        self._artifact = artifact
        self._about = about
        self._report = report
        self._answers: dict[int, Answer] = {}

    def answers(self, members: list[Member]) -> list[Member]:
        """Give every request's answer, in the order of the requests. What is signed is verified before it is read."""
        genuine = [member for member in members if not member.claim or self._is_genuine(member)]
        shared = self._artifact.shared
        if shared is not None and shared.is_of_use and len(genuine) > 1:
            self._predict_together(shared, genuine)
        for member in genuine:
            if member.number not in self._answers:
                self._about(member.number)
                self._answers[member.number] = self._alone(member)
        return [Member(member.number, *self._answers[member.number][:2]) for member in members]

    def _is_genuine(self, member: Member) -> bool:
        try:
            Claim.from_bytes(member.claim).verify(member.body)
        except SignatureRefused as error:
            self._answers[member.number] = refusal(401, error.reason)
            return False
        return True

    def _alone(self, member: Member) -> Answer:
        try:
            data = read_body(member.word, member.body)
        except (ValueError, RecursionError) as error:
            return not_json(error)
        return answer_data(self._artifact.predict, data, self._report)

    def _predict_together(self, shared: SharedPredict, members: list[Member]) -> None:
        """Answer what can be answered together; what cannot is left for `answers` to predict alone."""
        matrices: dict[int, Any] = {}
        for member in members:
            self._prepare(shared, member, matrices)
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
            self._finish(shared, number, part)

    def _prepare(self, shared: SharedPredict, member: Member, matrices: dict[int, Any]) -> None:
        """Read and prepare one body before the next is read: what was parsed is still in the processor's caches."""
        self._about(member.number)
        try:
            data = read_body(member.word, member.body)
        except (ValueError, RecursionError) as error:
            self._answers[member.number] = not_json(error)
            return
        try:
            matrices[member.number] = shared.prepare(data)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever score.py raises is its answer
            self._answers[member.number] = failed(error, self._report)

    def _finish(self, shared: SharedPredict, number: int, part: Any) -> None:
        self._about(number)
        try:
            self._answers[number] = Answer(200, to_json({"prediction": shared.finish(part)}))
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever score.py raises is its answer
            self._answers[number] = failed(error, self._report)
