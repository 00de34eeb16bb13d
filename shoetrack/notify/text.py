"""A message's words as plain text and as HTML. Names come from files and people: nothing in them
can break out of its line, hide, or become markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from shoetrack.notify import Message, Part
from shoetrack.notify.picture import HEIGHT, SCALE, WIDTH

_LONGEST_LINE = 200
# Controls, what turns the direction of text or hides in it, halves of characters, and the ends of
# lines and paragraphs that are no newline.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINER = "\u200d"  # joins the parts of one emoji

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:16px;color-scheme:light dark;\
font:15px/1.45 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<div style="max-width:560px;overflow-wrap:anywhere">
{parts}
<p style="margin:24px 0 0;font-size:13px;opacity:.65">shoetrack</p>
</div>
</body>
</html>
"""
_TITLE = '<h2 style="margin:24px 0 6px;font-size:17px;line-height:1.3">{title}</h2>'
_BAR = (
    '<p style="margin:0 0 8px;font-size:13px">'
    f'<img src="cid:{{cid}}" width="{WIDTH // SCALE}" height="{HEIGHT // SCALE}" alt="{{alt}}"'
    ' style="display:block;max-width:100%;height:auto;border:0"></p>'
)
_LINE = '<p style="margin:0 0 3px">{line}</p>'


def one_line(text: str, longest: int = _LONGEST_LINE) -> str:
    """Text on one line, without what would end it or hide in it, cut where it is too long."""
    safe = "".join(_safe(char) for char in text)
    line = " ".join(safe.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def lines(text: str) -> list[str]:
    """The lines of a text, each made safe; what they begin with stays."""
    return ["".join(_safe(char) for char in line).rstrip() for line in text.split("\n")]


def _safe(char: str) -> str:
    if char == _JOINER or unicodedata.category(char) not in _UNSAFE:
        return char
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= char <= "\udfff" else " "


def as_plain(message: Message) -> str:
    """The whole message as plain text."""
    return "\n\n".join([*(_plain_part(part) for part in message.parts), "-- \nshoetrack"]) + "\n"


def _plain_part(part: Part) -> str:
    return "\n".join([one_line(part.title), *lines(part.body.strip("\n"))]).rstrip()


def as_html(message: Message, cids: Sequence[str]) -> str:
    """The whole message as a page of HTML; a Content-ID for each part that has a bar, in order."""
    pictures = iter(cids)
    parts = [
        _html_part(part, next(pictures) if part.bar is not None else "") for part in message.parts
    ]
    return _PAGE.format(title=escape(one_line(message.subject)), parts="\n".join(parts))


def _html_part(part: Part, cid: str) -> str:
    html = [_TITLE.format(title=escape(one_line(part.title)))]
    if part.bar is not None:
        alt = f"{one_line(part.bar.name)}: {one_line(part.bar.label)}"
        html.append(_BAR.format(cid=cid, alt=escape(alt)))
    html += [_LINE.format(line=escape(line) or "&nbsp;") for line in lines(part.body.strip("\n"))]
    return "\n".join(html)
