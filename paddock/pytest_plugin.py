"""The pytest plugin: `local_oci`, a local OCI for one test, with signer, clients and a real Pulumi engine at hand.

Loaded by every pytest run that finds Paddock installed, so nothing heavy is imported before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from paddock.local_oci_for_tests import LocalOci


@pytest.fixture
def local_oci(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[LocalOci]:
    """A local OCI with a port and a folder of its own; afterwards nothing of it runs (wider scopes: `started`)."""
    from paddock.local_oci_for_tests import started

    with started(tmp_path_factory.mktemp("local_oci"), pytestconfig.rootpath) as cloud:
        yield cloud
