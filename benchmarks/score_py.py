"""What score.py costs a request of ten rows, JSON text in to JSON text out, in process.

Ours against the bare estimator, which is given a ready array or frame, and against the score.py that oracle-ads makes
for the same estimator: both in oracle-ads's own environment, in one process, in turns. Calls of ours and of the bare
estimator alternate. Times are of the processor: what else runs on the machine does not count.
`python -m benchmarks.score_py [--rounds N]` prints this table alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib

from artifact_builder.worker.model_file import ModelFile
from artifact_builder.worker.schema import schema_json
from artifact_builder.worker.score_source import score_source
from artifact_builder.worker.subject import Subject
from benchmarks import peer_venv
from benchmarks.score_models import ScoreModel, score_models
from benchmarks.times import Row
from paddock.console import print_table

_CALLS = 40
_LISTS_ALLOWED_US, _COLUMNS_ALLOWED_US = 60, 250


def measure(rounds: int) -> list[Row]:
    """Rows of the table: for each model and form the overhead over the bare estimator, and the ratio to oracle-ads."""
    warnings.simplefilter("ignore")  # scikit-learn's remarks on names, pandas' on read_json: both sides have them
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="paddock-score-") as parent:
        models = score_models()
        scores = [_ours(model, Path(parent) / f"ours{index}") for index, model in enumerate(models)]
        peers = [_peer_folder(model, Path(parent) / f"theirs{index}") for index, model in enumerate(models)]
        ours = [Path(score.__file__).parent for score in scores]
        with _oracle_ads([*ours, *peers]) as theirs:
            for model, score, peer in zip(models, scores, peers, strict=True):
                for form, body, is_list in model.bodies():
                    rows += _rows(
                        f"score.py, {model.name}, {form}", _Forms(model, score, theirs, peer, body), is_list, rounds
                    )
    return rows


class _Forms:
    """One model asked in one form."""

    def __init__(self, model: ScoreModel, score: Any, theirs: subprocess.Popen[str], peer: Path, body: str) -> None:
        self.model, self.score, self.theirs, self.peer, self.body = model, score, theirs, peer, body

    def ours_and_bare_us(self) -> tuple[float, float]:
        """Medians of alternating calls."""
        ours, bare, given = [], [], self.model.given
        for _ in range(_CALLS):
            began = time.process_time_ns()
            self.model.estimator.predict(given)
            between = time.process_time_ns()
            json.dumps(self.score.predict(json.loads(self.body)))
            ours.append(time.process_time_ns() - between)
            bare.append(between - began)
        return statistics.median(ours) / 1000, statistics.median(bare) / 1000

    def there_us(self, folder: Path) -> float | None:
        """One call in oracle-ads's environment; None where the folder's score.py does not take this form."""
        assert self.theirs.stdin is not None
        assert self.theirs.stdout is not None
        order = {"folder": str(folder), "body": self.body, "calls": _CALLS}
        print(json.dumps(order), file=self.theirs.stdin, flush=True)
        answer = json.loads(self.theirs.stdout.readline())
        return answer["median_s"] * 1e6 if "median_s" in answer else None


def _rows(what: str, forms: _Forms, is_list: bool, rounds: int) -> Iterator[Row]:  # noqa: FBT001  # a form's own claim
    allowed_us = _LISTS_ALLOWED_US if is_list else _COLUMNS_ALLOWED_US
    forms.ours_and_bare_us()  # warm
    ours_us, over_us, theirs_us = [], [], []
    for _ in range(rounds):
        ours, bare = forms.ours_and_bare_us()
        over_us.append(ours - bare)
        ours_us.append(forms.there_us(Path(forms.score.__file__).parent))
        theirs_us.append(forms.there_us(forms.peer))
    yield (
        f"{what}: over bare predict",
        *_told(over_us),
        f"{allowed_us} µs allowed",
        f"{_middle(over_us) / allowed_us:.2f}",
    )
    known_us = [one for one in theirs_us if one is not None]
    told = _told([one for one in ours_us if one is not None])
    if known_us:
        against = f"oracle-ads {_middle(known_us):.0f} µs"
        ratio = _middle([one for one in ours_us if one is not None]) / _middle(known_us)
        yield (f"{what}: whole call", *told, against, f"{ratio:.2f}")
    else:
        yield (f"{what}: whole call", *told, "oracle-ads refuses", "")


def _told(times_us: list[float]) -> tuple[str, str]:
    return f"{_middle(times_us):.0f} µs", f"{min(times_us):.0f} … {max(times_us):.0f}"


def _middle(values: list[float]) -> float:
    return statistics.median(values)


def _ours(model: ScoreModel, folder: Path) -> Any:
    folder.mkdir()
    _write_inputs(model, folder)
    subject = Subject(model.estimator, model.samples, model.input_kind, "predict")
    file = ModelFile("joblib", "model.joblib")
    text = score_source(None, subject, file, strict=False, has_hooks=False, has_own_modules=False)
    (folder / "score.py").write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"score_{folder.name}", folder / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _peer_folder(model: ScoreModel, folder: Path) -> Path:
    """Their prepare() would write the same kind of schema, but cannot where there are dates."""
    folder.mkdir()
    _write_inputs(model, folder)
    return folder


def _write_inputs(model: ScoreModel, folder: Path) -> None:
    joblib.dump(model.estimator, folder / "model.joblib")
    (folder / "input_schema.json").write_text(schema_json(model.samples), encoding="utf-8")


@contextmanager
def _oracle_ads(folders: list[Path]) -> Iterator[subprocess.Popen[str]]:
    program = Path(__file__).with_name("oracle_ads_score.py")
    words = [str(peer_venv.python("oracle-ads")), str(program), *map(str, folders)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    print_table(("what", "median", "min … max", "against", "ratio"), measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
