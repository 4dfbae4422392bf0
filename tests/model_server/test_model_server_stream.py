"""`predictWithResponseStream`: answers in pieces, as Oracle's data plane gives them."""

from __future__ import annotations

import os
import signal
import socket

import pytest
import requests
from deployment_under_test import KEY_ID, records, wait_until, write_artifact
from oci.model_deployment import ModelDeploymentClient

from model_server import supervisor

STREAMING_SCORE = """
    import os, pathlib, time

    def load_model():
        return None

    def pieces(data):
        if data.get("events"):
            yield from ({"token": "a"}, {"token": "b"})
            return
        yield "first "
        if data.get("wait"):
            while not pathlib.Path(data["wait"]).exists():
                time.sleep(0.01)
        if data.get("raise"):
            raise ValueError("the model lost its thread")
        if data.get("endless"):
            while True:
                yield b"x" * 1000
        yield b"second "
        yield {"third": 3}

    def predict(data, model=load_model()):
        if data.get("early"):
            raise ValueError("too early")
        return ["no", "stream"] if data.get("whole") else pieces(data)
"""


@pytest.fixture
def streaming(serve, tmp_path):
    return lambda **changes: serve(artifact_dir=write_artifact(tmp_path / "streaming", STREAMING_SCORE), **changes)


def ask(client, data, **options):
    return client.send("POST", f"{client.url}WithResponseStream", json=data, **options)


def raw_stream(client, data):
    """The bytes of the answer, trailer and all, up to the end of the connection."""
    url = f"{client.url}WithResponseStream"
    request = requests.Request("POST", url, json=data, auth=client.signer).prepare()
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    host, _, port = client.base.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"POST {request.path_url} HTTP/1.1\r\n{head}\r\n".encode() + request.body)
        found = b""
        while data := connection.recv(65536):
            found += data
    return found


def test_pieces_come_in_chunks_and_objects_as_events(streaming, client):
    streaming()
    answer = ask(client, {})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.text == 'first second data: {"third": 3}\n\n'
    assert client.predict({}).status_code == 500  # a generator is no JSON: this model only streams


def test_a_piece_arrives_before_the_next_is_made(streaming, client, tmp_path):
    streaming()
    gate = tmp_path / "gate"
    answer = ask(client, {"wait": str(gate)}, stream=True)
    pieces = answer.iter_content(None)
    assert next(pieces) == b"first "
    gate.touch()
    assert b"".join(pieces) == b'second data: {"third": 3}\n\n'


def test_the_official_sdk_reads_the_stream(streaming, client, keys):
    spec = streaming()
    tenancy, user, fingerprint = KEY_ID.split("/")
    config = {
        "tenancy": "ocid1.tenancy.oc1..aaaa",
        "user": "ocid1.user.oc1..aaaa",
        "fingerprint": fingerprint,
        "key_content": keys.private_pem,
        "region": "us-phoenix-1",
    }
    assert (tenancy, user) == ("ocid1.tenancy.oc1..t", "ocid1.user.oc1..u")
    made = ModelDeploymentClient(config, service_endpoint=client.base, signer=client.signer)
    answer = made.predict_with_response_stream(spec.deployment_id, request_body='{"events": true}')
    assert [event.data for event in answer.data.events()] == ['{"token": "a"}', '{"token": "b"}']


def test_a_model_that_does_not_stream_is_409_in_oracles_words(streaming, client):
    streaming()
    answer = ask(client, {"whole": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "ExternalServerIncorrectState")
    assert "found list" in answer.json()["message"]


def test_what_fails_before_the_first_piece_is_an_answer(streaming, client):
    streaming()
    answer = ask(client, {"early": True})
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalServerError")
    url = f"{client.url}WithResponseStream"
    answer = client.send("POST", url, data=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")


def test_what_fails_later_is_told_in_the_trailer_and_the_log(streaming, client):
    spec = streaming()
    found = raw_stream(client, {"raise": True})
    assert found.startswith(b"HTTP/1.1 200")
    assert b"trailer: StreamFailure\r\n" in found
    chunks, _, trailer = found.partition(b"\r\n0\r\n")
    assert chunks.endswith(b"6\r\nfirst ")
    assert b'StreamFailure: {"code": "InternalServerError"' in trailer
    assert b"lost its thread" in trailer
    supervisor.stop(spec)
    assert "lost its thread" in records(spec.predict_log)[0]["data"]["message"]


def test_a_worker_that_dies_in_a_stream_ends_it_with_a_trailer_and_is_replaced(streaming, client, tmp_path):
    spec = streaming(instances=1)
    (old,) = supervisor.status(spec).worker_pids
    answer = ask(client, {"wait": str(tmp_path / "never")}, stream=True)
    pieces = answer.iter_content(None)
    assert next(pieces) == b"first "
    os.kill(old, signal.SIGKILL)
    assert b"".join(pieces) == b""
    assert ask(client, {}).status_code == 200


def test_a_client_that_leaves_an_endless_stream_frees_the_worker(streaming, client):
    spec = streaming(instances=1)
    answer = ask(client, {"endless": True}, stream=True)
    assert next(answer.iter_content(6)) == b"first "
    answer.close()
    wait_until(lambda: ask(client, {}).status_code == 200, "the worker, or another, answers")
    assert len(supervisor.status(spec).worker_pids) == 1


def test_a_stream_that_falls_silent_for_longer_than_the_timeout_is_ended(streaming, client, tmp_path):
    streaming(instances=1, predict_timeout_s=0.5)
    found = raw_stream(client, {"wait": str(tmp_path / "never")})
    assert b"did not answer within 0.5 s" in found.partition(b"\r\n0\r\n")[2]
