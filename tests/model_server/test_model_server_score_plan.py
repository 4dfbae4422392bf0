"""Which score.py may have requests predicted together, read from its source."""

from __future__ import annotations

import pytest

from model_server.score_plan import SharedCall, shared_call

HEAD = "def predict(data, model=load_model(), input_schema_path=_SCHEMA_PATH):\n    "
ONE_LINE = "return {'prediction': post_inference(model.predict(pre_inference(data, input_schema_path)))}"
STEPS = '''"""Words."""
    samples = pre_inference(data, input_schema_path)
    try:
        yhat = model.predict_proba(samples)
    except (ValueError, TypeError) as error:
        raise ValueError("; ".join(_refused_by(model, samples, error))) from None
    return {"prediction": post_inference(yhat)}'''
ONNX = """(yhat,) = model.run(["probabilities"], pre_inference(data, input_schema_path, model))
    return {"prediction": post_inference(yhat)}"""


@pytest.mark.parametrize(
    ("body", "call"),
    [
        (ONE_LINE, SharedCall("predict")),
        (STEPS, SharedCall("predict_proba")),
        (ONNX, SharedCall("run", ("probabilities",))),
    ],
)
def test_the_generated_forms_name_the_call_that_may_be_shared(body, call):
    assert shared_call(HEAD + body) == call


@pytest.mark.parametrize(
    "body",
    [
        ONE_LINE.replace("predict(", "fit_predict(", 1),
        ONE_LINE.replace("'prediction'", "'scores'"),
        ONE_LINE.replace("post_inference(", "round_up(post_inference(").replace(")))}", "))))}"),
        ONE_LINE.replace("data", "data[:1]"),
        "data = clean(data)\n    " + ONE_LINE,
        "print(data)\n    " + ONE_LINE,
        "if len(data) > 1:\n        return None\n    " + ONE_LINE,
        STEPS.replace("samples)\n", "samples)\n        log(yhat)\n", 1),
        STEPS.replace("post_inference(yhat)", "post_inference(samples)"),
        ONNX.replace('["probabilities"]', "OUTPUTS"),
        "pass",
    ],
)
def test_a_predict_that_does_anything_else_is_not_shared(body):
    assert shared_call(HEAD + body) is None


def test_a_decorated_a_second_or_no_predict_is_not_shared():
    assert shared_call("@traced\n" + HEAD + ONE_LINE) is None
    assert shared_call(HEAD + ONE_LINE + "\n" + HEAD + ONE_LINE) is None
    assert shared_call("predict = print\n") is None
