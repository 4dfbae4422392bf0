"""requirements.txt: what the artifact's files import, in lines that are equal on every machine."""

from __future__ import annotations

import ast
from importlib import metadata

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy
import sklearn
from packaging.requirements import Requirement

from artifact_builder import requirements_txt as module
from artifact_builder.requirements_txt import requirements_txt

SCORE = (
    "import json\nimport os\nimport joblib\nimport numpy as np\ndef frame():\n    import pandas as pd\n    return pd\n"
)


def requirements(text: str) -> dict[str, Requirement]:
    lines = [Requirement(line) for line in text.splitlines() if not line.startswith("#")]
    return {one.name: one for one in lines}


def test_third_party_imports_at_any_depth_are_listed_and_sorted():
    text = requirements_txt({"score.py": SCORE}, estimator_modules={"sklearn", "numpy", "scipy"})
    assert [line.split("=")[0].split(">")[0] for line in text.splitlines()] == [
        "joblib",
        "numpy",
        "pandas",
        "scikit-learn",
        "scipy",
    ]


def test_scikit_learn_is_pinned_and_the_others_have_bounds_that_the_installed_ones_meet():
    wanted = requirements(requirements_txt({"score.py": SCORE}, estimator_modules={"sklearn", "scipy"}))
    assert str(wanted["scikit-learn"].specifier) == f"=={sklearn.__version__}"
    for library in (joblib, np, pd, scipy):
        assert wanted[library.__name__].specifier.contains(library.__version__)


@pytest.mark.parametrize(
    ("version", "line"),
    [("2.4.6", "lib>=2,<3"), ("2.9.0", "lib>=2,<3"), ("0.11.2", "lib>=0.11,<0.12"), ("10.1+cpu", "lib>=10,<11")],
)
def test_a_bound_does_not_follow_patch_releases(monkeypatch, version, line):
    monkeypatch.setattr(module.metadata, "packages_distributions", lambda: {"lib": ["lib"]})
    monkeypatch.setattr(module.metadata, "version", lambda _: version)
    assert requirements_txt({"hooks.py": "import lib.part"}) == f"{line}\n"


def test_a_library_whose_classes_are_pickled_is_pinned(monkeypatch):
    monkeypatch.setattr(module.metadata, "packages_distributions", lambda: {"lib": ["Lib_X"]})
    monkeypatch.setattr(module.metadata, "version", lambda _: "1.2.3+local")
    assert requirements_txt({}, estimator_modules=["lib"]) == "lib-x==1.2.3\n"


def test_pandas_follows_the_builders_major_only_where_the_model_file_holds_its_objects():
    assert requirements_txt({"score.py": "import pandas"}) == "pandas>=2.2,<4\n"
    major = int(pd.__version__.partition(".")[0])
    assert requirements_txt({}, estimator_modules=["pandas"]) == f"pandas>={major},<{major + 1}\n"


def test_onnx_needs_no_scikit_learn():
    text = requirements_txt({"score.py": "import numpy as np\nimport onnxruntime\n"})
    wanted = requirements(text)
    assert list(wanted) == ["numpy", "onnxruntime"]
    assert wanted["onnxruntime"].specifier.contains(metadata.version("onnxruntime"))


def test_own_modules_the_standard_library_and_what_only_a_type_checker_sees_are_left_out():
    sources = {
        "score.py": "import hooks\nfrom own import Step\nfrom __future__ import annotations\n",
        "hooks.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\nelse:\n    import yaml\n",
        "own.py": "from . import x\nfrom .hooks import y\nimport collections.abc, xml.etree.ElementTree\n",
    }
    assert list(requirements(requirements_txt(sources))) == ["pyyaml"]


def test_what_is_not_installed_and_what_is_no_python_are_comments():
    sources = {"score.py": "import numpy", "hooks.py": "import never_heard_of\n", "own.py": "def ("}
    lines = requirements_txt(sources).splitlines()
    assert lines[0] == "# never_heard_of: imported by hooks.py, of no distribution that was installed at build time"
    assert lines[1].startswith("# own.py is not valid Python, its imports are not known: ")
    assert lines[2].startswith("numpy>=")
    assert len(lines) == 3


def test_the_order_of_the_files_and_modules_is_no_matter():
    one = requirements_txt({"a.py": "import yaml", "b.py": "import numpy, zzz"}, estimator_modules=["sklearn", "scipy"])
    other = requirements_txt(
        {"b.py": "import zzz, numpy", "a.py": "import yaml"}, estimator_modules=["scipy", "sklearn"]
    )
    assert one == other


def test_the_fixed_bounds_are_valid_requirements():
    assert all(Requirement(line).name == name for name, line in module._FIXED.items())
    assert ast.parse(SCORE)
