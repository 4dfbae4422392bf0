"""The fidelity page says what was seen, no more."""

from __future__ import annotations

import os

from fidelity_page import PAGE, page


def test_the_committed_page_is_the_one_that_is_made_of_what_was_seen() -> None:
    made = page()
    if os.environ.get("PADDOCK_PROVE"):
        PAGE.write_text(made)

    assert PAGE.read_text() == made, "run the clients' tests and this one with PADDOCK_PROVE=1; commit what they write"
