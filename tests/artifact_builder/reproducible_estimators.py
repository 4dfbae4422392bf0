"""``python reproducible_estimators.py forms|plain``: fit what scikit-learn has, print {name: {form: digest}}.

Run in two processes with different hash seeds. "forms" also saves and loads each estimator in every way there is.
"""

from __future__ import annotations

import inspect
import io
import itertools
import json
import pickle
import sys
import warnings

import joblib
import numpy as np
import skops.io
from sklearn.cluster import KMeans
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from artifact_builder.worker.reproducible_pickle import dump_sha256_hex

rng = np.random.RandomState(0)
X = rng.rand(30, 4)
y = (X[:, 0] + X[:, 1] > 1).astype(int)
texts = ["red wine", "white wine", "red grape"] * 10
DATA = (
    (X, y),
    (X, X[:, 1:3]),
    (X, np.stack([y, 1 - y], axis=1)),
    (X @ X.T, y),
    (X[:, :1], y),
    (y,),
    ([["a", "b"], ["b"]],),
    (texts, y),
    ([{"a": 1.0, "b": "x"}, {"b": "y"}],),
    (X, y + 0.5),
)
SMALL = ({"n_estimators": 3, "max_iter": 20, "random_state": 0, "cv": 2, "n_components": 2}, {"random_state": 0})
REQUIRED = {
    "estimator": lambda kind: Ridge() if kind == "regressor" else LogisticRegression(),
    "estimators": lambda kind: (
        [("a", Ridge()), ("b", Ridge(2.0))]
        if kind == "regressor"
        else [("a", LogisticRegression()), ("b", LogisticRegression(C=2.0))]
    ),
    "param_grid": lambda _: {"C": [0.1, 1.0]},
    "param_distributions": lambda _: {"C": [0.1, 1.0, 10.0]},
    "transformers": lambda _: [("a", StandardScaler(), [0, 1]), ("b", "passthrough", [2])],
    "transformer_list": lambda _: [("a", StandardScaler()), ("b", SelectKBest(k=2))],
    "steps": lambda _: [("scale", StandardScaler()), ("groups", KMeans(2, random_state=0))],
    "dictionary": lambda _: X[:3],
}


def made(cls, small):
    kind = getattr(cls, "_estimator_type", None) or ("regressor" if "Regressor" in cls.__name__ else "classifier")
    parameters = inspect.signature(cls).parameters
    required = {name: REQUIRED[name](kind) for name, one in parameters.items() if one.default is one.empty}
    known = {name: value for name, value in small.items() if name in parameters and name not in required}
    return cls(**required, **known)


def fitted(cls):
    """A fitted estimator, or None where none of the data fit it."""
    for small, data in itertools.product(SMALL, DATA):
        try:
            return made(cls, small).fit(*data)
        except (ValueError, TypeError, AttributeError, IndexError, KeyError, NotImplementedError):
            continue
    return None


def forms(estimator):
    """Digests of the estimator as fitted, saved and loaded again, and after it was used."""
    yield "pickle", pickle.loads(pickle.dumps(estimator, protocol=2))
    yield "pickle 5", pickle.loads(pickle.dumps(estimator, protocol=5))
    for compress in (0, 3):
        file = io.BytesIO()
        joblib.dump(estimator, file, compress=compress)
        file.seek(0)
        yield f"joblib compress={compress}", joblib.load(file)
    try:
        saved = skops.io.dumps(estimator)
    except skops.io.exceptions.UnsupportedTypeException:
        pass
    else:
        yield "skops", skops.io.loads(saved, trusted=skops.io.get_untrusted_types(data=saved))
    for method in ("predict", "transform"):
        if hasattr(estimator, method):
            try:
                getattr(estimator, method)(X)
            except (ValueError, TypeError, AttributeError):
                continue
            yield "used", estimator


def main(what: str) -> None:
    warnings.simplefilter("ignore")
    digests = {}
    for name, cls in all_estimators():
        np.random.seed(0)  # noqa: NPY002  # some estimators know no other source
        estimator = fitted(cls)
        if estimator is not None:
            digests[name] = {"fitted": dump_sha256_hex(estimator)}
            if what == "forms":
                digests[name] |= {form: dump_sha256_hex(loaded) for form, loaded in forms(estimator)}
    print(json.dumps(digests))


if __name__ == "__main__":
    main(sys.argv[1])
