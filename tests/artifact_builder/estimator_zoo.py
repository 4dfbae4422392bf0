"""Fitted estimators of every kind that scikit-learn has, with samples, as users bring them."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn import (
    calibration,
    cluster,
    compose,
    covariance,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_extraction,
    feature_selection,
    gaussian_process,
    impute,
    isotonic,
    kernel_ridge,
    linear_model,
    mixture,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    semi_supervised,
    svm,
    tree,
)

ROWS = 60


@dataclass(frozen=True)
class Animal:
    """``X`` and ``y`` as fitted; ``options``: lines of model.yaml."""

    estimator: Any
    X: Any
    y: Any = None
    options: tuple[str, ...] = ()
    samples_format: str = "csv"


def _numbers(seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    values = {f"x{index}": random.normal(size=ROWS).round(4) for index in range(4)}
    return pd.DataFrame(values)


def _mixed() -> pd.DataFrame:
    random = np.random.default_rng(1)
    frame = _numbers()
    frame["city"] = random.choice(["Aden", "Bonn", "Cork"], ROWS)
    frame["age"] = random.integers(18, 90, ROWS)
    frame["member"] = random.choice([True, False], ROWS)
    frame.loc[3, "x1"] = np.nan
    frame.loc[5, "city"] = None
    return frame


def _categorical() -> pd.DataFrame:
    frame = _mixed()
    frame["city"] = frame["city"].astype("category")
    return frame


def _dated() -> pd.DataFrame:
    frame = _numbers()
    frame["day"] = pd.date_range("2024-01-01", periods=ROWS, freq="D")
    return frame


def _texts() -> list[str]:
    words = ["good wine", "bad wine", "good cheese and bread", "bad bread", "the wine of old", "cheese: very good"]
    return [words[index % len(words)] + f" {index % 7}" for index in range(ROWS)]


def _records() -> list[dict[str, Any]]:
    return [{"city": ["Aden", "Bonn", "Cork"][index % 3], "age": float(index % 5)} for index in range(ROWS)]


def _mixed_columns() -> compose.ColumnTransformer:
    numbers = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    words = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="most_frequent"), preprocessing.OneHotEncoder(handle_unknown="ignore")
    )
    return compose.ColumnTransformer([("n", numbers, ["x0", "x1", "x2", "x3", "age"]), ("w", words, ["city"])])


def zoo() -> dict[str, Animal]:
    """By the model's name."""
    frame, mixed = _numbers(), _mixed()
    array = frame.to_numpy()
    number = 2 * frame["x0"] - frame["x1"] + 0.5
    label = np.where(number > 0.5, "high", "low")
    digit = (number > 0.5).astype(int).to_numpy() + (number > 2).astype(int).to_numpy()
    several = np.column_stack([number, -number])
    two_labels = np.column_stack([digit, label == "high"]).astype(int)
    positive = np.abs(array)
    fit = {
        "logistic": Animal(
            pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), frame, label
        ),
        "logistic-proba": Animal(linear_model.LogisticRegression(), frame, label, ("predict_proba: true",)),
        "logistic-array": Animal(linear_model.LogisticRegression(), array, digit),
        "linear": Animal(linear_model.LinearRegression(), frame, number),
        "linear-npy": Animal(linear_model.LinearRegression(), array, number.to_numpy(), samples_format="npy"),
        "linear-float32": Animal(
            linear_model.Ridge(), array.astype(np.float32), number.to_numpy(np.float32), samples_format="npy"
        ),
        "ridge-several": Animal(linear_model.Ridge(), frame, several),
        "huber": Animal(linear_model.HuberRegressor(), frame, number),
        "poisson": Animal(linear_model.PoissonRegressor(), frame, np.abs(number)),
        "sgd": Animal(linear_model.SGDClassifier(random_state=0), frame, digit),
        "forest": Animal(ensemble.RandomForestRegressor(8, random_state=0), frame, number),
        "forest-classifier": Animal(
            ensemble.RandomForestClassifier(8, random_state=0), frame, label, ("predict_proba: true",)
        ),
        "extra-trees-several": Animal(ensemble.ExtraTreesRegressor(5, random_state=0), array, several),
        "gradient-boosting": Animal(ensemble.GradientBoostingClassifier(n_estimators=6, random_state=0), frame, digit),
        "hist-boosting": Animal(
            ensemble.HistGradientBoostingRegressor(max_iter=6),
            mixed.drop(columns=["city", "member"]),
            number,
            samples_format="parquet",
        ),
        "hist-boosting-categories": Animal(
            ensemble.HistGradientBoostingClassifier(max_iter=6, categorical_features="from_dtype"),
            _categorical().drop(columns=["member"]),
            digit,
            samples_format="parquet",
        ),
        "ada-boost": Animal(ensemble.AdaBoostRegressor(n_estimators=4, random_state=0), frame, number),
        "bagging": Animal(ensemble.BaggingClassifier(n_estimators=4, random_state=0), frame, label),
        "isolation-forest": Animal(ensemble.IsolationForest(n_estimators=6, random_state=0), frame),
        "voting": Animal(
            ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]),
            frame,
            number,
        ),
        "stacking": Animal(
            ensemble.StackingClassifier(
                [("a", naive_bayes.GaussianNB()), ("b", tree.DecisionTreeClassifier(max_depth=3))], cv=3
            ),
            frame,
            digit,
        ),
        "tree": Animal(tree.DecisionTreeClassifier(max_depth=4), frame, label),
        "svc": Animal(svm.SVC(), frame, label),
        "svr": Animal(pipeline.make_pipeline(preprocessing.RobustScaler(), svm.SVR()), frame, number),
        "linear-svc": Animal(svm.LinearSVC(), array, digit),
        "one-class-svm": Animal(svm.OneClassSVM(), array),
        "neighbors": Animal(neighbors.KNeighborsClassifier(3), frame, label),
        "neighbors-regressor": Animal(neighbors.KNeighborsRegressor(3), array, several),
        "radius-neighbors": Animal(neighbors.RadiusNeighborsClassifier(5.0), frame, digit),
        "novelty": Animal(neighbors.LocalOutlierFactor(novelty=True), array),
        "naive-bayes": Animal(naive_bayes.GaussianNB(), frame, label),
        "multinomial": Animal(naive_bayes.MultinomialNB(), positive, digit),
        "perceptron": Animal(
            neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=30, random_state=0), frame, number
        ),
        "discriminant": Animal(discriminant_analysis.LinearDiscriminantAnalysis(), frame, label),
        "gaussian-process": Animal(gaussian_process.GaussianProcessRegressor(), array, number),
        "kernel-ridge": Animal(kernel_ridge.KernelRidge(), frame, number),
        "isotonic": Animal(isotonic.IsotonicRegression(out_of_bounds="clip"), frame[["x0"]], number),
        "pls": Animal(cross_decomposition.PLSRegression(2), frame, several),
        "calibrated": Animal(
            calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=3), frame, label, ("predict_proba: true",)
        ),
        "one-vs-rest": Animal(multiclass.OneVsRestClassifier(linear_model.LogisticRegression()), frame, digit),
        "multi-output-classifier": Animal(
            multioutput.MultiOutputClassifier(tree.DecisionTreeClassifier(max_depth=2)), frame, two_labels
        ),
        "multi-output-proba": Animal(
            multioutput.MultiOutputClassifier(tree.DecisionTreeClassifier(max_depth=2)),
            frame,
            two_labels,
            ("predict_proba: true",),
        ),
        "regressor-chain": Animal(multioutput.RegressorChain(linear_model.Ridge()), array, several),
        "target-transformed": Animal(
            compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1),
            frame,
            np.abs(number),
        ),
        "self-training": Animal(
            semi_supervised.SelfTrainingClassifier(linear_model.LogisticRegression()), frame, digit
        ),
        "dummy": Animal(dummy.DummyClassifier(strategy="most_frequent"), frame, label),
        "kmeans": Animal(cluster.KMeans(3, n_init=1, random_state=0), frame),
        "mean-shift": Animal(cluster.MeanShift(), array),
        "birch": Animal(cluster.Birch(n_clusters=3), frame),
        "mixture": Animal(mixture.GaussianMixture(2, random_state=0), array),
        "covariance": Animal(covariance.EllipticEnvelope(random_state=0), array),
        "grid-search": Animal(
            model_selection.GridSearchCV(
                pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
                {"logisticregression__C": [0.1, 1.0]},
                cv=3,
            ),
            frame,
            label,
        ),
        "pca": Animal(pipeline.make_pipeline(preprocessing.StandardScaler(), decomposition.PCA(2)), frame),
        "select": Animal(feature_selection.SelectKBest(feature_selection.f_classif, k=2), frame, digit),
        "one-hot": Animal(preprocessing.OneHotEncoder(handle_unknown="ignore"), mixed[["city", "member"]].dropna()),
        "mixed": Animal(pipeline.make_pipeline(_mixed_columns(), linear_model.LogisticRegression()), mixed, label),
        "mixed-jsonl": Animal(
            pipeline.make_pipeline(_mixed_columns(), ensemble.RandomForestRegressor(5, random_state=0)),
            mixed,
            number,
            samples_format="jsonl",
        ),
        "mixed-array": Animal(
            pipeline.make_pipeline(preprocessing.OrdinalEncoder(), tree.DecisionTreeClassifier()),
            mixed[["city", "member"]].dropna().to_numpy(dtype=object),
            digit[: len(mixed.dropna(subset=["city"]))],
        ),
        "dated": Animal(
            pipeline.make_pipeline(
                compose.ColumnTransformer([("d", preprocessing.OrdinalEncoder(), ["day"])], remainder="passthrough"),
                linear_model.Ridge(),
            ),
            _dated(),
            number,
            samples_format="parquet",
        ),
        "texts": Animal(
            pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(), linear_model.LogisticRegression()),
            _texts(),
            label,
        ),
        "hashed-texts": Animal(
            pipeline.make_pipeline(feature_extraction.text.HashingVectorizer(n_features=64), naive_bayes.BernoulliNB()),
            _texts(),
            digit,
        ),
        "text-vectors": Animal(feature_extraction.text.CountVectorizer(), _texts()),
        "records": Animal(
            pipeline.make_pipeline(feature_extraction.DictVectorizer(), linear_model.Ridge()),
            _records(),
            number,
            samples_format="jsonl",
        ),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as a network that has not converged
        for animal in fit.values():
            animal.estimator.fit(animal.X) if animal.y is None else animal.estimator.fit(animal.X, animal.y)
    return fit


def write_animal(
    folder: Path, animal: Animal, *, estimator_file: str = "model.pkl", options: tuple[str, ...] = ()
) -> None:
    """A model folder of one animal."""
    folder.mkdir(parents=True)
    joblib.dump(animal.estimator, folder / estimator_file)
    frame = sample_frame(animal)
    file = f"X.{animal.samples_format}"
    if animal.samples_format == "csv":
        frame.to_csv(folder / file, index=False)
    elif animal.samples_format == "parquet":
        frame.to_parquet(folder / file)
    elif animal.samples_format == "jsonl":
        frame.to_json(folder / file, orient="records", lines=True, double_precision=15)
    else:
        np.save(folder / file, animal.X)
    samples = f"samples: {{X: {file}}}"
    if animal.y is not None:
        pd.DataFrame(animal.y).to_csv(folder / "y.csv", index=False)
        samples = f"samples: {{X: {file}, y: y.csv}}"
    (folder / "model.yaml").write_text(
        "\n".join([f"estimator: {estimator_file}", samples, *animal.options, *options, ""])
    )


def sample_frame(animal: Animal) -> pd.DataFrame:
    """The samples as a frame, whatever the estimator was fitted on."""
    if isinstance(animal.X, pd.DataFrame):
        return animal.X
    if isinstance(animal.X, list):
        return pd.DataFrame(animal.X) if isinstance(animal.X[0], dict) else pd.DataFrame({"text": animal.X})
    return pd.DataFrame(animal.X, columns=[f"column_{index}" for index in range(animal.X.shape[1])])


def as_json_rows(animal: Animal) -> Any:
    """All samples as a client would send them."""
    if isinstance(animal.X, list):
        return animal.X
    frame = sample_frame(animal)
    return json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))
