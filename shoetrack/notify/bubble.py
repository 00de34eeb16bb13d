"""The few lines that a notification on the desktop has room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shoetrack.notify import Message, Part
from shoetrack.notify.text import one_line

APP = "shoetrack"

# More is cut off by most desktops, without a word.
_TITLE = 100
_LINE = 160
_LINES = 10
_MORE = "shoetrack status"


class Bubble(NamedTuple):
    """A notification's text. The title is plain on every desktop; the body may have markup."""

    title: str
    body: str


def bubble(message: Message, *, markup: bool) -> Bubble:
    """A message in one notification: whole where it has room, else by its parts' titles."""
    title = one_line(message.subject, _TITLE) or APP
    lines = _whole(message.parts, title, markup)
    if len(lines) > _LINES and len(message.parts) > 1:
        lines = [_line(part.title, markup) for part in message.parts if not _is_in(title, part)]
    if len(lines) > _LINES:
        rest = len(lines) - _LINES + 1
        more = f"… and {rest} more: {_MORE}" if len(message.parts) > 1 else "…"
        lines = [*lines[: _LINES - 1], more]
    return Bubble(title, "\n".join(lines))


def _is_in(title: str, part: Part) -> bool:
    """Whether the message's title says the part's: "Pegasus 41 is at its end (and 2 more)"."""
    return title.startswith(one_line(part.title, _TITLE))


def _whole(parts: Sequence[Part], title: str, markup: bool) -> list[str]:
    """Every part's title, which stands out, and the first paragraph of what it says: commands to
    type come behind, and nobody can copy them from here.
    """
    lines = []
    for part in parts:
        if not _is_in(title, part):
            heading = _line(part.title, markup)
            lines.append(f"<b>{heading}</b>" if markup and part.body else heading)
        paragraph = part.body.strip().partition("\n\n")[0]
        lines += [_line(line, markup) for line in paragraph.splitlines()]
    return [line for line in lines if line]


def _line(text: str, markup: bool) -> str:
    line = one_line(text, _LINE)
    if not markup:
        return line
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
