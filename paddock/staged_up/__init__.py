"""`paddock up` on deployments whose changes OCI takes one after the other: which stages, and running them."""

from paddock.staged_up.stages import Stage, stages

__all__ = ["Stage", "stages"]
