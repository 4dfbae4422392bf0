"""The model.yaml of a new model folder: few keys, and comments that say how to turn on the others."""

from __future__ import annotations

import json
from collections.abc import Sequence

_TEXT = """\
{description}estimator: {estimator}
samples: {samples}

# What else there is; take a "# " away to turn it on.
# format: auto              # ONNX where it predicts what the estimator does, else joblib (the default)
# predict_proba: true       # answer the probabilities of the classes
# strict: true              # refuse requests that need interpretation, such as reordered columns
{metrics}# hooks: hooks.py           # a file with pre_inference(data) or post_inference(yhat)
# trust: [a_module]         # modules that the estimator's file may import; loading it runs their code
# conda_env: SLUG           # a service conda pack, or oci://bucket@namespace/path; default: one that fits
{dtypes}
deployment:
  shape: VM.Standard.E4.Flex
  ocpus: 1
  memory_gbs: 16
  instances: 1              # or: autoscaling: {{min: 1, max: 4}}
  load_balancer: {{bandwidth_mbps: 10}}
"""
_DTYPES = """\
#
# A CSV can't say of which type a column is. For categories and dates, add under samples:
#   dtypes: {city: category, since: "datetime64[ns]"}
"""


_METRICS = """\
# metrics: [f1_macro]       # scikit-learn's scorers for the manifest, measured on the samples
"""


def new_model_yaml(file_names: Sequence[str], description: str) -> str:
    """The text for a folder with these files: the estimator, X and, where there are, true values."""
    estimator, features, *truths = file_names
    samples = "".join(f"\n  {role}: {name}" for role, name in zip(("X", "y"), (features, *truths), strict=False))
    return _TEXT.format(
        description=f"description: {json.dumps(description, ensure_ascii=False)}\n" if description else "",
        estimator=estimator,
        samples=samples,
        metrics=_METRICS if truths else "",
        dtypes=_DTYPES if features.endswith(".csv") else "",
    ).replace("samples: \n", "samples:\n")
