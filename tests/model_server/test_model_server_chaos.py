"""The chaos run in short; `python -m benchmarks chaos` is the ten minutes."""

from __future__ import annotations

from benchmarks import model_server_chaos

DURATION_S = 10.0


def test_no_good_request_fails_and_nothing_is_left():
    report = model_server_chaos.run(DURATION_S)
    assert report.seen.failures == []
    assert report.left == []
    assert report.is_good
    assert len(report.happened) == 5
    assert {name.partition(":")[0] for name in report.seen.bad} >= {
        "deadly",
        "unsigned",
        "slow loris",
        "vanish",
        "noise",
    }
