"""oracle-ads in a virtual environment of its own, made when it is missing: it asks for an older pandas than ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

_REQUIREMENTS = Path(__file__).with_name("requirements-oracle-ads.txt")
_FOLDER = Path(__file__).parents[1] / ".paddock" / "peers" / "oracle-ads"


def python() -> Path:
    """The environment's interpreter. What the installer says against it is raised."""
    interpreter, installed = _FOLDER / "bin" / "python", _FOLDER / "requirements-oracle-ads.txt"
    wanted = _REQUIREMENTS.read_text(encoding="utf-8")
    if installed.is_file() and installed.read_text(encoding="utf-8") == wanted:
        return interpreter
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.parent.mkdir(parents=True, exist_ok=True)
    uv = shutil.which("uv")
    if uv is not None:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(_FOLDER))
        _run(uv, "pip", "install", "--quiet", "--python", str(interpreter), "--requirement", str(_REQUIREMENTS))
    else:
        _run(sys.executable, "-m", "venv", str(_FOLDER))
        _run(str(interpreter), "-m", "pip", "install", "--quiet", "--requirement", str(_REQUIREMENTS))
    installed.write_text(wanted, encoding="utf-8")  # last: an environment without it is made again
    return interpreter


def _run(*words: str) -> None:
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {result.returncode}\n{result.stdout}\n{result.stderr}")
