"""For all tests of a process."""

from __future__ import annotations

import os
import sys

# Whole, before anything else asks for it: `paddock.oci_access` has the SDK leave its services out where it is first.
import oci  # noqa: F401

# Some tests run in this process what else runs in one that writes no bytecode.
sys.dont_write_bytecode = True


def pytest_collection_finish() -> None:
    """Programs that tests start meet the SDK as it is."""
    os.environ.pop("OCI_PYTHON_SDK_NO_SERVICE_IMPORTS", None)
