"""A task that finds scikit-learn's settings and Python's warning filters in force needs neither set again.

scikit-learn hands both to every task that it gives to joblib, for the day on which a task runs in another process: for
each of a forest's trees the filters are reset and added again one by one, two thirds of the time that a forest of 50
trees takes for a few rows. Where they are in force already, as in the calling thread, that changes nothing. A task that
meets others (another process, a thread with its own configuration) still gets its caller's.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

_TASKS = "sklearn.utils.parallel"


def know_settings_in_force() -> None:
    """Run tasks straight away where nothing is to be set. Does nothing where there is no such scikit-learn."""
    parallel = sys.modules.get(_TASKS)
    task: Any = getattr(parallel, "_FuncWrapper", None)
    get_config: Any = getattr(parallel, "get_config", None)
    if task is None or get_config is None or task.__call__.__module__ == __name__:
        return
    task.__call__ = _knowing(task.__call__, get_config)


def _knowing(set_and_run: Callable[..., Any], get_config: Callable[[], dict[str, Any]]) -> Callable[..., Any]:
    def run(task: Any, *args: Any, **kwargs: Any) -> Any:
        filters = getattr(task, "warning_filters", None)
        if filters and filters is warnings.filters and task.config == get_config():
            return task.function(*args, **kwargs)
        return set_and_run(task, *args, **kwargs)

    return run
