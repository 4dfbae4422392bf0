"""A stack for one pull request: configured like another, made when it is first needed, gone with the pull request."""

from __future__ import annotations

import yaml

from paddock.ci.pipeline import Pipeline
from paddock.errors import PaddockError, WordsError
from paddock.workspace import write_atomically


def configure(pipeline: Pipeline, like: str) -> None:
    """`Pulumi.<stack>.yaml` as `Pulumi.<like>.yaml`, unless the stack has a file; it is not meant to be committed.

    Only `paddock:projectName` is the stack's own: a compartment takes a log group's name once.
    """
    own, model = (pipeline.workspace.stack_file(stack) for stack in (pipeline.stack, like))
    if own.exists():
        return
    if not model.exists():
        raise WordsError(f"--like {like}: there is no {model.name} to configure stack {pipeline.stack} by")
    document = yaml.safe_load(model.read_text(encoding="utf-8")) or {}
    config = {**(document.get("config") or {}), "paddock:projectName": pipeline.stack}
    write_atomically(own, yaml.safe_dump({**document, "config": config}, sort_keys=False))


def make(pipeline: Pipeline) -> None:
    """Has the backend know the stack; raises PaddockError with Pulumi's own words."""
    words = ("pulumi", "stack", "select", "--stack", pipeline.stack, "--create", "--non-interactive")
    run = pipeline.paddock("make the stack", *words)
    if not run.is_ok:
        raise PaddockError(f"stack {pipeline.stack} could not be made: {run.reason}")
