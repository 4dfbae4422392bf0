"""`paddock`: the command line."""

from __future__ import annotations

from importlib import import_module

import click

from paddock.commands import COMMANDS
from paddock.errors import PaddockError


class _Group(click.Group):
    """Imports a command when it is asked for; translates our errors to message and exit code, once for all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except PaddockError as error:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 the work failed, 2 the words were wrong, 3 the environment lacks something.",
)
@click.version_option(package_name="paddock")
def cli() -> None:
    """From a fitted scikit-learn model to an endpoint on OCI Data Science, as code, with a local OCI to rehearse on."""


def main() -> None:
    """The console script's entry."""
    cli.main(prog_name="paddock")


if __name__ == "__main__":
    main()
