"""Options that several commands share."""

from __future__ import annotations

import click

from paddock.workspace import LOCAL_STACK

stack_option = click.option(
    "-s", "--stack", default=LOCAL_STACK, show_default=True, metavar="STACK", help="The stack to work on."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
# Everything that is not ours goes to Pulumi as it stands.
PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["-h", "--help"]}
