"""One file a command (or a family of them); the group in `paddock.__main__` collects them in the order of use."""

from __future__ import annotations

import click

from paddock.commands.build import build_command, verify_command
from paddock.commands.doctor import doctor
from paddock.commands.env import env
from paddock.commands.local import local
from paddock.commands.logs import logs
from paddock.commands.new import new
from paddock.commands.predict import predict
from paddock.commands.stack import destroy, preview, pulumi, refresh, up
from paddock.commands.status import status

COMMANDS: tuple[click.Command, ...] = (
    up,
    preview,
    refresh,
    destroy,
    pulumi,
    env,
    build_command,
    verify_command,
    new,
    predict,
    status,
    logs,
    local,
    doctor,
)
