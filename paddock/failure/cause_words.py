"""The words that the texts of the known causes are completed with."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib import metadata

from paddock.failure.evidence import Evidence, Facts
from paddock.failure.statement import Statement

_BUCKET = re.compile(r"oci://(?P<bucket>[^@/]+)@")
_QUOTED_CHARS = 300
# Import name → distribution, where they differ and nothing installed here tells.
_DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}


def cause_words(evidence: Evidence, statement: Statement, groups: dict[str, str | None]) -> dict[str, str]:
    """Every word that a text may name; a pattern's own groups go before."""
    facts = evidence.facts
    module = groups.get("module") or ""
    requirement = _requirement(facts, module) if module else None
    words: dict[str, str] = defaultdict(lambda: "?")
    words |= {
        "name": evidence.name,
        "shape": facts.shape,
        "memory": f"{facts.memory_gbs:g} GB" if facts.memory_gbs else "what the shape has",
        "conda": facts.conda_env or "(none is named)",
        "conda_place": facts.conda_env_place,
        "python": facts.python_version or "another one",
        "bucket": _bucket(facts),
        "compartment": facts.compartment_id,
        "deployment": facts.deployment_id,
        "quoted": quoted(statement.text),
        "requirements": ", ".join(line for line in facts.requirements if not line.startswith("#")) or "none",
        "install": _install(facts, module, requirement),
        "log_step": _log_step(evidence),
        **_importer(statement),
    }
    return words | {name: value for name, value in groups.items() if value is not None}


def quoted(text: str) -> str:
    """One line of it, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED_CHARS else f"{line[:_QUOTED_CHARS]}…"


def _importer(statement: Statement) -> dict[str, str]:
    frames = statement.raised.model_frames if statement.raised else ()
    if not frames:
        return {"importer": "", "importer_place": ""}
    place = f"{frames[-1].file_name}:{frames[-1].line}"
    source = f" (`{frames[-1].source}`)" if frames[-1].source else ""
    return {"importer": f", which {place} needs{source}", "importer_place": f": {place}"}


def _requirement(facts: Facts, module: str) -> str | None:
    """`line N of requirements.txt, `…``: where the artifact's list has the module."""
    top, wanted = module.partition(".")[0], _distribution(module).lower()
    for number, line in enumerate(facts.requirements, 1):
        name = re.split(r"[=<>!~\[; ]", line.lower(), maxsplit=1)[0].replace("_", "-")
        if name == wanted or line.startswith(f"# {top}:"):
            return f"line {number} of the artifact's requirements.txt is `{line}`"
    return None


def _distribution(module: str) -> str:
    top = module.partition(".")[0]
    installed = metadata.packages_distributions().get(top)
    return _DISTRIBUTIONS.get(top) or (installed[0] if installed else top.replace("_", "-"))


def _install(facts: Facts, module: str, requirement: str | None) -> str:
    """Each line is a step."""
    package = _distribution(module) if module else "it"
    listed = f" ({requirement})" if requirement else ""
    in_conda = (
        f"a conda environment that has {package}{listed}: publish one and name it as `conda_env: "
        f"oci://BUCKET@NAMESPACE/PATH` in model.yaml (now {facts.conda_env or 'none'}; {facts.conda_env_place})"
    )
    if not facts.is_local:
        return in_conda
    here = f"here: `.venv/bin/python -m pip install {package}`, the local OCI runs models with this clone's packages"
    return f"{here}\non OCI: {in_conda}"


def _bucket(facts: Facts) -> str:
    found = _BUCKET.match(facts.conda_env or "")
    return found["bucket"] if found else "BUCKET"


def _log_step(evidence: Evidence) -> str:
    if evidence.facts.keeps_predict_log:
        return f"`paddock logs {evidence.name} --predict` has nothing of it yet; lines arrive within minutes"
    return (
        "let it keep what score.py says: `deployment: {logs: {predict: true}}` in model.yaml, `paddock up`, ask again"
    )
