"""The local stack's settings, for commands that work before any stack exists."""

from __future__ import annotations

from infra.settings import Settings, SettingsError, settings_from_stack_file
from paddock.errors import WordsError
from paddock.workspace import LOCAL_STACK, Workspace


def settings_or_default(workspace: Workspace, stack: str = LOCAL_STACK) -> Settings:
    """Settings of the stack's file; where there is none yet, the defaults."""
    path = workspace.stack_file(stack)
    if not path.exists():
        return Settings(compartment_id="")
    try:
        return settings_from_stack_file(path)
    except SettingsError as error:
        raise WordsError(str(error)) from error
