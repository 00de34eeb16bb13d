"""Words for the terminal: nothing that a file or a person wrote can command it."""

from __future__ import annotations

import unicodedata

# Controls, and what turns the direction of text or hides in it. Surrogates stand for bytes of a
# file's name that are no text.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Joins the parts of one emoji.
_JOINER = "\u200d"


def clean(text: str) -> str:
    """Text as it may be shown: on one line, control characters as their escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char
        if char == _JOINER or unicodedata.category(char) not in _UNSAFE
        else char.encode("unicode_escape").decode()
        for char in text
    )


def plural(count: int, one: str, many: str = "") -> str:
    """`1 run`, `1,204 runs`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
