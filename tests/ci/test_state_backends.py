"""Where the state may be: the login URLs of the pages, against the local OCI's own Object Storage in S3's form."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import oci
import pytest
from github_runner import TOOLS

from local_oci import credentials, daemon
from paddock.ci.stack_lock import lock_in

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted((REPOSITORY / "docs").glob("gitops-*.md"))


@dataclass
class Bucket:
    """A bucket of the local OCI and a Pulumi project that keeps its state there."""

    endpoint: str
    storage: oci.object_storage.ObjectStorageClient
    folder: Path
    environment: dict[str, str]

    def pulumi(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(TOOLS / "pulumi"), *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def objects(self) -> list[str]:
        listed = self.storage.list_objects("paddock", "paddock-state").data.objects
        return [item.name for item in listed]


def login_url() -> str:
    """As the GitHub page says it, with the words in capitals filled in for the local OCI by `bucket`."""
    told = re.search(r"s3://paddock-state\?\S+", (REPOSITORY / "docs" / "gitops-github.md").read_text())
    assert told is not None
    return told[0].rstrip("`")


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    root = tmp_path_factory.mktemp("state")
    running = daemon.start(root / "oci", 0)
    known = credentials.load(running.data_dir)
    storage = oci.object_storage.ObjectStorageClient(
        oci.config.from_file(str(known.config_file)), service_endpoint=running.endpoint
    )
    storage.base_client.session.trust_env = False
    details = oci.object_storage.models.CreateBucketDetails(name="paddock-state", compartment_id=known.compartment_ocid)
    storage.create_bucket("paddock", details)
    host = urlsplit(running.endpoint).netloc
    url = re.sub(r"endpoint=[^&]+", f"endpoint=http://{host}", login_url()).replace("REGION", known.region)
    (root / "project").mkdir()
    (root / "project" / "Pulumi.yaml").write_text("name: kept\nruntime: yaml\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "PULUMI_HOME": str(root / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_BACKEND_URL": url,
        "PULUMI_CONFIG_PASSPHRASE": "of this test",
        "AWS_ACCESS_KEY_ID": known.s3_access_key,
        "AWS_SECRET_ACCESS_KEY": known.s3_secret_key,
        "NO_PROXY": "127.0.0.1",
    }
    try:
        yield Bucket(running.endpoint, storage, root / "project", environment)
    finally:
        storage.base_client.session.close()
        daemon.stop(running.data_dir)


def test_the_login_url_of_the_pages_keeps_a_stack_in_a_bucket(bucket):
    made = bucket.pulumi("stack", "init", "prod")

    assert made.returncode == 0, made.stderr
    assert ".pulumi/stacks/kept/prod.json" in bucket.objects


def test_a_lock_in_a_bucket_is_told_with_its_holder(bucket):
    bucket.pulumi("stack", "init", "locked")
    lock = {"pid": 4711, "username": "ci", "hostname": "runner", "timestamp": "2026-01-29T23:00:00Z"}
    place = ".pulumi/locks/organization/kept/locked/a-lock.json"
    bucket.storage.put_object("paddock", "paddock-state", place, json.dumps(lock).encode())

    refused = bucket.pulumi("destroy", "--stack", "locked", "--yes")

    found = lock_in(refused.stdout + refused.stderr)
    assert found is not None
    assert str(found) == "ci@runner (pid 4711) since 2026-01-29 23:00:00 UTC"
    assert not found.is_of_a_dead_process


def test_a_wrong_key_is_refused_and_makes_nothing(bucket):
    stranger = Bucket(
        bucket.endpoint, bucket.storage, bucket.folder, {**bucket.environment, "AWS_SECRET_ACCESS_KEY": "wrong"}
    )

    refused = stranger.pulumi("stack", "init", "stranger")

    assert refused.returncode != 0
    assert not [name for name in bucket.objects if "stranger" in name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_names_the_three_kinds_of_backend_or_where_they_are_named(page):
    text = page.read_text()

    assert "PULUMI_BACKEND_URL" in text or "backend" in text
    assert "passphrase" in text.lower()
