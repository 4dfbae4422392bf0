"""Records what the real Pulumi CLI tells of changes to models: `python tests/paddock/record_previews.py`.

One small model goes through all that can become of one. Each recording has both tellings of the same plan (the event
log, `preview --json` with the state before) and the manifests of the artifacts on disk; ids differ at each run. What no
report looks at is left out: schemas' statistics, what all models share, what is in unchanged logs and components.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "end_to_end")]
from conftest import Clone, end, make_clone  # noqa: E402 - where it lies is only known now

RECORDINGS = HERE / "recordings"
WHOLE = ("oci:DataScience/model:Model", "oci:DataScience/modelDeployment:ModelDeployment")
KEPT = ("urn", "type", "id", "parent", "inputs", "outputs", "dependencies", "propertyDependencies", "delete")
MODEL_YAML = """estimator: model.pkl
samples: {X: X_sample.csv, y: y_sample.csv}
conda_env: generalml_p311_cpu_x86_64_v1
deployment:
  load_balancer: {bandwidth_mbps: 10}
"""
WITH_SECRET = "  environment: {LEVEL: plain-value}\n  secrets: {TOKEN: token}\n"
SECRET = ("pulumi", "config", "set", "--stack", "local", "--secret", "--path", "paddock:secrets.token")


def train(folder: Path, columns: list[str], *, C: float) -> None:  # noqa: N803 - scikit-learn's own name
    rows = pd.DataFrame({name: [float(i * (k + 2) % 7) for i in range(12)] for k, name in enumerate(columns)})
    labels = pd.Series(["low", "high"] * 6, name="risk")
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(LogisticRegression(C=C).fit(rows, labels), folder / "model.pkl")
    rows.to_csv(folder / "X_sample.csv", index=False)
    labels.to_frame().to_csv(folder / "y_sample.csv", index=False)
    if not (folder / "model.yaml").exists():
        (folder / "model.yaml").write_text(MODEL_YAML)


def pruned(state: dict[str, Any]) -> dict[str, Any]:
    kept = {key: state[key] for key in KEPT if state.get(key)}
    if state["type"] not in WHOLE:
        return {key: value for key, value in kept.items() if key not in ("inputs", "outputs")}
    for side in ("inputs", "outputs"):
        properties = (kept.get(side) or {}).items()
        kept[side] = {key: without_stats(key, value) for key, value in properties if not key.startswith("__")}
    return kept


def without_stats(key: str, value: Any) -> Any:
    """Statistics are two thirds of a schema, and nobody's concern here."""
    if not key.endswith("Schema") or not value:
        return value
    schema = json.loads(value)
    for column in schema["schema"]:
        column["domain"]["stats"] = {}
    return json.dumps(schema, separators=(",", ":"))


def is_of_models(state: dict[str, Any]) -> bool:
    """Whether it is a model's resource: what all models share is left out of recordings."""
    return "ModelService" in state["urn"]


def record(clone: Clone, name: str) -> None:
    clone.paddock("build")
    script = (
        "export PULUMI_DEBUG_COMMANDS=true\n"
        "pulumi stack export --stack local > state.json\n"
        "pulumi preview --stack local --json --event-log events.jsonl > preview.json\n"
    )
    done = clone.shell(script)
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(line) for line in (clone.folder / "events.jsonl").read_text().splitlines()]
    told = [event for event in events if "resourcePreEvent" in event]
    pre = [event for event in told if is_of_models(event["resourcePreEvent"]["metadata"])]
    for event in pre:
        metadata = event["resourcePreEvent"]["metadata"]
        for side in ("old", "new"):
            metadata[side] = pruned(metadata[side]) if metadata.get(side) else None
    preview = json.loads((clone.folder / "preview.json").read_text())
    preview["steps"] = [step for step in preview["steps"] if is_of_models(step)]
    for step in preview["steps"]:
        for side in ("oldState", "newState"):
            if step.get(side):
                step[side] = pruned(step[side])
    resources = json.loads((clone.folder / "state.json").read_text())["deployment"].get("resources", [])
    manifests = [json.loads(path.read_text()) for path in sorted(clone.folder.glob("artifacts/*/*/manifest.json"))]
    recording = {
        "events": pre,
        "preview": {"steps": preview["steps"]},
        "state": {"deployment": {"resources": [pruned(one) for one in resources if is_of_models(one)]}},
        "manifests": {
            manifest["digest"]: {**manifest, "golden": None, "members": [], "notes": []} for manifest in manifests
        },
    }
    RECORDINGS.mkdir(exist_ok=True)
    text = json.dumps(recording, separators=(",", ":"), sort_keys=True)
    (RECORDINGS / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))  # 1.2 MB otherwise
    print(f"recorded {name}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = make_clone(Path(folder) / "clone")
        shutil.rmtree(clone.folder / "models")
        risk, other = clone.folder / "models/risk", clone.folder / "models/other"
        train(risk, ["age", "dose", "weight"], C=1.0)
        train(other, ["age", "dose"], C=1.0)
        try:
            run(clone, risk, other)
        finally:
            end(clone)


def run(clone: Clone, risk: Path, other: Path) -> None:
    yaml = risk / "model.yaml"
    clone.paddock(*SECRET, "first-secret-value")
    (other / "model.yaml").write_text(MODEL_YAML + WITH_SECRET)
    record(clone, "created")
    clone.up()
    train(risk, ["age", "dose", "weight"], C=0.1)
    yaml.write_text(MODEL_YAML.replace("10}", "20, maximum_bandwidth_mbps: 40}"))
    record(clone, "new-version-and-bandwidth")
    train(risk, ["age", "dose"], C=1.0)
    yaml.write_text(MODEL_YAML)
    record(clone, "column-dropped")
    train(risk, ["age", "dose", "weight"], C=1.0)
    yaml.write_text(MODEL_YAML.replace("10}", "30}"))
    record(clone, "bandwidth")
    yaml.write_text(MODEL_YAML + "  state: INACTIVE\n")
    record(clone, "deactivated")
    yaml.write_text(MODEL_YAML + "tags: {team: risk}\n")
    record(clone, "labels")
    yaml.write_text(MODEL_YAML)
    other.rename(clone.folder / "other")
    record(clone, "deleted")
    (clone.folder / "other").rename(other)
    clone.paddock("pulumi", "config", "set", "--stack", "local", "paddock:projectName", "elsewhere")
    record(clone, "replaced")
    clone.paddock("pulumi", "config", "rm", "--stack", "local", "paddock:projectName")
    environment(clone, other)
    kept_version(clone, risk, yaml)


def environment(clone: Clone, other: Path) -> None:
    yaml = other / "model.yaml"
    yaml.write_text(MODEL_YAML + "  environment: {LEVEL: other-value, EXTRA: extra-value}\n  secrets: {TOKEN: token}\n")
    record(clone, "environment")
    clone.paddock(*SECRET, "second-secret-value")
    yaml.write_text(MODEL_YAML + WITH_SECRET)
    record(clone, "secret-changed")
    clone.paddock(*SECRET, "first-secret-value")


def kept_version(clone: Clone, risk: Path, yaml: Path) -> None:
    set_value = ("pulumi", "config", "set", "--stack", "local")
    clone.paddock(*set_value, "paddock:keep", "1")
    clone.up()
    served = clone.paddock_json("status", "--json")
    old = next(model["digest"] for model in served if model["name"] == "risk")
    train(risk, ["age", "dose", "weight"], C=0.1)
    record(clone, "new-version-kept")
    clone.up()
    clone.paddock(*set_value, "--path", "paddock:pins.risk", old)
    record(clone, "kept-version")


if __name__ == "__main__":
    main()
