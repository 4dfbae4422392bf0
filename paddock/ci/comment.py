"""`python3 -m paddock.ci.comment`: has a pull or merge request carry one comment, edited in place.

Runs with Python alone, from a plain checkout of the default branch: the job that holds the token installs nothing and
runs none of the pull request's code. What a fork's run wrote is text of a stranger: it is said to be, and mentions
nobody.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from paddock.ci import ci_system
from paddock.ci.forge import Forge, ForgeError, forge_of
from paddock.ci.forge.github import GitHub

MARKER = "<!-- paddock-rehearsal -->"
_LIMIT = 65_000
_FROM_A_FORK = "> From a fork: this text was written by the pull request's own run, which had no secret in reach.\n\n"
_MENTION = re.compile(r"@(?=\w)")


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Returns 0 where the comment stands or, said in words, where no token lets it be written; 1 where that failed."""
    words = _parsed(arguments)
    system = ci_system.read(environment)
    forge = forge_of(system, environment)
    if forge is None:
        print(f"no token to comment with: {words.file} is the comment, and the run's summary shows it")  # noqa: T201
        return 0
    try:
        change = words.change or system.change or _found(forge, words)
        if change is None:
            print("no open pull request stands at this commit: nothing to comment on")  # noqa: T201
            return 0
        print(forge.upsert_comment(change, MARKER, comment(words.file.read_text("utf-8"), words.from_fork)))  # noqa: T201
    except (ForgeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def comment(text: str, from_fork: bool) -> str:  # noqa: FBT001 - a claim about the text
    """The comment's body: begins with the marker, is no longer than it may be."""
    rest = text.removeprefix(MARKER).lstrip("\n")
    if from_fork:
        # A zero-width space after the @: it reads the same and calls nobody.
        rest = _FROM_A_FORK + _MENTION.sub("@\u200b", rest)
    return f"{MARKER}\n{rest}"[:_LIMIT]


def _found(forge: Forge, words: argparse.Namespace) -> int | None:
    if isinstance(forge, GitHub) and words.head and words.commit:
        return forge.pull_request_of(words.head, words.commit)
    return None


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m paddock.ci.comment", description=__doc__)
    parser.add_argument("--file", type=Path, required=True, help="the comment, in Markdown")
    parser.add_argument("--change", type=int, help="number of the pull or merge request; else what the CI system says")
    parser.add_argument("--head", help="OWNER:BRANCH that the pull request comes from, where it has no number yet")
    parser.add_argument("--commit", help="the commit that branch must stand at")
    parser.add_argument("--from-fork", action="store_true", help="the text is a stranger's")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
