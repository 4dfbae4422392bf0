"""`paddock`: the command line."""

from __future__ import annotations

import sys

import click

from paddock.commands import COMMANDS
from paddock.errors import PaddockError


class _Group(click.Group):
    """Translates our errors to their message and exit code, once, for all commands."""

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


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """The console script's entry."""
    cli.main(prog_name="paddock")


if __name__ == "__main__":
    sys.exit(main())
