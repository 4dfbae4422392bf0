"""oracle-ads itself, in its own environment, takes our artifacts: it loads them, predicts, and introspects them."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from estimator_zoo import write_animal, zoo

from artifact_builder import build_all, load_models
from benchmarks import peer_venv

SCRIPT = Path(__file__).with_name("oracle_ads_script.py")
KINDS = (
    "logistic",
    "logistic-array",
    "forest-classifier",
    "extra-trees-several",
    "multi-output-proba",
    "hist-boosting-categories",
    "mixed",
    "dated",
    "pca",
    "kmeans",
    "texts",
    "records",
    "linear-float32",
)


@pytest.fixture(scope="module")
def reports(tmp_path_factory, samples_built):
    """Model's name → (manifest, what oracle-ads said); ONNX where `auto` takes it, the same kinds by joblib too."""
    root = tmp_path_factory.mktemp("ads")
    animals = zoo()
    for name in KINDS:
        write_animal(root / "models" / name, animals[name])
        write_animal(root / "models" / f"{name}-auto", animals[name], options=("format: auto",))
    artifacts = [*samples_built.values(), *build_all(load_models(root / "models"), root / "artifacts")]
    config = _oci_config(root)
    result = subprocess.run(
        [str(peer_venv.python("oracle-ads")), str(SCRIPT), str(config), *(str(one.folder) for one in artifacts)],
        cwd=root,
        env={"HOME": str(root), "PATH": "/usr/bin:/bin", "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    return {one.name: (one.manifest, json.loads(line)) for one, line in zip(artifacts, lines, strict=True)}


def test_its_verify_gives_our_golden_predictions(reports):
    wrong = {
        name: (said["answer"], manifest["golden"]["predictions"])
        for name, (manifest, said) in reports.items()
        if not close(said["answer"]["prediction"], manifest["golden"]["predictions"])
    }
    assert wrong == {}


def test_its_introspection_passes_all_eleven_tests(reports):
    failed = {
        name: said for name, (_, said) in reports.items() if not said["passed"] or set(said["tests"].values()) != {True}
    }
    assert failed == {}
    assert {len(said["tests"]) for _, said in reports.values()} == {11}


def close(given, promised) -> bool:
    if isinstance(promised, list):
        return len(given) == len(promised) and all(close(*pair) for pair in zip(given, promised, strict=True))
    if isinstance(promised, float):
        return math.isclose(given, promised, rel_tol=1e-5, abs_tol=1e-7)
    return given == promised


def _oci_config(folder: Path) -> Path:
    """A profile as oracle-ads wants one; nothing is ever signed with it."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    lines = [
        "[DEFAULT]",
        f"key_file={folder / 'key.pem'}",
        "region=us-ashburn-1",
        f"fingerprint={':'.join(['aa'] * 16)}",
    ]
    lines += [f"{name}=ocid1.{name}.oc1..{'a' * 60}" for name in ("user", "tenancy")]
    path = folder / "config"
    path.write_text("\n".join(lines) + "\n")
    return path
