"""What a client of a deployment's endpoint gets."""

from __future__ import annotations


def test_predict_answers_what_score_py_returns(serve, client):
    serve()
    answer = client.predict([[1, 2.5, None, "é"]])
    assert (answer.status_code, answer.json()) == (200, {"prediction": ["old", [[1, 2.5, None, "é"]]]})
