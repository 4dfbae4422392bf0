"""The model folder's own modules that an estimator is made of: flat .py files, carried into the artifact."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.guard.pickle_allow_list import PACKAGES

# What an artifact holds under these names is the builder's.
_TAKEN = frozenset({"score"})


def own_module_names(model_folder: Path | None) -> frozenset[str]:
    """Names of the folder's modules, and of its packages, by which a pickle or an import may ask for them.

    A name that an installed module has is not among them: Python finds that one first.
    """
    if model_folder is None:
        return frozenset()
    names = {path.stem for path in model_folder.glob("*.py")}
    names |= {path.parent.name for path in model_folder.glob("*/*.py")}
    return frozenset(name for name in names if name.isidentifier() and _is_own(name, model_folder))


def _is_own(name: str, model_folder: Path) -> bool:
    if name in PACKAGES or name in sys.stdlib_module_names:
        return False
    loaded = sys.modules.get(name)
    try:
        spec = importlib.util.find_spec(name) if loaded is None else loaded.__spec__
    except (ImportError, ValueError):
        return False
    origin = getattr(loaded, "__file__", None) if spec is None else spec.origin
    return origin is None or Path(origin).resolve().is_relative_to(model_folder.resolve())


def own_modules(model_folder: Path | None, modules: Iterable[str]) -> tuple[Path, ...]:
    """Files of the folder that ``modules`` (dotted names) lie in, and those that they import from it, sorted.

    Imports are read and not run: also those inside functions, which a prediction may come to.
    """
    if model_folder is None:
        return ()
    names = own_module_names(model_folder)
    found: dict[str, Path] = {}
    waiting = sorted({module.partition(".")[0] for module in modules} & names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _file(model_folder, name)
            waiting += sorted(imports_of(found[name]) & names)
    return tuple(found[name] for name in sorted(found))


@contextmanager
def importable(model_folder: Path | None) -> Iterator[None]:
    """The folder's modules can be imported; it is last on the path, and no file of it takes a library's place."""
    if model_folder is None:
        yield
        return
    entry = str(model_folder.resolve())
    sys.path.append(entry)
    try:
        yield
    finally:
        sys.path.remove(entry)


def _file(model_folder: Path, name: str) -> Path:
    path = model_folder / f"{name}.py"
    if not path.is_file():
        message = (
            f"the estimator needs the package {name}/ of the model folder, and only single files are carried into an "
            f"artifact: move what it needs into {name}.py, or install the package and name it under trust"
        )
        raise WorkerError("own_module", message)
    if name in _TAKEN:
        raise WorkerError("own_module", f"{name}.py has the name of a file of the artifact's own: rename it, fit again")
    return path


def imports_of(path: Path) -> set[str]:
    """Top-level names of all that a Python file imports, read and not run. Raises WorkerError where it is none."""
    try:
        tree = ast.parse(path.read_bytes(), filename=path.name)
    except (SyntaxError, ValueError) as error:
        raise WorkerError("own_module", f"{path.name} is no Python module: {error}") from error
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            names.add(node.module.partition(".")[0])
    return names
