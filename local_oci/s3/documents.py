"""S3's XML: what comes in, without entities, and what goes out."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from local_oci.errors import InvalidParameter

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

Content = str | list["Node"]
Node = tuple[str, Content]
"""An element's name, and its text or its children in order."""


def written(name: str, children: list[Node]) -> bytes:
    """A document."""
    root = ET.Element(name, {"xmlns": _NAMESPACE})
    _fill(root, children)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root)


def _fill(element: ET.Element, children: Iterable[Node]) -> None:
    for name, content in children:
        child = ET.SubElement(element, name)
        if isinstance(content, str):
            child.text = content
        else:
            _fill(child, content)


def read(body: bytes, element: str, *fields: str) -> list[dict[str, str]]:
    """The texts of `fields` in each `element` right below the root; 400 for what is no such document."""
    try:
        text = body.decode()
        if "<!" in text or "\0" in text:  # with NULs, expat takes it for UTF-16, in which a DOCTYPE is not seen here
            raise InvalidParameter("the body must be XML in UTF-8 without DOCTYPE and comments")
        root = ET.fromstring(text)  # noqa: S314 - no entities can be declared: see above
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"the body is no XML that can be read: {error}") from error
    found = []
    for child in root:
        if _plain(child.tag) != element:
            continue
        texts = {_plain(inner.tag): inner.text or "" for inner in child}
        if missing := [name for name in fields if name not in texts]:
            raise InvalidParameter(f"{element}: must have {', '.join(missing)}")
        found.append(texts)
    return found


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]
