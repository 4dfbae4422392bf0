"""The ONNX flavour of score.py: onnxruntime and numpy alone, fed as the graph asks, the same errors."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from artifact_builder_models import imported_score
from artifact_builder_scores import column_dtypes
from onnx import TensorProto, helper

from artifact_builder.score import score_py
from artifact_builder.worker.schema import schema_json

TWO = pd.DataFrame({"a": [0.5, 1.5], "b": [1, 2]})
TEXTS = pd.DataFrame({"kind": ["x", "y"], "n": [1.5, 2.5]})


def graph_of(nodes, inputs, output):
    tensors = [helper.make_tensor_value_info(name, kind, [None, width]) for name, kind, width in inputs]
    answer = helper.make_tensor_value_info("answer", *output)
    graph = helper.make_graph(nodes, "model", tensors, [answer])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def sum_of_one_tensor(kind=TensorProto.DOUBLE):
    """Answer [n]: the sum of each row of X."""
    axes = helper.make_node("Constant", [], ["axes"], value_ints=[1])
    node = helper.make_node("ReduceSum", ["X", "axes"], ["answer"], keepdims=0)
    return graph_of([axes, node], [("X", kind, 2)], (kind, [None]))


def kind_of_two_tensors():
    """Answer [n, 1]: the text column, where the number column is only fed."""
    nodes = [
        helper.make_node("Cast", ["column_1"], ["text"], to=TensorProto.STRING),
        helper.make_node("Identity", ["column_0"], ["kind"]),
        helper.make_node("Concat", ["kind", "text"], ["answer"], axis=1),
    ]
    inputs = [("column_0", TensorProto.STRING, 1), ("column_1", TensorProto.DOUBLE, 1)]
    return graph_of(nodes, inputs, (TensorProto.STRING, [None, 2]))


def write_score(folder, features, model, **changes):
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model)
    (folder / "input_schema.json").write_text(schema_json(features))
    options = {"input_kind": "frame", "method": "predict", "strict": False, "has_hooks": False, **changes}
    options["column_dtypes"] = column_dtypes(features)
    text = score_py(model_file_name="model.onnx", format="onnx", has_own_modules=False, onnx_output="answer", **options)
    (folder / "score.py").write_text(text)
    return folder


@pytest.mark.parametrize("kind", [TensorProto.DOUBLE, TensorProto.FLOAT])
def test_every_form_feeds_one_tensor_of_all_columns(tmp_path, kind):
    score = imported_score(write_score(tmp_path / "artifact", TWO, sum_of_one_tensor(kind)))
    for body in (
        [[0.5, 1], [1.5, 2]],
        [{"b": 1, "a": 0.5}, {"b": 2, "a": 1.5}],
        {"a": [0.5, 1.5], "b": [1, 2]},
        json.loads(TWO.to_json()),
        {"data": TWO.to_json(orient="split")},
        TWO,
        TWO.to_numpy(),
    ):
        assert score.predict(body) == {"prediction": [1.5, 3.5]}


def test_null_is_nan_in_a_tensor_of_numbers_and_null_in_the_answer(tmp_path):
    score = imported_score(write_score(tmp_path / "artifact", TWO, sum_of_one_tensor()))
    assert score.predict([[None, 1], [1.5, 2]]) == {"prediction": [None, 3.5]}


def test_columns_of_different_types_are_tensors_of_their_own(tmp_path):
    score = imported_score(write_score(tmp_path / "artifact", TEXTS, kind_of_two_tensors()))
    assert score.predict([["x", 1.5], ["z", 2]]) == {"prediction": [["x", "1.5"], ["z", "2"]]}


WRONG = [
    ([["x", "1.5"]], "row 0, column 'n': expected a number, found '1.5'"),
    ([[3, 1.5]], "row 0, column 'kind': expected a text, found 3"),
    ([["x", 1.0], [None, 1.5]], "row 1, column 'kind': expected a value, found null"),
    ([{"kind": "x"}], "row 0: wrong columns: missing 'n'; expected 'kind', 'n'"),
    ([["x"]], "row 0: expected 2 values ('kind', 'n'), found 1"),
]


@pytest.mark.parametrize(("body", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_body_is_refused_with_words(tmp_path, body, words):
    score = imported_score(write_score(tmp_path / "artifact", TEXTS, kind_of_two_tensors()))
    with pytest.raises(ValueError) as caught:
        score.predict(body)
    assert words in str(caught.value)


def test_strict_refuses_unknown_categories(tmp_path):
    features = TEXTS.astype({"kind": "category"})
    score = imported_score(write_score(tmp_path / "artifact", features, kind_of_two_tensors(), strict=True))
    assert score.predict([["x", 1.5]]) == {"prediction": [["x", "1.5"]]}
    with pytest.raises(ValueError, match="row 0, column 'kind': expected one of 'x', 'y', found 'z'"):
        score.predict([["z", 1.5]])


def test_it_runs_where_pandas_scikit_learn_and_joblib_cannot_be_imported(tmp_path):
    folder = write_score(tmp_path / "artifact", TWO, sum_of_one_tensor())
    program = (
        "import sys, importlib.abc\n"
        "class No(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name.split('.')[0] in ('pandas', 'sklearn', 'joblib', 'scipy'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        f"sys.path.insert(0, {str(folder)!r})\n"
        "import score\n"
        "print(score.predict({'a': [0.5], 'b': [1]}))"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (finished.stdout.strip(), finished.stderr) == ("{'prediction': [1.5]}", "")


def test_the_session_has_one_thread_unless_the_environment_says_otherwise(tmp_path, monkeypatch):
    folder = write_score(tmp_path / "artifact", TWO, sum_of_one_tensor())
    threads = []
    for value in (None, "3"):
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        if value is not None:
            monkeypatch.setenv("OMP_NUM_THREADS", value)
        options = imported_score(folder).load_model().get_session_options()
        threads.append((options.intra_op_num_threads, options.inter_op_num_threads))
    assert threads == [(1, 1), (3, 1)]


def test_texts_are_one_tensor(tmp_path):
    node = helper.make_node("Identity", ["column_0"], ["answer"])
    model = graph_of([node], [("column_0", TensorProto.STRING, 1)], (TensorProto.STRING, [None, 1]))
    folder = write_score(tmp_path / "artifact", pd.DataFrame({"note": ["a"]}), model, input_kind="texts")
    score = imported_score(folder)
    for body in (["x", "y"], [["x"], ["y"]], {"note": ["x", "y"]}, np.array(["x", "y"])):
        assert score.predict(body) == {"prediction": [["x"], ["y"]]}
    assert score.predict("a text of its own") == {"prediction": [["a text of its own"]]}
