"""What happens to a deployment during a chaos run: everything that must not fail a request."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.bench_clone import PROJECT
from model_server import ArtifactDoesNotLoad, DeploymentSpec, supervisor

INSTANCES_LIMIT = 4
READY_TIMEOUT_S = 60.0
SCORE = """
    import os
    import numpy as np

    rows_are_independent = True

    class Doubler:
        def predict(self, rows):
            return rows[:, 0] * 2 + WORD

    def load_model():
        return Doubler()

    def pre_inference(data, input_schema_path=None):
        if data == [["DEADLY"]]:
            os._exit(9)
        return np.array(data, dtype=float)

    def post_inference(yhat):
        return yhat.tolist()

    def predict(data, model=load_model(), input_schema_path=None):
        return {"prediction": post_inference(model.predict(pre_inference(data, input_schema_path)))}
"""
_CONTROL_PLANE = (
    "import json,sys;from model_server import DeploymentSpec,fork_server,supervisor;"
    "spec=DeploymentSpec.from_json(json.loads(sys.stdin.readline()));fork_server.start(spec.state_dir.parent);"
    "supervisor.start(spec);supervisor.wait_ready(spec,60);print(flush=True);sys.stdin.readline()"
)


def write_model(folder: Path, word: int, deadly: str) -> Path:
    """Write a model that answers twice the first column plus `word`, and dies of one body."""
    folder.mkdir(parents=True)
    (folder / "score.py").write_text(textwrap.dedent(SCORE).replace("WORD", str(word)).replace("DEADLY", deadly))
    return folder


class Events:
    """Lets one thing after the other happen. `words`: what the model adds to its answers, and the one before it."""

    def __init__(self, spec: DeploymentSpec, folder: Path, deadly: str, seed: int) -> None:
        self.spec = spec
        self.words = (0, 0)
        self.happened: Counter[str] = Counter()
        self._folder, self._deadly = folder, deadly
        self._random = random.Random(seed)
        self._control_plane: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        """Start the control plane, which starts the deployment."""
        self._start_control_plane()

    def run(self, until: Callable[[], bool]) -> None:
        """Let things happen until it is over; each kind comes in every round, in another order."""
        kinds = [
            *(self._kill_a_worker, self._kill_a_worker, self._replace_the_model, self._scale, self._scale),
            *(self._refuse_a_broken_model, self._kill_the_control_plane),
        ]
        while not until():
            self._random.shuffle(kinds)
            for happen in kinds:
                if until():
                    return
                happen()
                self.happened[happen.__name__.strip("_").replace("_", " ")] += 1
                time.sleep(self._random.uniform(0.0, 0.3))

    def may_answer(self, body: list[list[float]], answer: Mapping[str, list[float]]) -> bool:
        """Tell whether one of the two models, and only one, has answered all rows."""
        words = {value - 2 * row[0] for value, row in zip(answer["prediction"], body, strict=True)}
        return len(words) == 1 and words <= set(self.words)

    def end(self) -> None:
        """Stop the deployment and its control plane."""
        supervisor.stop(self.spec)
        self._kill_control_plane_process()

    def _kill_a_worker(self) -> None:
        pids = supervisor.status(self.spec).worker_pids
        if pids:
            try:
                os.kill(self._random.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                return  # it was being replaced

    def _replace_the_model(self) -> None:
        word = self.spec.generation + 1
        old = self.spec.artifact_dir
        artifact = write_model(self._folder / f"model-{word}", word, self._deadly)
        self.words = (self.words[-1], word)
        self._update(artifact_dir=artifact)
        shutil.rmtree(old)  # nothing may read it any more

    def _scale(self) -> None:
        self._update(instances=self._random.randint(1, INSTANCES_LIMIT))

    def _refuse_a_broken_model(self) -> None:
        broken = self._folder / "broken"
        broken.mkdir(exist_ok=True)
        (broken / "score.py").write_text("raise RuntimeError('broken')\n")
        try:
            supervisor.update(replace(self.spec, generation=self.spec.generation + 1, artifact_dir=broken))
        except ArtifactDoesNotLoad:
            return
        raise RuntimeError("an artifact that does not load was taken")

    def _kill_the_control_plane(self) -> None:
        self._kill_control_plane_process()
        self._start_control_plane()

    def _update(self, **changes: object) -> None:
        changed = replace(self.spec, generation=self.spec.generation + 1, **changes)  # type: ignore[arg-type]
        supervisor.update(changed)
        self.spec = changed

    def _start_control_plane(self) -> None:
        started = subprocess.Popen(
            (sys.executable, "-c", _CONTROL_PLANE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        assert started.stdin is not None
        assert started.stdout is not None
        self._control_plane = started
        started.stdin.write(json.dumps(self.spec.to_json()) + "\n")
        started.stdin.flush()
        if not started.stdout.readline():
            raise RuntimeError("the control plane did not come back")

    def _kill_control_plane_process(self) -> None:
        if self._control_plane is not None:
            self._control_plane.kill()
            self._control_plane.communicate()
            self._control_plane = None
