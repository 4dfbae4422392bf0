"""Many models in one stack: our program against a bare hand-written one of the same resources, same plugin, same OCI.

100 models are 400 resources. Deployments are INACTIVE: the machine holds them all.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks import bench_clone
from benchmarks.bench_clone import BenchClone
from benchmarks.times import Row, row

_MODELS = 100
_BARE = """\
import json
from pathlib import Path
import pulumi
import pulumi_oci as oci

config = pulumi.Config("paddock")
compartment = config.require("compartmentId")
project = oci.datascience.Project("bare", compartment_id=compartment, display_name="bare")
group = oci.logging.LogGroup("bare", compartment_id=compartment, display_name="bare")
for entry in json.loads(Path("entries.json").read_text()):
    name = entry.pop("name")
    model = oci.datascience.Model(name, compartment_id=compartment, project_id=project.id, display_name=name, **entry)
    logs = {
        category: oci.logging.Log(
            f"{name}-{category}",
            log_group_id=group.id,
            display_name=f"{name}-{category}",
            log_type="CUSTOM",
            is_enabled=True,
        )
        for category in ("access", "predict")
    }
    oci.datascience.ModelDeployment(
        name,
        compartment_id=compartment,
        project_id=project.id,
        display_name=name,
        state="INACTIVE",
        category_log_details={
            category: {"log_group_id": group.id, "log_id": log.id} for category, log in logs.items()
        },
        model_deployment_configuration_details={
            "deployment_type": "SINGLE_MODEL",
            "environment_configuration_details": {"environment_configuration_type": "DEFAULT"},
            "model_configuration_details": {
                "model_id": model.id,
                "bandwidth_mbps": 10,
                "instance_configuration": {
                    "instance_shape_name": "VM.Standard.E4.Flex",
                    "model_deployment_instance_shape_config_details": {"ocpus": 1, "memory_in_gbs": 16},
                },
                "scaling_policy": {"policy_type": "FIXED_SIZE", "instance_count": 1},
            },
        },
    )
"""


def measure(rounds: int, models: int = _MODELS) -> list[Row]:
    """Rows of the table; times in seconds, ratios of medians (bound of the issue: 1.25)."""
    with tempfile.TemporaryDirectory(prefix="paddock-bench-many-") as folder:
        clone = bench_clone.make(Path(folder))
        try:
            bare = _prepare(clone, Path(folder), models)
            return _compare(clone, bare, rounds, models)
        finally:
            clone.end()


def measure_fleet(models: int = 1000, shards: int = 10) -> list[Row]:
    """A fleet, once: what each model costs in its steps, against the first of them."""
    with tempfile.TemporaryDirectory(prefix="paddock-bench-fleet-") as folder:
        clone = bench_clone.make(Path(folder))
        try:
            _write_models(clone, models, shards)
            steps = {"fleet up, all new": "up", "fleet preview, nothing changed": "preview", "fleet destroy": "destroy"}
            took_s = {"build, all new": _wall_s(clone, "build")}
            took_s |= {title: _wall_s(clone, "fleet", verb) for title, verb in steps.items()}
        finally:
            clone.end()
    first_s = next(iter(took_s.values()))
    title = f"{models} models in {shards} stacks"
    return [
        (f"{title}: {step}", f"{wall_s:.0f} s", "once", "building them", f"{wall_s / first_s:.2f}")
        for step, wall_s in took_s.items()
    ]


def _wall_s(clone: BenchClone, *words: str) -> float:
    began_s = time.perf_counter()
    clone.run(".venv/bin/paddock", *words)
    return time.perf_counter() - began_s


def _write_models(clone: BenchClone, models: int, shards: int = 0) -> None:
    """Many small models in the clone, and no others; `shards`: how many stacks of a fleet they belong to."""
    template = clone.folder / "models" / "wine-cultivar"
    text = (template / "model.yaml").read_text().replace("state: ACTIVE", "state: INACTIVE")
    text = text.replace("{bandwidth_mbps: 10, maximum_bandwidth_mbps: 20}", "{bandwidth_mbps: 10}")
    for number in range(models):
        folder = clone.folder / "models" / f"wine-{number:04d}"
        shutil.copytree(template, folder)
        shard = f"shard: s{number % shards}\n" if shards else ""
        (folder / "model.yaml").write_text(shard + text.replace("name: wine-cultivar", f"name: {folder.name}"))
    for sample in ("wine-cultivar", "diabetes-progression"):
        shutil.rmtree(clone.folder / "models" / sample)


def _prepare(clone: BenchClone, parent: Path, models: int) -> Path:
    """The clone's models are many small ones; the bare program declares the same artifacts."""
    _write_models(clone, models)
    clone.run(".venv/bin/paddock", "build")
    clone.run(".venv/bin/paddock", "pulumi", "stack", "ls")
    bare = parent / "bare"
    bare.mkdir()
    (bare / "__main__.py").write_text(_BARE)
    runtime = f"runtime:\n  name: python\n  options:\n    virtualenv: {clone.folder / '.venv'}\n"
    (bare / "Pulumi.yaml").write_text(f"name: bare\n{runtime}")
    shutil.copy(clone.folder / "Pulumi.local.yaml", bare / "Pulumi.local.yaml")
    (bare / "entries.json").write_text(json.dumps([_entry(path) for path in _manifests(clone)]))
    clone.shell("pulumi stack init local", in_folder=bare)
    return bare


def _manifests(clone: BenchClone) -> list[Path]:
    return sorted((clone.folder / "artifacts").glob("*/*/manifest.json"))


def _entry(manifest: Path) -> dict[str, str]:
    facts = json.loads(manifest.read_text())
    zip_path = manifest.parents[2] / f"{facts['name']}-{facts['digest']}.zip"
    return {
        "name": facts["name"],
        "model_artifact": str(zip_path),
        "artifact_content_length": str(zip_path.stat().st_size),
        "artifact_content_disposition": f"attachment; filename={zip_path.name}",
        "input_schema": (manifest.parent / "input_schema.json").read_text(),
        "output_schema": (manifest.parent / "output_schema.json").read_text(),
    }


def _compare(clone: BenchClone, bare: Path, rounds: int, models: int) -> list[Row]:
    steps = {
        "up, all new": "up --yes --skip-preview",
        "preview, nothing changed": "preview",
        "up, nothing changed": "up --yes --skip-preview",
        "destroy": "destroy --yes --skip-preview",
    }
    times: dict[str, tuple[list[float], list[float]]] = {step: ([], []) for step in steps}
    for number in range(rounds):
        for step, words in steps.items():
            for place, folder in (*enumerate((clone.folder, bare)),)[:: 1 if number % 2 == 0 else -1]:
                times[step][place].append(_timed(clone, f"pulumi {words} --stack local", folder))
    rows: list[Row] = []
    for step, (ours_s, bare_s) in times.items():
        rows.append(row(f"our program, {models} models: {step}", ours_s, "bare program, same resources", bare_s))
        rows.append(row(f"bare program, {4 * models} resources: {step}", bare_s, "", bare_s))
    return rows


def _timed(clone: BenchClone, script: str, folder: Path) -> float:
    """The command alone: evaluating `paddock env` is not in it."""
    spent = clone.shell(
        f"python3 - <<'END'\nimport subprocess, time\nbegan = time.perf_counter()\n"
        f"subprocess.run({script.split()!r}, check=True, stdout=subprocess.DEVNULL)\n"
        f"print(time.perf_counter() - began)\nEND",
        in_folder=folder,
    )
    return float(spent.split()[-1])


def thousand(_rounds: int) -> list[Row]:
    """1,000 models, once: how long each step takes for each model, against 100."""
    began_s = time.perf_counter()
    few, many = measure(1), measure(1, 1000)
    rows = [*few, *many]
    rows.append(("all of it", f"{time.perf_counter() - began_s:.0f} s", "once", "", ""))
    return rows
