"""Which kind of file a content is, told by its first bytes and never by its name."""

from __future__ import annotations

import re
from functools import lru_cache

from shoetrack.importers.xml_text import start_of

_DOCTYPE = re.compile(r"<!DOCTYPE\s+(?:[\w.\-]+:)?([\w.\-]+)", re.IGNORECASE)
_ELEMENT = re.compile(r"<(?:[\w.\-]+:)?([\w.\-]+)[\s/>]")
_BLANK = re.compile(r"\s*")


@lru_cache(maxsize=2)  # each reader asks it of the same head
def xml_root(head: bytes) -> str | None:
    """The local name of an XML document's first element; None where there is none in sight.

    Where a DOCTYPE names it, that name; whether the DOCTYPE is welcome is for the reader to say.
    """
    text = start_of(head)
    at = 0
    while True:
        at = _end_of(_BLANK, text, at)
        if text.startswith("<?", at):
            at = text.find("?>", at) + 2
        elif text.startswith("<!--", at):
            at = text.find("-->", at) + 3
        else:
            match = _DOCTYPE.match(text, at) or _ELEMENT.match(text, at)
            return match[1] if match else None
        if at < 3:  # its end is not in sight
            return None


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def what_it_is(head: bytes) -> str:
    """A sentence for a person who took this for a recording of a run."""
    root = xml_root(head)
    text = start_of(head)
    if root is not None and root.lower() == "html":
        return "is HTML, not GPX: a web page, perhaps one that asks to log in; download it again"
    if root is not None:
        return f"is XML but not an activity: its first element is <{root[:40]}>"
    if head.startswith(b"PK"):
        return "is an archive inside an archive: unpack it first"
    if text.startswith("<"):
        return "is cut off before its first element: copy it again from the watch"
    if text.startswith(("{", "[")):
        return "is JSON, not GPX: export it again as GPX"
    if not text:
        return "holds nothing but blanks or zero bytes: copy it again from the watch"
    return "is not an activity file"
