"""Why a model file is not loaded although it could be: code of others in it, another scikit-learn's pickle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

import sklearn

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.guard.pickle_globals import GlobalName, Refused, is_installed, trust_name

_MAIN_MODULES = ("__main__", "__mp_main__")
# What starts programs or runs any text as code: proposing to trust these would help an attack along.
_RUNNERS = frozenset(
    {"os", "posix", "nt", "subprocess", "pty", "runpy", "code", "codeop", "importlib", "ctypes", "socket"}
)
_RUNNER_BUILTINS = frozenset({"eval", "exec", "compile", "__import__", "open", "breakpoint"})


def refusal(path: Path, refused: Iterable[Refused]) -> WorkerError:
    """All globals that are not allowed, by module, and the line that allows them."""
    refused = sorted(refused, key=lambda each: each.asked)
    missing = sorted({each.asked.module.partition(".")[0] for each in refused if not is_installed(each.asked.module)})
    if missing and all(each.asked.module.partition(".")[0] in missing for each in refused):
        one = missing[0]
        message = (
            f"{path.name} needs the module {', '.join(missing)}, which is not there where the model is loaded: put "
            f"your own {one}.py beside model.yaml, or install {one} and add it to `trust` of model.yaml"
        )
        return WorkerError("estimator", message)
    by_module: defaultdict[str, list[str]] = defaultdict(list)
    for each in refused:
        by_module[each.asked.module].append(f"{each.asked.name}{_but_is(each)}")
    listed = "\n".join(f"  {module}: {', '.join(names)}" for module, names in by_module.items())
    message = (
        f"{path.name} is not loaded, because that would run code that is not of scikit-learn, numpy, scipy, pandas, "
        f"joblib or the model folder, or that no saved estimator needs:\n{listed}\n"
    )
    runners = sorted({str(each.asked) for each in refused if _is_runner(each.asked)})
    if runners:
        message += f"{', '.join(runners)}: this runs programs or any code at all. Treat the file as an attack."
        return WorkerError("untrusted", message)
    trust = ", ".join(sorted({trust_name(each) for each in refused}))
    return WorkerError(
        "untrusted", f"{message}If you know who made the file and trust them, add to model.yaml:\n  trust: [{trust}]"
    )


def _is_runner(name: GlobalName) -> bool:
    top = name.module.partition(".")[0]
    return top in _RUNNERS or (top == "builtins" and name.name in _RUNNER_BUILTINS)


def check_main(path: Path, asked: Iterable[GlobalName]) -> None:
    """Raise where the file needs what only the script that wrote it has."""
    names = sorted(name for module, name in asked if module in _MAIN_MODULES)
    if names:
        message = (
            f"{path.name} was saved by a script or notebook with classes or functions of its own "
            f"({', '.join(names)}), which nobody else can find under __main__: move them into a file beside "
            "model.yaml, such as features.py, import them from there (from features import "
            f"{names[0].partition('.')[0]}), fit and save again"
        )
        raise WorkerError("estimator", message)


def sklearn_version_refusal(path: Path, versions: Collection[str]) -> None:
    """Raise where an estimator in the file was saved by another scikit-learn than the installed one."""
    for theirs in sorted(set(versions) - {sklearn.__version__}):
        message = (
            f"{path.name} was pickled by scikit-learn {theirs}, and {sklearn.__version__} is installed: a pickle is "
            f"only promised to load in the version that wrote it; install scikit-learn=={theirs}, or fit the model "
            "again"
        )
        raise WorkerError("scikit_learn_version", message)


def _but_is(each: Refused) -> str:
    return "" if each.as_found is None else f" (which is {each.as_found})"
