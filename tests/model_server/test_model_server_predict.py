"""What a client of a deployment's endpoint gets."""

from __future__ import annotations

import http.client
import json
import textwrap

import pytest
import requests
from deployment_under_test import DEPLOYMENT_ID, Keys, records, wait_until, write_artifact

from model_server import supervisor
from model_server.state_folder import StateFolder

TALKING_SCORE = """
    import logging

    def load_model():
        return None

    def predict(data, model=load_model()):
        if isinstance(data, bytes):
            return {"octets": len(data)}
        if data == "nan":
            return {"prediction": [float("nan"), float("inf"), 1.5, {"a": [float("-inf")]}]}
        if data == "set":
            return {"prediction": {1}}
        if data == "raise":
            raise ValueError("the column 'alcohol' is missing")
        if data == "exit":
            raise SystemExit(3)
        print("printed", data)
        logging.getLogger("score").info("logged")
        print("no line end", end="")
        return data
"""


@pytest.fixture
def talking(serve, tmp_path):
    return serve(artifact_dir=write_artifact(tmp_path / "talking", TALKING_SCORE), instances=1)


def code_of(answer):
    assert set(answer.json()) == {"code", "message"}
    return answer.status_code, answer.json()["code"]


def test_predict_answers_what_score_py_returns(serve, client):
    serve()
    answer = client.predict([[1, 2.5, None, "é"]])
    assert (answer.status_code, answer.json()) == (200, {"prediction": ["old", [[1, 2.5, None, "é"]]]})
    assert answer.headers["content-type"] == "application/json"


def test_bodies_reach_predict_in_every_form(talking, client):
    assert client.predict({"data": [1]}).json() == {"data": [1]}
    assert client.predict("text").json() == "text"
    octets = client.send("POST", client.url, data=b"\x00\xff{", headers={"content-type": "application/octet-stream"})
    assert octets.json() == {"octets": 3}


def test_nan_and_infinity_become_null_so_that_the_answer_is_json(talking, client):
    assert client.predict("nan").json() == {"prediction": [None, None, 1.5, {"a": [None]}]}


def test_malformed_json_is_400_and_the_next_request_is_answered(talking, client):
    for body in (b"{", b"", b"\xff", b"[" * 100_000):
        answer = client.send("POST", client.url, data=body, headers={"content-type": "application/json"})
        assert code_of(answer) == (400, "InvalidParameter"), body[:9]
    assert client.predict(1).json() == 1


@pytest.mark.parametrize(
    ("data", "words"), [("raise", "ValueError: the column 'alcohol'"), ("set", "TypeError"), ("exit", "SystemExit: 3")]
)
def test_an_exception_in_score_py_is_500_with_its_last_line(talking, client, data, words):
    answer = client.predict(data)
    assert code_of(answer) == (500, "InternalServerError")
    assert words in answer.json()["message"]
    assert client.predict(1).json() == 1


def test_logs_hold_oracles_records_with_the_requests_id(talking, client):
    client.predict("hello", headers={"opc-request-id": "ABC/1"})
    client.predict("raise", headers={"opc-request-id": "ABC/2"})
    supervisor.stop(talking)
    access = records(talking.access_log)
    assert [(r["data"]["status"], r["data"]["opcRequestId"]) for r in access] == [(200, "ABC/1"), (500, "ABC/2")]
    assert access[0]["data"]["message"] == f"POST /{talking.deployment_id}/predict"
    assert access[0]["data"]["modelLatency"] > 0
    assert access[0]["type"] == "com.oraclecloud.datascience.modeldeployment.access"
    assert access[0]["source"] == talking.deployment_id
    assert access[0]["oracle"] | {"ingestedtime": ""} == {
        "compartmentid": talking.access_log.compartment_id,
        "ingestedtime": "",
        "loggroupid": talking.access_log.log_group_id,
        "logid": talking.access_log.log_id,
        "tenantid": talking.access_log.tenancy_id,
    }
    said = [(r["data"]["opcRequestId"], r["data"]["message"]) for r in records(talking.predict_log)]
    assert said[:3] == [("ABC/1", "printed hello"), ("ABC/1", "INFO score: logged"), ("ABC/1", "no line end")]
    assert said[3][0] == "ABC/2"
    assert "Traceback" in said[3][1]
    assert 'raise ValueError("the column' in said[3][1]


def test_logs_are_written_while_it_serves(talking, client):
    client.predict("hello")
    wait_until(lambda: len(records(talking.predict_log)) == 3, "three lines in the predict log")
    wait_until(lambda: len(records(talking.access_log)) == 1, "one line in the access log")


def test_another_path_method_or_deployment_is_refused_in_oracles_words(serve, client):
    spec = serve()
    assert code_of(client.send("POST", f"{client.base}/ocid1.other/predict", json=1)) == (
        404,
        "NotAuthorizedOrNotFound",
    )
    assert code_of(client.send("POST", f"{client.base}/{spec.deployment_id}", json=1)) == (
        404,
        "NotAuthorizedOrNotFound",
    )
    assert code_of(client.send("GET", client.url)) == (405, "MethodNotAllowed")
    assert code_of(client.send("PUT", client.url, json=1)) == (405, "MethodNotAllowed")


def test_an_unsigned_request_is_401_and_reaches_no_worker(serve, client):
    serve()
    answer = client.session.post(client.url, json=1, timeout=60)
    assert code_of(answer) == (401, "NotAuthenticated")


def test_a_body_that_was_changed_after_signing_is_401(serve, client):
    serve()
    prepared = client.session.prepare_request(requests.Request("POST", client.url, data=b"[1]", auth=client.signer))
    prepared.body = b"[2]"
    assert code_of(client.session.send(prepared, timeout=60)) == (401, "NotAuthenticated")


def test_a_body_of_a_content_type_that_no_model_reads_is_400(serve, client):
    serve()
    for kind in ("text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"):
        answer = client.send("POST", client.url, data=b"1", headers={"content-type": kind})
        assert code_of(answer) == (400, "InvalidParameter"), kind
        assert kind in answer.json()["message"]
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"):
        assert client.send("POST", client.url, data=b"1", headers={"content-type": kind}).status_code == 200, kind


def test_a_signature_of_another_key_is_401_wherever_it_is_verified_and_counts_as_no_prediction(serve, client):
    serve()
    signer = Keys().signer
    for url in (client.url, f"{client.url}WithResponseStream", f"{client.base}/elsewhere"):
        assert code_of(client.session.post(url, json=1, auth=signer, timeout=60)) == (401, "NotAuthenticated"), url
    assert (
        'PredictRequestCount{resourceId="' + DEPLOYMENT_ID + '"} 0' in client.session.get(f"{client.base}/metrics").text
    )


def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_served(serve, client):
    serve(body_limit_bytes=1000)
    assert client.predict("x" * 998).status_code == 200
    assert code_of(client.predict("x" * 999)) == (413, "PayloadTooLarge")
    assert client.predict(1).status_code == 200


def test_ten_mebibytes_come_back_unchanged(serve, client):
    serve()
    data = "x" * (10 * 1024 * 1024 - 2)
    assert client.predict(data).json() == {"prediction": ["old", data]}


def raw(spec, head):
    connection = http.client.HTTPConnection(spec.host, spec.port, timeout=30)
    connection.putrequest(*head[0], skip_host=True, skip_accept_encoding=True)
    for name, value in head[1:]:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told["code"]


def test_a_body_without_a_length_is_411(serve):
    spec = serve()
    head = [("POST", f"/{spec.deployment_id}/predict"), ("host", "127.0.0.1"), ("transfer-encoding", "chunked")]
    assert raw(spec, head) == (411, "LengthRequired")


@pytest.mark.parametrize("path", ["/x/predict", "/_paddock/status"])
def test_a_foreign_host_name_is_refused(serve, path):
    spec = serve()
    for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example:80"):
        assert raw(spec, [("GET", path), ("host", host)]) == (400, "InvalidParameter"), host
    for host in ("127.0.0.1", "localhost:1", "[::1]:99"):
        assert raw(spec, [("GET", path), ("host", host)]) == (401, "NotAuthenticated"), host


def test_the_private_endpoints_take_only_the_state_folders_token(serve, client):
    spec = serve()
    token = StateFolder(spec.state_dir).token()
    for given in ("", "Bearer ", f"Bearer {token}x", token):
        assert client.session.get(f"{client.base}/_paddock/status", headers={"authorization": given}).status_code == 401
    right = {"authorization": f"Bearer {token}"}
    assert client.session.get(f"{client.base}/_paddock/status", headers=right).json()["state"] == "READY"
    assert client.session.get(f"{client.base}/_paddock/else", headers=right).status_code == 404
    assert (spec.state_dir / "token").stat().st_mode & 0o777 == 0o600


def test_each_answer_carries_the_requests_id_or_a_new_one(serve, client):
    serve()
    assert client.predict(1, headers={"opc-request-id": "MINE"}).headers["opc-request-id"] == "MINE"
    made = {client.predict(1).headers["opc-request-id"] for _ in range(3)}
    assert len(made) == 3


def test_a_scikit_learn_pipeline_answers(serve, client, tmp_path):
    score = """
        from sklearn.linear_model import LinearRegression
        from helper_of_this_artifact import ROWS

        def load_model():
            return LinearRegression().fit(ROWS, [row[0] * 2 for row in ROWS])

        MODEL = load_model()

        def predict(data, model=MODEL):
            return {"prediction": model.predict(data).round(6).tolist()}
    """
    folder = write_artifact(tmp_path / "sklearn", score)
    (folder / "helper_of_this_artifact.py").write_text(textwrap.dedent("ROWS = [[1.0], [2.0], [3.0]]"))
    serve(artifact_dir=folder)
    assert client.predict([[10.0], [0.5]]).json() == {"prediction": [20.0, 1.0]}
    assert sorted(path.name for path in folder.iterdir()) == ["helper_of_this_artifact.py", "score.py"]
