"""The known causes: service texts and tracebacks, those that were seen and those made up like them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddock.failure import Evidence, Facts, WorkRequest, cause_of
from paddock.failure.known_cause import known_causes

NOW = datetime(2026, 11, 29, tzinfo=UTC)
COMPARTMENT = "ocid1.compartment.oc1..c"
FACTS = Facts(
    is_local=False,
    compartment_id=COMPARTMENT,
    deployment_id="ocid1.datasciencemodeldeployment.oc1..d",
    shape="VM.Standard.E4.Flex",
    memory_gbs=16,
    conda_env="oci://packs@ns/published/one",
    conda_env_place="models/wine/model.yaml:17",
    python_version="3.11",
    requirements=("# acme_features: imported by hooks.py, of no distribution", "joblib>=1.2,<2", "scikit-learn==1.9.1"),
)
HEAD = """Traceback (most recent call last):
  File "/home/datascience/model-server/inference_server.py", line 41, in load
    spec.loader.exec_module(module)
  File "<frozen importlib._bootstrap_external>", line 940, in exec_module
  File "/opt/ds/model/deployed_model/score.py", line 68, in <module>
    load_hooks()  # hooks that do not load are seen when the model is loaded
"""
HOOKS = HEAD + '  File "/opt/ds/model/deployed_model/hooks.py", line 7, in <module>\n    {source}\n{words}\n'
PICKLE = (
    HEAD
    + """  File "/opt/conda/envs/one/lib/python3.11/site-packages/joblib/numpy_pickle.py", line 658, in load
    obj = _unpickle(fobj)
          ^^^^^^^^^^^^^^^
  File "/opt/conda/envs/one/lib/python3.11/pickle.py", line 1213, in load
    dispatch[key[0]](self)
{words}
"""
)
BOOTSTRAP = "ModelDeploymentFailed: Errors occurred while bootstrapping the Model Deployment."


def failed(*errors, logs=(), predict=(), details=None, facts=FACTS, status="FAILED"):
    request = WorkRequest("ocid1.wr", "MODEL_DEPLOYMENT_CREATE", status, NOW, tuple(errors), tuple(logs))
    return Evidence("wine", "FAILED", details, (request,), tuple(predict), facts)


def in_hooks(words, source="import something"):
    return failed(BOOTSTRAP, predict=HOOKS.format(source=source, words=words).splitlines())


def in_pickle(words):
    return failed(BOOTSTRAP, predict=[PICKLE.format(words=words)])


CODE = [
    (in_hooks("ModuleNotFoundError: No module named 'acme_features'"), "missing-package", "acme_features"),
    (in_hooks("ModuleNotFoundError: No module named 'acme.sub.part'"), "missing-package", "hooks.py:7"),
    (in_pickle("ModuleNotFoundError: No module named 'lightgbm'"), "missing-package", "lightgbm"),
    (in_pickle("ModuleNotFoundError: No module named 'numpy._core'"), "version-mismatch", "numpy._core"),
    (in_pickle("ModuleNotFoundError: No module named 'sklearn.ensemble._gb_losses'"), "version-mismatch", "_gb_losses"),
    (in_pickle("AttributeError: Can't get attribute 'Scaler' on <module '__main__'>"), "missing-class", "Scaler"),
    (
        in_pickle("AttributeError: Can't get attribute '_RandomSplitter' on <module 'sklearn.tree._tree' from '/x'>"),
        "version-mismatch",
        "_RandomSplitter",
    ),
    (in_pickle("ValueError: node array from the pickle has an incompatible dtype:"), "version-mismatch", "node array"),
    (in_pickle("ValueError: unsupported pickle protocol: 5"), "version-mismatch", "protocol: 5"),
    (
        in_pickle("AttributeError: 'DecisionTreeClassifier' object has no attribute 'monotonic_cst'"),
        "version-mismatch",
        "monotonic_cst",
    ),
    (in_pickle("_pickle.UnpicklingError: invalid load key, 'v'."), "model-file", "invalid load key"),
    (in_pickle("EOFError: Ran out of input"), "model-file", "Ran out of input"),
    (in_pickle("EOFError"), "model-file", "EOFError"),
    (in_pickle("KeyError: 60"), "unpickling", "KeyError: 60"),
    (in_pickle("ValueError: Buffer dtype mismatch, expected 'SIZE_t'"), "version-mismatch", "SIZE_t"),
    (in_pickle("TypeError: __randomstate_ctor() takes from 0 to 1 positional arguments"), "version-mismatch", "ctor"),
    (in_hooks("KeyError: 60", "model = pickle.load(file)"), "unpickling", "KeyError: 60"),
    (in_hooks("ImportError: libgomp.so.1: cannot open shared object file: No such file"), "system-library", "libgomp"),
    (
        in_hooks("FileNotFoundError: [Errno 2] No such file or directory: '/data/table.parquet'"),
        "model-file",
        "table.parquet",
    ),
    (in_hooks("MemoryError", "table = bytearray(1 << 60)"), "memory", "MemoryError"),
    (
        in_hooks(
            "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB for an array with shape (1000,)"
        ),
        "memory",
        "7.45 GiB",
    ),
    (in_hooks("OSError: [Errno 28] No space left on device"), "storage", "No space left"),
    (
        in_hooks(
            "oci.exceptions.ServiceError: {'target_service': 'object_storage', 'status': 404, 'code': "
            "'BucketNotFound', 'message': 'Either the bucket does not exist or you are not authorized'}"
        ),
        "policy",
        "BucketNotFound",
    ),
    (in_hooks("socket.gaierror: [Errno -2] Name or service not known"), "network", "Name or service not known"),
    (
        in_hooks("KeyError: 'FEATURE_STORE_URL'", "os.environ['FEATURE_STORE_URL']"),
        "environment-variable",
        "FEATURE_STORE",
    ),
    (in_hooks("socket.timeout: timed out"), "network", "socket.timeout"),
    (in_hooks("requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x')"), "network", "ReadTimeout"),
    (in_hooks("AttributeError: module 'numpy' has no attribute 'float'"), "version-mismatch", "'float'"),
    (in_hooks("ImportError: Missing optional dependency 'pyarrow'. Use pip"), "missing-package", "pyarrow"),
    (in_hooks("SystemExit: 3"), "score-error", "SystemExit: 3"),
    (in_hooks("SyntaxError: invalid syntax"), "python-version", "SyntaxError"),
    (in_hooks("RuntimeError: the feature store is out of reach"), "score-error", "the feature store is out of reach"),
    (in_hooks("acme.Trouble: nothing works"), "score-error", "nothing works"),
    (in_hooks("KeyError: 'petal'"), "score-error", "KeyError: 'petal'"),
]
SERVICE = [
    ("InternalError: Out of host capacity.", "capacity", "VM.Standard.E4.Flex"),
    ("LimitExceeded: The following service limits were exceeded: ds-e4-core-count", "limit", "ds-e4-core-count"),
    ("NotAuthorizedOrNotFound: Authorization failed or requested resource not found", "policy", "Authorization failed"),
    ("NotAuthorizedOrNotFound: ocid1.log.oc1.iad.abc", "policy", "log-content"),
    ("Failed: Could not emit logs: check the IAM policy of the deployment", "policy", "log-content"),
    ("Failed: Unable to read conda pack in the bucket: not authorized", "conda", "target.bucket.name='packs'"),
    ("Failed: The conda environment could not be found at the given path", "conda", "models/wine/model.yaml:17"),
    ("Invalid: INFERENCE_ENV_PATH in runtime.yaml is wrong", "conda", "oci://packs@ns/published/one"),
    ("NotAuthorizedOrNotFound: subnet ocid1.subnet.oc1..s", "policy", "use virtual-network-family"),
    ("Failed: Insufficient policy to pull the container image from the repository", "policy", "PullDockerLayer"),
    ("ModelDeploymentFailed: the artifact has no score.py at its top; found model/", "artifact", "no score.py"),
    ("Failed: Failed to download and unzip the model artifact", "artifact", "STORAGE_SIZE_IN_GB"),
    ("InvalidParameter: subnet has not enough free IP addresses", "network", "127 free IPs"),
    ("Failed: the container image iad.ocir.io/x/y:1 could not be pulled", "container", "repository"),
    ("Failed: Number of instances exceeds the limit for shape VM.Standard.E4.Flex", "limit", "exceeds the limit"),
    ("Failed: The model ocid1.datasciencemodel.oc1..x is not ACTIVE", "artifact", "is not ACTIVE"),
    ("Failed: The model artifact ocid1.datasciencemodel.oc1..x could not be found", "artifact", "could not be found"),
    ("InvalidParameter: shape VM.Standard9.Flex is not supported", "shape", "model-deployment-shape list"),
    ("Failed: Workflow timed out. Maximum runtime was: 35 minutes.", "timeout", "DEPLOYMENT_TIMEOUT_IN_MINUTES"),
    ("Failed: container ended with exit code 137", "memory", "memory_gbs"),
    ("ModelDeploymentFailed: The worker process ended while it loaded score.py", "process-ended", "os._exit"),
    (BOOTSTRAP, "bootstrap", "wine --predict"),
]


@pytest.mark.parametrize(("evidence", "kind", "shown"), CODE)
def test_what_the_models_code_raises_is_known(evidence, kind, shown):
    cause = cause_of(evidence)
    assert cause.kind == kind
    assert shown in cause.title
    assert cause.place == "the predict log"
    assert all(frame.file_name in {"score.py", "hooks.py"} for frame in cause.frames)
    assert cause.frames


@pytest.mark.parametrize(("error", "kind", "shown"), SERVICE)
def test_what_the_service_says_is_known(error, kind, shown):
    cause = cause_of(failed(error))
    assert cause.kind == kind
    assert shown in "\n".join((cause.title, *cause.mend))


@pytest.mark.parametrize(("error", "kind", "_"), SERVICE)
def test_lifecycle_details_alone_do_as_well(error, kind, _):
    assert cause_of(Evidence("wine", "FAILED", error, facts=FACTS)).kind == kind


@pytest.mark.parametrize(("error", "kind", "_"), SERVICE)
def test_the_words_of_a_service_in_a_users_exception_are_the_users(error, kind, _):
    cause = cause_of(in_hooks(f"RuntimeError: {error.replace(': ', ' ')}"))
    assert cause.kind == "score-error"
    assert cause.frames[-1].file_name == "hooks.py"


def test_a_refused_operation_is_not_explained_by_an_old_traceback_of_what_goes_on_serving():
    evidence = failed(
        "InternalError: Out of host capacity.", predict=HOOKS.format(source="x", words="ValueError: y").splitlines()
    )
    assert cause_of(evidence).kind == "capacity"


def test_progress_in_a_work_requests_log_is_no_complaint():
    evidence = failed(logs=["Downloading the conda environment", "Pulling logs and policies", "Something else failed"])
    assert cause_of(evidence) is None


def test_the_cause_of_a_chain_is_found_below_its_effect():
    text = (
        HOOKS.format(source="import torch", words="ModuleNotFoundError: No module named 'torch'")
        + "\nThe above exception was the direct cause of the following exception:\n\n"
        + HOOKS.format(source="raise RuntimeError", words="RuntimeError: the model cannot be set up")
    )
    cause = cause_of(failed(BOOTSTRAP, predict=[text]))
    assert (cause.kind, "torch" in cause.title) == ("missing-package", True)


def test_a_traceback_that_is_cut_at_its_top_is_read():
    error = "ModelDeploymentFailed: RuntimeError: no store (the whole traceback is in the predict log)\n" + "\n".join(
        HOOKS.format(source="raise RuntimeError('no store')", words="RuntimeError: no store").splitlines()[5:]
    )
    cause = cause_of(failed(error))
    assert (cause.kind, cause.frames[-1].line) == ("score-error", 7)


def test_a_warning_about_versions_counts_where_nothing_else_is_told():
    warning = (
        "/lib/base.py:442: InconsistentVersionWarning: Trying to unpickle estimator SVC from version 1.3.2 when "
        "using version 1.9.1. This might lead to breaking code or invalid results."
    )
    cause = cause_of(failed(BOOTSTRAP, predict=[warning]))
    assert cause.kind == "version-mismatch"
    assert "1.3.2 and is read with 1.9.1" in cause.title
    assert cause_of(in_hooks(f"{warning}\nRuntimeError: no store")).kind != "version-mismatch"


def test_a_missing_package_names_the_line_of_requirements_and_the_conda_environment():
    cause = cause_of(in_hooks("ModuleNotFoundError: No module named 'acme_features'"))
    assert "line 1 of the artifact's requirements.txt is `# acme_features: imported by hooks.py" in cause.mend[0]
    assert "models/wine/model.yaml:17" in cause.mend[0]
    assert "pip install" not in cause.mend[0], "a real OCI does not run this clone's packages"


def test_a_policy_is_printed_whole_for_the_compartment():
    cause = cause_of(failed("NotAuthorizedOrNotFound: ocid1.log.oc1.iad.abc"))
    assert cause.mend[0] == (
        f"allow any-user to use log-content in compartment id {COMPARTMENT} where ALL "
        "{request.principal.type='datasciencemodeldeployment'}"
    )
    assert cause.reproduce is None


def test_an_unknown_cause_is_none():
    assert cause_of(failed("Unknown: the moon is in the wrong house")) is None
    assert cause_of(Evidence("wine", "FAILED")) is None


def test_a_failure_before_a_success_is_history():
    old = WorkRequest("1", "MODEL_DEPLOYMENT_UPDATE", "FAILED", NOW, ("Out of host capacity",))
    new = WorkRequest("2", "MODEL_DEPLOYMENT_UPDATE", "SUCCEEDED", NOW)
    evidence = Evidence("wine", "ACTIVE", None, (new, old))
    assert not evidence.has_failed
    assert cause_of(evidence) is None


def test_each_entrys_texts_are_complete():
    """A word that no code gives would end in an exception at the worst time."""
    from string import Template

    from paddock.failure.cause_words import cause_words
    from paddock.failure.statement import statements

    statement = statements(failed("x"))[0]
    for known in (one for stage in known_causes().values() for one in stage):
        groups = dict.fromkeys(known.pattern.groupindex, "g")
        words = cause_words(failed("x"), statement, groups)
        for text in (known.title, *known.mend, known.reproduce or ""):
            named = set(Template(text).get_identifiers())
            assert named <= set(words), f"{known.kind}: {named - set(words)}"


@given(st.text(max_size=300), st.lists(st.text(max_size=120), max_size=6))
def test_no_text_breaks_the_matcher(error, log):
    cause = cause_of(failed(error, predict=log, details=error))
    assert cause is None or "$" not in (cause.title.replace(cause.quoted, ""))


@given(
    st.from_regex(r"[a-z][a-z_]{2,12}", fullmatch=True),
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=80),
)
def test_any_exception_in_hooks_is_told_with_its_line(name, message):
    raised = f"{name}.{name.title()}Error: {message}"
    cause = cause_of(in_hooks(raised))
    assert cause is not None
    assert cause.frames[-1].line == 7
