"""oracle-ads deploys a model, as its users do, with one log for both categories; runs in an environment of its own.

Words: endpoint, configuration file, compartment, folder to work in. Prints the deployment's OCID.
"""

from __future__ import annotations

import os
import sys

import ads
import numpy as np
import oci
from ads.common.oci_logging import OCILogGroup
from ads.model.framework.sklearn_model import SklearnModel
from sklearn.linear_model import LinearRegression

endpoint, config_file, compartment, folder = sys.argv[1:]

ads.set_auth("api_key", oci_config_location=config_file, client_kwargs={"service_endpoint": endpoint})
science = oci.data_science.DataScienceClient(oci.config.from_file(config_file), service_endpoint=endpoint)
details = oci.data_science.models.CreateProjectDetails(compartment_id=compartment, display_name="oracle-ads")
os.environ["PROJECT_OCID"] = project = science.create_project(details).data.id

group = OCILogGroup(compartment_id=compartment, display_name="oracle-ads").create()
log = group.create_log("both")
rows, targets = np.array([[0.0], [1.0]]), np.array([0.0, 2.0])
model = SklearnModel(LinearRegression().fit(rows, targets), artifact_dir=folder)
model.prepare(
    inference_conda_env="oci://bucket@ns/path/generalml_p311_cpu_x86_64_v1",
    inference_python_version="3.11",
    ignore_conda_error=True,
    X_sample=rows,
    y_sample=targets,
    force_overwrite=True,
)
model.save(project_id=project, compartment_id=compartment, display_name="doubles by ads")
model.deploy(
    project_id=project,
    compartment_id=compartment,
    display_name="doubles by ads",
    deployment_log_group_id=group.id,
    deployment_access_log_id=log.id,
    deployment_predict_log_id=log.id,
    poll_interval=1,
)
print("\n" + model.model_deployment.model_deployment_id)
