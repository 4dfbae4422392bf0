"""The table of operations against the SDK that is installed."""

from __future__ import annotations

import sdk_operations

from local_oci.operations import read_table


def test_the_table_is_what_the_installed_sdk_says() -> None:
    assert sdk_operations.TABLE.read_text() == sdk_operations.rendered(sdk_operations.operations())


def test_an_object_name_may_have_slashes_encoded_or_not() -> None:
    table = read_table()

    for path in ("/n/ns/b/bucket/o/a/b%20c/", "/n/ns/b/bucket/o/a%2Fb%20c%2F"):
        found = table.match(path)
        assert found is not None
        named = found.operation("GET")
        assert named is not None
        assert (named[0].name, named[1]["objectName"]) == ("get_object", "a/b c/")
