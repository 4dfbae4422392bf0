"""Errors of the command line, each with the exit code that a caller can rely on.

PaddockError (1: the work failed)
├── WordsError (2: what was asked, or what stands in the user's files, can't be understood)
└── LackError (3: the environment lacks something; the message says what mends it)
"""

from __future__ import annotations


class PaddockError(Exception):
    """The work failed; the message is for the person at the terminal."""

    exit_code = 1


class WordsError(PaddockError):
    """The command's words, or the files it reads, are wrong. Nothing was begun."""

    exit_code = 2


class LackError(PaddockError):
    """Something is missing on this machine or is not running."""

    exit_code = 3
