"""Every estimator of scikit-learn that can be fitted on a small table, through conversion and comparison."""

from __future__ import annotations

import warnings

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.onnx.conversion import convert
from artifact_builder.worker.subject import Subject

_ROWS = 48
_METHODS = ("predict", "predict_proba")
_ARGUMENTS = {
    "GridSearchCV": {"estimator": LogisticRegression(), "param_grid": {"C": [0.1, 1]}},
    "RandomizedSearchCV": {"estimator": LogisticRegression(), "param_distributions": {"C": [0.1, 1]}, "n_iter": 2},
    "VotingClassifier": {"estimators": [("a", LogisticRegression()), ("b", DecisionTreeClassifier())]},
    "StackingClassifier": {"estimators": [("a", LogisticRegression()), ("b", DecisionTreeClassifier())]},
    "VotingRegressor": {"estimators": [("a", Ridge()), ("b", LinearRegression())]},
    "StackingRegressor": {"estimators": [("a", Ridge()), ("b", LinearRegression())]},
    "MultiOutputRegressor": {"estimator": Ridge()},
    "RegressorChain": {"estimator": Ridge()},
}
_SMALLER = {"n_estimators": 5, "n_quantiles": 10, "n_components": 2, "max_iter": 50, "n_init": 1, "random_state": 0}
_KNOWN_TO_CONVERT = frozenset(
    """
    ARDRegression AdaBoostClassifier AdaBoostRegressor BaggingClassifier BaggingRegressor BayesianGaussianMixture
    BayesianRidge BernoulliNB Binarizer CalibratedClassifierCV CategoricalNB ComplementNB DecisionTreeClassifier
    DecisionTreeRegressor ElasticNet ElasticNetCV ExtraTreeClassifier ExtraTreeRegressor ExtraTreesClassifier
    ExtraTreesRegressor FrozenEstimator GaussianMixture GaussianNB GaussianProcessRegressor GaussianRandomProjection
    GradientBoostingClassifier GradientBoostingRegressor GridSearchCV HistGradientBoostingClassifier
    HistGradientBoostingRegressor HuberRegressor IncrementalPCA IsolationForest KBinsDiscretizer KMeans KNNImputer
    KNeighborsClassifier KNeighborsRegressor KernelPCA Lars Lasso LassoLars LinearDiscriminantAnalysis
    LinearRegression LinearSVC LinearSVR LogisticRegression LogisticRegressionCV MLPClassifier MLPRegressor
    MaxAbsScaler MinMaxScaler MiniBatchKMeans MultiOutputClassifier MultiOutputRegressor MultiTaskLasso
    MultinomialNB Normalizer NuSVC NuSVR OneClassSVM OneVsOneClassifier OneVsRestClassifier OrdinalEncoder
    OrthogonalMatchingPursuit PCA PLSRegression PassiveAggressiveClassifier PassiveAggressiveRegressor Perceptron
    PoissonRegressor PolynomialFeatures PowerTransformer QuadraticDiscriminantAnalysis QuantileRegressor
    QuantileTransformer RANSACRegressor RandomForestClassifier RandomForestRegressor RandomizedSearchCV Ridge
    RidgeCV RidgeClassifier RobustScaler SGDClassifier SGDRegressor SVC SVR SelectKBest SimpleImputer
    StackingClassifier StackingRegressor StandardScaler TheilSenRegressor TruncatedSVD TweedieRegressor
    TransformedTargetRegressor VarianceThreshold VotingClassifier VotingRegressor
    """.split()  # noqa: SIM905  # reads better than a hundred quoted lines
)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """{(class, method): "converts" | WorkerError's kind | whatever else was raised}; and the folder of the graphs."""
    folder = tmp_path_factory.mktemp("graphs")
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, kind in all_estimators():
            fitted, features = _fitted(name, kind)
            methods = _METHODS if hasattr(fitted, "predict") else ("transform",)
            for method in methods:
                if callable(getattr(fitted, method, None)):
                    subject = Subject(fitted, features, "array", method)
                    found[name, method] = _outcome(subject, folder / f"{name}-{method}.onnx")
    return found, folder


def test_each_estimator_converts_or_is_refused_with_a_reason(outcomes):
    found, _ = outcomes
    assert len(found) > 180
    assert {
        key: outcome
        for key, outcome in found.items()
        if outcome not in {"converts", "onnx_unsupported", "onnx_differs", "predict"}
    } == {}


def test_what_is_known_to_convert_still_does(outcomes):
    found, _ = outcomes
    converted = {name for (name, _), outcome in found.items() if outcome == "converts"}
    assert _KNOWN_TO_CONVERT - converted == set()


def test_each_graph_takes_one_tensor_of_numbers_and_gives_plain_types(outcomes):
    found, folder = outcomes
    for (name, method), outcome in found.items():
        if outcome != "converts":
            continue
        session = onnxruntime.InferenceSession(folder / f"{name}-{method}.onnx", providers=["CPUExecutionProvider"])
        (given,), (output,) = session.get_inputs(), session.get_outputs()
        assert (given.name, output.name) == ("X", "prediction"), name
        assert given.type in {"tensor(double)", "tensor(float)"}, name
        assert output.type in {"tensor(double)", "tensor(int64)", "tensor(bool)", "tensor(string)"}, name


def _fitted(name, kind):
    """(estimator, features), or (None, None) for what no table of numbers fits."""
    random = np.random.default_rng(0)
    table = random.normal(size=(_ROWS, 4))
    numbers = table @ [1.0, 2.0, 3.0, 4.0] + np.sin(3 * table[:, 0])
    two = (table[:, 0] + table[:, 1] > 0).astype(int)
    three = two + (table[:, 2] > 0.7)
    targets = [numbers, np.c_[numbers, 2 * numbers]] if name.endswith(("Regressor", "SVR")) else []
    targets += [three, two, numbers, None, np.c_[two, three > 1].astype(int), np.c_[numbers, 2 * numbers]]
    for target in targets:
        for rows in (table, np.abs(table)):
            try:
                estimator = _made(name, kind, table, three)
                estimator.fit(rows) if target is None else estimator.fit(rows, target)
            except Exception:  # noqa: BLE001, S112  # not for these targets
                continue
            if is_classifier(estimator) and target is numbers:
                continue
            return estimator, pd.DataFrame(rows, columns=list("abcd"))
    return None, None


def _made(name, kind, table, labels):
    if name == "FrozenEstimator":
        return kind(LogisticRegression().fit(table, labels))
    if name in _ARGUMENTS:
        return kind(**_ARGUMENTS[name])
    try:
        estimator = kind()
    except TypeError:
        estimator = kind(LogisticRegression())
    own = estimator.get_params(deep=False)
    small = {key: value for key, value in _SMALLER.items() if key in own}
    return estimator.set_params(**small)


def _outcome(subject, path):
    try:
        convert(subject, path)
    except WorkerError as error:
        return error.kind if "Traceback" not in str(error) else str(error)
    except Exception as error:  # noqa: BLE001  # the finding
        return repr(error)
    return "converts"
