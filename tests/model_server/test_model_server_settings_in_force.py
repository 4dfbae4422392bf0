"""That settings which are in force are not set again changes no answer; others are set as scikit-learn does."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.ensemble import BaggingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.utils import parallel
from sklearn.utils.parallel import Parallel, delayed

from model_server.settings_in_force import know_settings_in_force

ROWS = np.random.default_rng(0).normal(size=(60, 4))
TRUTHS = (ROWS[:, 0] > 0).astype(int)


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(parallel._FuncWrapper, "__call__", parallel._FuncWrapper.__call__)
    know_settings_in_force()


@pytest.mark.parametrize("jobs", [None, 2])
@pytest.mark.parametrize("kind", [RandomForestRegressor, RandomForestClassifier, BaggingRegressor])
def test_ensembles_answer_alike(kind, jobs, request):
    model = kind(n_estimators=5, random_state=0, n_jobs=jobs).fit(ROWS, TRUTHS)
    before = model.predict(ROWS)
    request.getfixturevalue("known")
    np.testing.assert_array_equal(model.predict(ROWS), before)


@pytest.mark.usefixtures("known")
def test_nothing_is_set_where_all_is_in_force(monkeypatch):
    monkeypatch.setattr(warnings, "resetwarnings", lambda: pytest.fail("set again"))
    assert Parallel()(delayed(abs)(number) for number in (-1, -2)) == [1, 2]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_a_task_elsewhere_gets_its_callers_configuration(backend):
    with sklearn.config_context(assume_finite=True):
        tasks = (delayed(sklearn.get_config)() for _ in range(4))
        assert all(config["assume_finite"] for config in Parallel(n_jobs=2, backend=backend)(tasks))


@pytest.mark.usefixtures("known")
def test_a_task_that_meets_other_filters_gets_its_callers():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        task, arguments, _ = delayed(warnings.warn)("loud")
        task.with_config_and_warning_filters(sklearn.get_config(), warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(UserWarning, match="loud"):
            task(*arguments)


@pytest.mark.usefixtures("known")
def test_what_is_known_once_is_not_known_again():
    before = parallel._FuncWrapper.__call__
    know_settings_in_force()
    assert parallel._FuncWrapper.__call__ is before


def test_where_scikit_learn_is_not_there_nothing_is_imported():
    code = (
        "import sys; from model_server.settings_in_force import know_settings_in_force; know_settings_in_force();"
        "sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
