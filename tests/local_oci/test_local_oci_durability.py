"""Nothing acknowledged is lost: random kills under a mixed load, uploads that are cut, disks that are full.

`PADDOCK_TEST_KILLS` makes the run of kills longer than the few of every day, `PADDOCK_TEST_SEED` another one.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from local_oci_cloud import Cloud, end, wait_until

KILLS = int(os.environ.get("PADDOCK_TEST_KILLS", "4"))
SEED = int(os.environ.get("PADDOCK_TEST_SEED", "11"))
CLIENTS = 4
BUCKET = "/n/paddock/b/kills"
Shown = dict[str, Any] | None
"""What a GET should show of one resource; None where it should be gone."""


@dataclass
class Expected:
    """One resource as one client knows it: each of `states` may be true, the last one was wanted last."""

    kind: str
    id: str
    states: list[Shown]


@dataclass
class Client:
    """Makes, changes and deletes resources of its own, and writes down what was acknowledged."""

    cloud: Cloud
    chance: random.Random
    project: str
    known: list[Expected] = field(default_factory=list)
    lost: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    """Creations without an answer: retry token and body."""
    acknowledged: int = 0

    def run(self, stopped: threading.Event) -> None:
        with requests.Session() as session:
            while not stopped.is_set():
                try:
                    self.step(session)
                except requests.RequestException:
                    return

    def step(self, session: requests.Session) -> None:
        live = [found for found in self.known if found.states[-1] is not None]
        if not live or self.chance.random() < 0.3:
            self.create(session)
            return
        found = self.chance.choice(live)
        match found.kind, self.chance.choice(("rename", "upload", "delete", "object")):
            case "models", "rename":
                name = f"n-{uuid.uuid4()}"
                self.change(
                    session, found, {**(found.states[-1] or {}), "displayName": name}, "PUT", {"displayName": name}
                )
            case "models", "upload":
                self.upload(session, found)
            case "models", "delete" if self.chance.random() < 0.3:
                self.change(session, found, None, "DELETE", None)
            case _, "object":
                self.put_object(session)
            case _:
                return

    def ask(self, session: requests.Session, method: str, path: str, **options: Any) -> requests.Response:
        answer = session.request(method, self.cloud.endpoint + path, auth=self.cloud.signer, timeout=60, **options)
        assert answer.ok, answer.text
        self.acknowledged += 1
        return answer

    def create(self, session: requests.Session) -> None:
        body = {"compartmentId": self.cloud.compartment, "projectId": self.project, "displayName": f"m-{uuid.uuid4()}"}
        headers = {"opc-retry-token": str(uuid.uuid4())}
        self.lost.append((headers, body))
        made = self.ask(session, "POST", "/20190101/models", json=body, headers=headers).json()
        self.lost.pop()
        self.known.append(Expected("models", made["id"], [{"displayName": body["displayName"], "artifact": None}]))

    def change(self, session: requests.Session, found: Expected, to: Shown, method: str, body: Any) -> None:
        found.states.append(to)
        self.ask(session, method, f"/20190101/models/{found.id}", json=body)
        found.states = [to]

    def upload(self, session: requests.Session, found: Expected) -> None:
        present = found.states[-1] or {}
        if present["artifact"] is not None:
            return
        content = self.chance.randbytes(self.chance.randrange(1, 300_000))
        found.states.append({**present, "artifact": content})
        self.post_artifact(session, found.id, content)
        found.states = found.states[-1:]

    def post_artifact(self, session: requests.Session, model: str, content: bytes) -> None:
        path = f"/20190101/models/{model}/artifact"
        headers = self.cloud.upload_headers(path)
        answer = session.post(self.cloud.endpoint + path, data=content, headers=headers, timeout=60)
        assert answer.ok, answer.text
        self.acknowledged += 1

    def put_object(self, session: requests.Session) -> None:
        name = f"o{self.chance.randrange(5)}-{id(self)}"
        found = next((known for known in self.known if known.id == name), None)
        if found is None:
            found = Expected("objects", name, [None])
            self.known.append(found)
        content = self.chance.randbytes(self.chance.randrange(1, 50_000))
        found.states.append({"content": content})
        path = f"{BUCKET}/o/{name}"
        headers = self.cloud.upload_headers(path, "PUT")
        answer = session.put(self.cloud.endpoint + path, data=content, headers=headers, timeout=60)
        assert answer.ok, answer.text
        self.acknowledged += 1
        found.states = found.states[-1:]

    def settle(self) -> None:
        """After a restart: each resource is in a state that may be; what was not answered is asked again."""
        for found in self.known:
            shown = self.shown(found)
            assert shown in found.states, f"{found.kind} {found.id}: not one of {len(found.states)} states that may be"
            found.states = [shown]
        for headers, body in self.lost:
            made = self.cloud.request("POST", "/20190101/models", json=body, headers=headers).json()
            self.known.append(Expected("models", made["id"], [{"displayName": body["displayName"], "artifact": None}]))
        self.lost.clear()

    def shown(self, found: Expected) -> Shown:
        if found.kind == "objects":
            answer = self.cloud.request("GET", f"{BUCKET}/o/{found.id}")
            return {"content": answer.content} if answer.ok else None
        model = self.cloud.request("GET", f"/20190101/models/{found.id}").json()
        if model["lifecycleState"] == "DELETED":
            return None
        artifact = self.cloud.request("GET", f"/20190101/models/{found.id}/artifact/content")
        assert artifact.status_code in (200, 404), artifact.text
        return {"displayName": model["displayName"], "artifact": artifact.content if artifact.ok else None}


def test_a_long_run_of_mixed_calls_loses_and_doubles_nothing_under_random_kills(own_cloud: Cloud) -> None:
    chance = random.Random(SEED)  # noqa: S311
    body = {"name": "kills", "compartmentId": own_cloud.compartment}
    assert own_cloud.request("POST", "/n/paddock/b", json=body).ok
    project = own_cloud.project()
    clients = [Client(own_cloud, random.Random(SEED + seed), project) for seed in range(CLIENTS)]  # noqa: S311

    for _ in range(KILLS):
        stopped = threading.Event()
        threads = [threading.Thread(target=client.run, args=(stopped,)) for client in clients]
        wanted = sum(client.acknowledged for client in clients) + chance.randrange(10, 120)
        for thread in threads:
            thread.start()
        wait_until(lambda wanted=wanted: total(clients) >= wanted, timeout_s=60, what="some calls")
        own_cloud.kill()
        stopped.set()
        for thread in threads:
            thread.join()
        own_cloud.start()
        for client in clients:
            client.settle()

    expected = {found.id for client in clients for found in client.known if found.states[-1] is not None}
    assert live_ids(own_cloud) == {name for name in expected if name.startswith("ocid1")}
    assert files_without_owner(own_cloud) == set()
    assert is_sound(own_cloud.data_dir)


def total(clients: list[Client]) -> int:
    return sum(client.acknowledged for client in clients)


def live_ids(cloud: Cloud) -> set[str]:
    ids: set[str] = set()
    query = {"compartmentId": cloud.compartment, "limit": "100"}
    while True:
        answer = cloud.request("GET", "/20190101/models", params=query)
        ids |= {model["id"] for model in answer.json()}
        if "opc-next-page" not in answer.headers:
            return ids
        query["page"] = answer.headers["opc-next-page"]


def files_without_owner(cloud: Cloud) -> set[str]:
    """Uploaded bytes that no resource refers to, after the sweep of a start."""
    cloud.kill()
    cloud.start()
    with sqlite3.connect(cloud.data_dir / "oci.sqlite") as store:
        rows = store.execute("SELECT document || private FROM resources WHERE state != 'DELETED'").fetchall()
    store.close()
    named = " ".join(row[0] for row in rows)
    folders = [cloud.data_dir / name for name in ("artifacts", "objects", "uploads")]
    return {path.name for folder in folders for path in folder.rglob("*") if path.is_file() and path.name not in named}


def is_sound(data_dir: Path) -> bool:
    store = sqlite3.connect(data_dir / "oci.sqlite")
    try:
        return bool(store.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    finally:
        store.close()


def test_an_upload_cut_by_a_kill_leaves_no_artifact_and_can_be_repeated(own_cloud: Cloud) -> None:
    model = own_cloud.model(own_cloud.project())
    path = f"/20190101/models/{model}/artifact"
    folder = own_cloud.data_dir / "artifacts" / model
    head = "".join(f"{name}: {value}\r\n" for name, value in own_cloud.upload_headers(path).items())
    host, _, port = own_cloud.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\n{head}content-length: 1000000\r\n\r\n".encode() + b"x" * 500_000)
        wait_until(lambda: folder.exists() and list(folder.iterdir()), timeout_s=10, what="the upload begun")
        own_cloud.kill()

    own_cloud.start()

    assert not folder.exists()
    assert own_cloud.request("HEAD", f"{path}/content").status_code == 404
    assert own_cloud.science.create_model_artifact(model, b"whole").status == 204
    assert own_cloud.request("GET", f"{path}/content").content == b"whole"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB, where this user may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    words = [mount or "mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "none", str(folder)]
    if mount is None or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a tmpfs; the same is tested with a bound on files' sizes")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(make: Callable[[int], requests.Response]) -> tuple[list[str], requests.Response]:
    """Make resources until one is refused: the identifiers of those that were acknowledged, and the refusal."""
    made: list[str] = []
    for number in range(20_000):
        answer = make(number)
        if answer.status_code != 200:
            return made, answer
        made.append(answer.json()["id"])
    pytest.fail("the disk was never full")


def big_project(cloud: Cloud, number: int) -> requests.Response:
    tags = {f"k{index}": "v" * 256 for index in range(10)}
    body = {"compartmentId": cloud.compartment, "displayName": f"p{number}", "freeformTags": tags}
    return cloud.request("POST", "/20190101/projects", json=body)


def test_a_full_disk_gives_500_loses_nothing_and_is_left_behind_when_there_is_room(small_disk: Path) -> None:
    cloud = Cloud(small_disk / "data")
    cloud.start()
    try:
        model = cloud.model(cloud.project())
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * 500_000)
        path = f"/20190101/models/{model}/artifact"
        upload = {"data": b"x" * 4_000_000, "signed": False}
        too_big = cloud.request("POST", path, headers=cloud.upload_headers(path), **upload)
        made, refusal = fill(lambda number: big_project(cloud, number))
        readable = [cloud.request("GET", f"/20190101/projects/{found}").status_code for found in made]
        filler.unlink()
        after = big_project(cloud, -1)
        fits = cloud.request("POST", path, headers=cloud.upload_headers(path), data=b"fits", signed=False)
        cloud.kill()
        cloud.start()
        kept = [cloud.request("GET", f"/20190101/projects/{found}").status_code for found in made]

        assert [too_big.status_code, refusal.status_code] == [500, 500]
        assert "takes no more" in too_big.json()["message"]
        assert "takes no more" in refusal.json()["message"]
        assert set(readable + kept) == {200}
        assert after.ok
        assert fits.status_code == 204
        assert is_sound(cloud.data_dir)
    finally:
        end(cloud)


def test_a_bound_on_files_sizes_gives_500_and_loses_nothing(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    model = own_cloud.model(project)
    path = f"/20190101/models/{model}/artifact"
    bound = 600_000
    resource.prlimit(own_cloud.pid, resource.RLIMIT_FSIZE, (bound, resource.RLIM_INFINITY))

    upload = {"data": b"x" * 2 * bound, "signed": False}
    too_big = own_cloud.request("POST", path, headers=own_cloud.upload_headers(path), **upload)
    made, refusal = fill(lambda number: big_project(own_cloud, number))
    left = list((own_cloud.data_dir / "artifacts" / model).iterdir())
    resource.prlimit(own_cloud.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    after = big_project(own_cloud, -1)
    own_cloud.kill()
    own_cloud.start()
    kept = [own_cloud.request("GET", f"/20190101/projects/{found}").status_code for found in made]

    assert [too_big.status_code, refusal.status_code] == [500, 500]
    assert "takes no more" in too_big.json()["message"]
    assert left == []
    assert set(kept) == {200}
    assert after.ok
    assert is_sound(own_cloud.data_dir)


def test_a_second_server_never_touches_the_folder_of_the_first(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    before = sorted(path.name for path in own_cloud.data_dir.iterdir())
    words = [sys.executable, "-m", "local_oci", "--data", str(own_cloud.data_dir), "--port", "0"]

    second = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert second.returncode == 1
    assert f"pid {own_cloud.pid}" in second.stderr
    assert sorted(path.name for path in own_cloud.data_dir.iterdir()) == before
    assert own_cloud.science.get_project(project).status == 200
