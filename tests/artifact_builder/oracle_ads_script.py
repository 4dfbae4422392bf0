"""Run by oracle-ads's own Python: `oracle_ads_script.py ARTIFACT_FOLDER...` prints one JSON object a folder.

No cloud: OCI's index of conda packs, which one of the introspection tests asks for, is answered from runtime.yaml.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path

import yaml
from ads import set_auth
from ads.model.generic_model import GenericModel
from ads.model.model_artifact_boilerplate.artifact_introspection_test import model_artifact_validate


class _Index:
    """The answer to the request for OCI's index."""

    status_code = 200
    ok = True

    def __init__(self, path):
        self._path = path

    def json(self):
        return {"service_packs": [{"pack_path": self._path}]}


def main(config_file, folders):
    set_auth("api_key", oci_config_location=config_file)
    for folder in folders:
        print(json.dumps(report(folder)))


def report(folder):
    manifest = json.loads(Path(folder, "manifest.json").read_text())
    runtime = yaml.safe_load(Path(folder, "runtime.yaml").read_text())
    path = runtime["MODEL_DEPLOYMENT"]["INFERENCE_CONDA_ENV"]["INFERENCE_ENV_PATH"]
    model = GenericModel.from_model_artifact(
        uri=folder, artifact_dir=folder, model_file_name=manifest["model_file_name"], ignore_conda_error=True
    )
    answer = model.verify(manifest["golden"]["rows"], reload_artifacts=True)
    validate = importlib.reload(model_artifact_validate)  # its results are module globals
    validate.requests.request = lambda *_arguments, **_options: _Index(path)
    passed, message = validate.validate_artifact(folder)
    tests = {key: test.get("success") for key, test in validate.TESTS.items()}
    return {"answer": answer, "passed": passed, "message": message, "tests": tests}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1], sys.argv[2:])
