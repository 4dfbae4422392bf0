"""Proof after apply: whether an endpoint serves the artifact that was approved, and answers as it was built to."""

from paddock.endpoint_check.approved import approved_digests
from paddock.endpoint_check.check import check_models
from paddock.endpoint_check.result import CheckResult, RowDifference

__all__ = ["CheckResult", "RowDifference", "approved_digests", "check_models"]
