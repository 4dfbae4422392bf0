"""score.py as it is deployed: one file, joined from the parts beside this one (`*.py.template`)."""

from artifact_builder.score.checked_names import names_are_checked_only
from artifact_builder.score.file import score_py

__all__ = ["names_are_checked_only", "score_py"]
