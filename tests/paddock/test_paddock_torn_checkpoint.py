"""What a killed Pulumi leaves of a checkpoint is made whole, and nothing else is touched."""

from __future__ import annotations

import json
import os
import socket

import pytest

from paddock.lock_files import lock_files
from paddock.torn_checkpoint import mend

WHOLE, OLDER = json.dumps({"version": 3, "n": 2}), json.dumps({"version": 3, "n": 1})


@pytest.fixture
def stacks(tmp_path):
    folder = tmp_path / ".pulumi" / "stacks" / "paddock"
    folder.mkdir(parents=True)
    (folder / "prod.json").write_text(WHOLE)
    (folder / "prod.json.attrs").write_text("{}")
    (folder / "prod.json.bak").write_text(OLDER)
    return folder


def url(stacks):
    return f"file://{stacks.parents[2]}"


def lock(stacks, **holder):
    folder = stacks.parents[1] / "locks" / "organization" / "paddock" / "prod"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps(holder))


def test_a_whole_state_is_left_alone(stacks):
    assert not mend(url(stacks), "paddock", "prod")
    assert (stacks / "prod.json").read_text() == WHOLE


def test_empty_attributes_go(stacks):
    (stacks / "prod.json.attrs").write_text("")

    assert mend(url(stacks), "paddock", "prod")
    assert not (stacks / "prod.json.attrs").exists()
    assert (stacks / "prod.json").read_text() == WHOLE


@pytest.mark.parametrize("torn", ["", WHOLE[:-4]])
def test_a_torn_checkpoint_is_the_copy_before_it(stacks, torn):
    (stacks / "prod.json").write_text(torn)

    assert mend(url(stacks), "paddock", "prod")
    assert (stacks / "prod.json").read_text() == OLDER


def test_a_state_that_somebody_may_be_writing_is_left_alone(stacks):
    (stacks / "prod.json.attrs").write_text("")
    lock(stacks, pid=os.getpid(), hostname=socket.gethostname())

    assert not mend(url(stacks), "paddock", "prod")


def test_a_lock_of_a_process_that_is_gone_does_not_count(stacks):
    (stacks / "prod.json.attrs").write_text("")
    lock(stacks, pid=2**22 + 1, hostname=socket.gethostname())

    assert mend(url(stacks), "paddock", "prod")


@pytest.mark.parametrize("content", ["", "[]", '{"hostname": "here"}'])
def test_a_lock_that_cannot_be_read_is_nobodys(stacks, content):
    (stacks / "prod.json.attrs").write_text("")
    lock(stacks)
    (path,) = stacks.parents[1].joinpath("locks").rglob("*.json")
    path.write_text(content)

    assert list(lock_files(stacks.parents[1] / "locks")) == []
    assert mend(url(stacks), "paddock", "prod")
    assert path.exists()


def test_other_backends_are_not_folders(stacks):
    assert not mend("s3://bucket", "paddock", "prod")
    assert not mend("", "paddock", "prod")
