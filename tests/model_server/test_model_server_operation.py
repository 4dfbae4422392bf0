"""What an operator sees and sets: health, metrics, scaling, bounds."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from deployment_under_test import Client, wait_until, write_artifact

from model_server import SpecRefused, supervisor
from model_server.autoscaling import Autoscaling, ScalingCondition, ScalingRule
from model_server.bandwidth import Bandwidth
from model_server.state_folder import StateFolder

GATED_SCORE = """
    import os, pathlib, time

    def load_model():
        return None

    def predict(data, model=load_model()):
        while not pathlib.Path(data).exists():
            time.sleep(0.01)
        return "through"
"""
ALWAYS = "PredictRequestCount[1m].sum() > 0"
NEVER = "PredictRequestCount[1m].sum() < 0"


def policy(**changes):
    rule = ScalingRule(scale_in=ScalingCondition(NEVER), scale_out=ScalingCondition(ALWAYS, pending_s=0))
    return Autoscaling(**{"minimum": 1, "maximum": 3, "rules": (rule,), **changes})


def metrics_of(client):
    answer = client.session.get(f"{client.base}/metrics", timeout=30)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    found = {}
    for line in lines:
        name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
        found[name, *re.findall(r'(?:statusCode|result|le|networkType)="([^"]*)"', labels)] = float(value)
    return found


def move_clock(spec, ahead_s, client):
    token = StateFolder(spec.state_dir).token()
    answer = client.session.post(
        f"{client.base}/_paddock/clock",
        data=json.dumps({"ahead_s": ahead_s}),
        headers={"authorization": f"Bearer {token}"},
        timeout=60,
    )
    return answer.json()


def test_health_says_whether_it_serves(serve, client, spec):
    serve()
    answer = client.session.get(f"{client.base}/{spec.deployment_id}/health", timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    answer = client.session.head(f"{client.base}/{spec.deployment_id}/health", timeout=30)
    assert (answer.status_code, answer.content) == (200, b"")


def test_health_is_503_while_it_loads(spec, client, tmp_path):
    slow = write_artifact(tmp_path / "slow", "import time\ntime.sleep(3600)\n")
    supervisor.start(replace(spec, artifact_dir=slow))

    def told():
        try:
            return [client.session.get(f"{client.base}/{spec.deployment_id}/health", timeout=30)]
        except OSError:
            return None

    (answer,) = wait_until(told, "an answer")
    assert (answer.status_code, answer.json()["code"]) == (503, "ServiceUnavailable")


def test_metrics_have_oracles_names(serve, client):
    serve(bandwidth_mbps=100.0)
    for _ in range(3):
        client.predict([1])
    client.send("POST", client.url, data=b"{", headers={"content-type": "application/json"})
    found = metrics_of(client)
    assert found["PredictRequestCount",] == 4
    assert found["PredictResponse", "200", "Success"] == 3
    assert found["PredictResponse", "400", "Failure"] == 1
    assert found["PredictLatency_count", "Success"] == found["PredictLatency_bucket", "Success", "+Inf"] == 3
    assert found["paddock_batch_requests_count",] == 4
    assert found["paddock_instances",] == 2
    assert {"PredictBandwidth", "NetworkBytes"} <= {name for name, *_ in found}


def test_usage_of_each_instance_is_measured_by_the_clock(serve, client):
    spec = serve()
    for _ in range(2):
        move_clock(spec, 0, client)
    found = [name for name, *_ in metrics_of(client) if name in {"CpuUtilization", "MemoryUtilization"}]
    assert sorted(set(found)) == ["CpuUtilization", "MemoryUtilization"]


def test_autoscaling_adds_instances_by_the_clock_and_an_update_keeps_them(serve, client):
    spec = serve(instances=1, autoscaling=policy())
    client.predict(1)
    assert len(move_clock(spec, 0, client)["worker_pids"]) == 1
    client.predict(1)
    move_clock(spec, 310, client)
    client.predict(1)
    assert len(move_clock(spec, 0, client)["worker_pids"]) == 2
    updated = supervisor.update(replace(spec, generation=2, access_log=None))
    assert len(updated.worker_pids) == 2
    fixed = supervisor.update(replace(spec, generation=3, autoscaling=None, instances=1))
    assert len(fixed.worker_pids) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"minimum": 2}, "1 <= minimum <= instances <= maximum"),
        ({"rules": (ScalingRule(ScalingCondition("nonsense"), ScalingCondition(ALWAYS)),)}, "found 'nonsense'"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused_before_anything_is_made(spec, changes, words):
    with pytest.raises(SpecRefused, match=words):
        supervisor.start(replace(spec, instances=1, autoscaling=policy(**changes)))
    assert not spec.state_dir.exists()


def test_what_goes_over_the_bandwidth_is_429_and_later_served(serve, client):
    serve(bandwidth_mbps=1.0)
    body = "x" * 70_000
    assert client.predict(body).status_code == 200
    answer = client.predict(body)
    assert (answer.status_code, answer.json()["code"]) == (429, "TooManyRequests")
    assert answer.json()["message"].startswith("LB bandwidth limit exceeded.")
    assert int(answer.headers["retry-after"]) >= 1
    wait_until(lambda: client.predict("x").status_code == 200, "the bucket has filled")


def test_the_bucket_fills_at_the_provisioned_rate():
    bucket = Bandwidth(8.0, 0.0)
    bucket.use(3_000_000)
    assert bucket.refuse(1.0).retry_after_s == 1
    assert bucket.refuse(1.9).status == 429
    assert bucket.refuse(2.1) is None


def test_more_requests_than_may_wait_are_429_with_retry_after(serve, client, keys, tmp_path):
    spec = serve(artifact_dir=write_artifact(tmp_path / "gated", GATED_SCORE), instances=1, queue_limit_requests=2)
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(Client(spec, keys).predict, str(gate)) for _ in range(6)]
        wait_until(lambda: sum(one.done() for one in waiting) == 3, "three of six are refused")
        gate.touch()
        answers = [one.result(30) for one in waiting]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 3
    assert {(answer.json()["code"], answer.headers["retry-after"]) for answer in refused} == {("TooManyRequests", "1")}
    assert [answer.json() for answer in answers if answer.status_code == 200] == ["through"] * 3
