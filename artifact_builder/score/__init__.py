"""score.py as it is deployed: one file, joined from the parts beside this one (`*.py.template`)."""

from artifact_builder.score.file import score_py

__all__ = ["score_py"]
