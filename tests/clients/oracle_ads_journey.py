"""oracle-ads from a fitted model to its deployment and back, as users write it; runs in an environment of its own.

Words: endpoint, configuration file, compartment, folder to work in. Prints one JSON object: what each step gave.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import ads
import numpy as np
import oci
from ads.common.oci_logging import OCILogGroup
from ads.model import ModelVersionSet
from ads.model.datascience_model import DataScienceModel
from ads.model.deployment import ModelDeployment
from ads.model.framework.sklearn_model import SklearnModel
from ads.model.generic_model import GenericModel
from ads.model.service.oci_datascience_model import ModelWithActiveDeploymentError
from sklearn.linear_model import LinearRegression

endpoint, config_file, compartment, folder = sys.argv[1:]
results: dict[str, Any] = {}


def keep(step: str, value: Any) -> None:
    """Note what a step gave, for the test to look at."""
    results[step] = value


def clients() -> str:
    """Point every client that oracle-ads makes at the local OCI; a project to work in."""
    ads.set_auth("api_key", oci_config_location=config_file, client_kwargs={"service_endpoint": endpoint})
    science = oci.data_science.DataScienceClient(oci.config.from_file(config_file), service_endpoint=endpoint)
    details = oci.data_science.models.CreateProjectDetails(compartment_id=compartment, display_name="oracle-ads")
    return str(science.create_project(details).data.id)


def fitted(name: str) -> SklearnModel:
    """A model of y = 2x, prepared in its own folder."""
    rows, targets = np.array([[0.0], [1.0]]), np.array([0.0, 2.0])
    model = SklearnModel(LinearRegression().fit(rows, targets), artifact_dir=str(Path(folder) / name))
    model.prepare(
        inference_conda_env="oci://bucket@ns/path/generalml_p311_cpu_x86_64_v1",
        inference_python_version="3.11",
        ignore_conda_error=True,
        X_sample=rows,
        y_sample=targets,
        force_overwrite=True,
    )
    model.metadata_custom.add(key="Note", value="from the test", category="Other")
    return model


def saved_and_deployed(project: str) -> SklearnModel:
    """`.save()` and `.deploy()` with both logs."""
    group = OCILogGroup(compartment_id=compartment, display_name="oracle-ads").create()
    log = group.create_log("both")
    model = fitted("model")
    keep("verify", model.verify([[3.0]])["prediction"])
    keep("save", model.save(project_id=project, compartment_id=compartment, display_name="doubles"))
    model.deploy(
        project_id=project,
        compartment_id=compartment,
        display_name="doubles",
        deployment_log_group_id=group.id,
        deployment_access_log_id=log.id,
        deployment_predict_log_id=log.id,
        poll_interval=1,
    )
    keep("deploy", model.model_deployment.state.name)
    return model


def used(model: SklearnModel) -> None:
    """`.predict()`, `.update()`, logs and `.watch()`."""
    keep("predict list", model.predict([[3.0]])["prediction"])
    keep("predict array", model.predict(np.array([[3.0], [4.0]]))["prediction"])
    keep("predict nonsense", "prediction" in model.predict([["not a number"]]))
    model.update(display_name="renamed", freeform_tags={"a": "b"})
    keep("update", DataScienceModel.from_id(model.model_id).display_name)
    wider = model.model_deployment.infrastructure.with_bandwidth_mbps(20)
    model.update_deployment(infrastructure=wider, poll_interval=1)
    keep("update_deployment", ModelDeployment.from_id(model.model_deployment.model_deployment_id).state.name)
    logs = model.model_deployment
    keep("predict_log", bool(logs.predict_log.tail(limit=5)))
    keep("access_log", bool(logs.access_log.tail(limit=5)))
    keep("show_logs", bool(len(logs.show_logs(limit=5))))
    keep("watch", watched(logs))


def watched(deployment: ModelDeployment) -> bool:
    """Whether `.watch()` goes on showing lines until it is interrupted."""
    lines: list[str] = []
    stop = threading.Event()

    def write(text: str) -> int:
        lines.append(text)
        if stop.is_set():
            raise KeyboardInterrupt
        return len(text)

    real, sys.stdout.write = sys.stdout.write, write  # type: ignore[method-assign]
    threading.Timer(3, stop.set).start()
    thread = threading.Thread(target=lambda: deployment.watch(interval=1), daemon=True)
    thread.start()
    time.sleep(4)
    sys.stdout.write = real  # type: ignore[method-assign]
    return any(line.strip() for line in lines)


def restarted(model: SklearnModel) -> None:
    """`.restart_deployment()`, and reading all back from the catalog."""
    model.restart_deployment(poll_interval=1)
    keep("restart", model.model_deployment.state.name)
    keep("predict again", model.predict([[3.0]])["prediction"])
    options = {"force_overwrite": True, "ignore_conda_error": True}
    again = SklearnModel.from_model_catalog(
        model.model_id, "model.joblib", artifact_dir=str(Path(folder) / "again"), **options
    )
    keep("from_model_catalog", again.verify([[5.0]])["prediction"])
    deployment = model.model_deployment.model_deployment_id
    found = GenericModel.from_id(deployment, artifact_dir=str(Path(folder) / "by-id"), **options)
    keep("from_id", found.model_id == model.model_id)
    keep("list", [one.model_deployment_id for one in ModelDeployment.list(compartment_id=compartment)] == [deployment])
    keep("list models", len(DataScienceModel.list(compartment_id=compartment)))


def metadata(model: SklearnModel) -> None:
    """A metadatum's artifact, there and back."""
    catalog = DataScienceModel.from_id(model.model_id)
    catalog.create_custom_metadata_artifact("Note", b"the note", path_type="content")
    keep("metadata artifact", catalog.get_custom_metadata_artifact("Note", folder, override=True).decode())
    catalog.delete_custom_metadata_artifact("Note")


def ended(model: SklearnModel) -> None:
    """`.delete_deployment()` and `.delete()`; a model in use is not deleted."""
    try:
        model.delete()
    except ModelWithActiveDeploymentError:
        keep("delete in use", "refused")
    model.delete_deployment(wait_for_completion=True)
    keep("delete_deployment", model.model_deployment.state.name)
    model.delete()
    keep("delete_model", DataScienceModel.from_id(model.model_id).status)


def versions(project: str) -> None:
    """Models in a version set, deleted with it."""
    found = ModelVersionSet(name="versions", compartment_id=compartment, project_id=project).create()
    model = fitted("version")
    model.save(project_id=project, compartment_id=compartment, model_version_set=found, version_label="first")
    keep("versions", [one.version_label for one in found.models()])
    keep("from_name", ModelVersionSet.from_name("versions", compartment_id=compartment).id == found.id)
    found.with_description("d").update()
    found.delete(delete_model=True)
    keep("version set", found.status)


def through_a_bucket(project: str) -> None:
    """What `.save()` does with an artifact over 2 GB.

    Its last step, removing the object, is left out: oracle-ads does it with ocifs, which knows Oracle's addresses only.
    """
    storage = oci.object_storage.ObjectStorageClient(oci.config.from_file(config_file), service_endpoint=endpoint)
    namespace = storage.get_namespace().data
    bucket = oci.object_storage.models.CreateBucketDetails(name="large", compartment_id=compartment)
    storage.create_bucket(namespace, bucket)
    model = fitted("large")
    model.save(
        project_id=project,
        compartment_id=compartment,
        bucket_uri=f"oci://large@{namespace}/models/",
        overwrite_existing_artifact=True,
        remove_existing_artifact=False,
        parallel_process_count=1,
    )
    (copied,) = storage.list_objects(namespace, "large", fields="name,size").data.objects
    artifact = DataScienceModel.from_id(model.model_id).dsc_model.get_artifact_info()
    keep("through a bucket", int(artifact["content-length"]) == copied.size > 0)


os.environ["PROJECT_OCID"] = project = clients()
model = saved_and_deployed(project)
used(model)
restarted(model)
metadata(model)
ended(model)
versions(project)
through_a_bucket(project)
print("\n" + json.dumps(results))
