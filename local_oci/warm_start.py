"""Having the libraries imported before a deployment needs them.

The fork server is begun when a model's artifact arrives, since a deployment mostly follows, and at the latest when one
is created. Before that nobody pays for it: a local OCI without deployments imports no scikit-learn anywhere.
"""

from __future__ import annotations

import threading
from pathlib import Path

from model_server import fork_server

_LOCK = threading.Lock()
_BEGUN: set[Path] = set()


def begin(deployments: Path) -> None:
    """Begin the folder's fork server aside, once; returns at once."""
    with _LOCK:
        if deployments in _BEGUN:
            return
        _BEGUN.add(deployments)
    threading.Thread(target=fork_server.start, args=(deployments,), name="fork server", daemon=True).start()
