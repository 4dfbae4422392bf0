"""Start, status, stop and reset of the daemon; credentials; two starters, two folders, a taken port."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import oci
import psutil
import pytest
from local_oci_cloud import DOUBLES, Cloud, processes_of, wait_until, zip_of

from local_oci import credentials, daemon


def test_start_finds_what_runs_and_stop_ends_it(own_cloud: Cloud) -> None:
    first = daemon.status(own_cloud.data_dir)

    assert daemon.start(own_cloud.data_dir) == first
    daemon.stop(own_cloud.data_dir)
    assert daemon.status(own_cloud.data_dir) is None
    wait_until(lambda: not processes_of(own_cloud.data_dir), timeout_s=5, what="no process left")
    daemon.stop(own_cloud.data_dir)


def test_of_two_starts_at_once_one_wins_and_both_tell_the_same(own_cloud: Cloud) -> None:
    daemon.stop(own_cloud.data_dir)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: daemon.start(own_cloud.data_dir), range(4)))

    assert len(set(found)) == 1
    assert len(processes_of(own_cloud.data_dir)) == 1


def test_the_port_is_kept_over_a_restart(own_cloud: Cloud) -> None:
    before = own_cloud.endpoint
    daemon.stop(own_cloud.data_dir)

    assert daemon.start(own_cloud.data_dir).endpoint == before


def test_a_taken_port_is_no_error_and_the_other_is_remembered(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        try:
            first = daemon.start(tmp_path / "a", port)
            assert first.endpoint != f"http://127.0.0.1:{port}"
            daemon.stop(tmp_path / "a")
            assert daemon.start(tmp_path / "a").endpoint == first.endpoint
        finally:
            daemon.stop(tmp_path / "a")


def test_a_second_server_on_the_folder_refuses_and_names_the_first(own_cloud: Cloud) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "local_oci", "--data", str(own_cloud.data_dir)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert second.returncode == 1
    assert f"pid {own_cloud.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_server_that_does_not_start_shows_the_last_lines_of_its_log(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "oci.sqlite").write_text("this is no database, but a long enough text to look at" * 100)

    with pytest.raises(daemon.DidNotStart) as caught:
        daemon.start(data_dir, 0)

    assert "file is not a database" in str(caught.value)
    assert "server.log" in str(caught.value)


def test_an_endpoint_file_of_a_killed_server_is_not_believed(own_cloud: Cloud) -> None:
    own_cloud.kill()

    assert json.loads((own_cloud.data_dir / "endpoint.json").read_text())["endpoint"] == own_cloud.endpoint
    assert daemon.status(own_cloud.data_dir) is None


def test_sigint_ends_it_without_a_traceback(own_cloud: Cloud) -> None:
    server = psutil.Process(own_cloud.pid)

    server.send_signal(signal.SIGINT)

    wait_until(lambda: daemon.status(own_cloud.data_dir) is None, timeout_s=20, what="the server ended")
    assert "Traceback" not in (own_cloud.data_dir / "server.log").read_text()


def test_credentials_pass_the_sdks_check_and_are_private(own_cloud: Cloud) -> None:
    known = credentials.load(own_cloud.data_dir)
    config = oci.config.from_file(str(known.config_file))

    oci.config.validate_config(config)
    assert (config["tenancy"], config["user"]) == (known.tenancy_ocid, known.user_ocid)
    for path in (known.key_file, known.config_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_credentials_are_there_before_the_first_start_and_stay(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(credentials.load, [tmp_path / "data"] * 4))

    assert found == {credentials.load(tmp_path / "data")}


def test_reset_forgets_the_resources_and_keeps_key_and_port(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    deployment = own_cloud.deploy(project, own_cloud.model(project, zip_of(score=DOUBLES)))
    assert deployment.status == "SUCCEEDED"
    before = (own_cloud.known.fingerprint, own_cloud.endpoint)

    daemon.reset(own_cloud.data_dir)
    wait_until(lambda: not processes_of(own_cloud.data_dir), timeout_s=5, what="no process left")
    own_cloud.start()

    assert own_cloud.science.list_projects(own_cloud.compartment).data == []
    assert (own_cloud.known.fingerprint, own_cloud.endpoint) == before


def test_the_command_line_stays_light() -> None:
    code = "import sys, local_oci.daemon, local_oci.credentials; print([m for m in sys.modules if m in %r])"
    heavy = ("oci", "starlette", "uvicorn", "cryptography", "model_server")

    told = subprocess.run(
        [sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, timeout=60, check=True, env=os.environ
    )

    assert told.stdout.strip() == "[]"
