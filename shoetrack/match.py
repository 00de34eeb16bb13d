"""Whether a fact is what a condition wants: words, globs, spans, times of day, places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Any

from shoetrack.model import Place
from shoetrack.model.rules import Circle, Clock, Days, OneOf, Origin, Span, Texts, Wanted

Test = Callable[[Any], bool]

# The mean radius of the Earth (IUGG), on which the tracks are measured too.
EARTH_MM = 6_371_008_800
# What joins or colours one emoji, and does not tell it from another.
_HIDDEN = {"\u200d", "\ufe0e", "\ufe0f"}
# Letters that have no accent to take off, and are typed without; and what phones make of the
# quotes and dashes that are typed.
_BARE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i"}
    | dict.fromkeys("‘’ʼ′", "'")
    | dict.fromkeys("“”„", '"')
    | dict.fromkeys("‐‑‒–—−", "-")
)
_LETTER, _LETTER_OR_LINE = r"[^\W_]", r"\w"


def fold(text: str) -> str:
    """What two spellings of a text share: no regard to case, accents, width, quotes or coding.

    macOS keeps names of files decomposed, so that an ü is a u and two dots. What is no accent is
    put together again: a が is no か, and a 각 does not begin with a 가.
    """
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_BARE)
    bare = "".join(c for c in parts if not "\u0300" <= c <= "\u036f" and c not in _HIDDEN)
    return unicodedata.normalize("NFC", bare)


def is_glob(text: str) -> bool:
    return "*" in text or "?" in text


def apart_mm(one: Place, other: Place) -> float:
    """The great-circle distance of two places, by the haversine formula."""
    lat, lon, lat2, lon2 = (radians(degrees) for degrees in (*one, *other))
    h = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_MM * asin(min(1.0, sqrt(h)))


@lru_cache(maxsize=1024)
def tester(wanted: Wanted) -> Test:
    """What tells whether a fact is as wanted. Texts must come folded."""
    return _MAKERS[type(wanted)](wanted)


def _one_of(wanted: OneOf) -> Test:
    return wanted.values.__contains__


def _texts(wanted: Texts) -> Test:
    patterns = [_pattern(text, wanted.whole) for text in wanted.texts]
    if len(patterns) == 1:
        return lambda text: patterns[0](text) is not None
    return lambda text: any(pattern(text) for pattern in patterns)


def _pattern(text: str, whole: bool) -> Callable[[str], object]:
    if is_glob(text):
        return _glob(text)
    if whole:
        folded = " ".join(fold(text).split())
        return lambda found: True if " ".join(found.split()) == folded else None
    words = [_word(word) for word in fold(text).split()]
    return re.compile("".join(f"(?=.*?{word})" for word in words), re.DOTALL).match


def _glob(text: str) -> Callable[[str], object]:
    """A text of which `*` stands for anything and `?` for one character.

    What lies between two stars is taken where it first occurs, for good: to try every other place
    for each of them could take for ever.
    """
    first, *rest = (
        "".join("." if part == "?" else re.escape(fold(part)) for part in re.split(r"(\?)", piece))
        for piece in re.split(r"\*+", text)
    )
    between = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    return re.compile(first + between + last, re.DOTALL).fullmatch


def _word(word: str) -> str:
    """A word by itself; a hashtag as services know it, where `_` goes on and `-` does not."""
    letter = _LETTER_OR_LINE if word.startswith("#") else _LETTER
    before = f"(?<!{letter})" if _has_ends(word[0]) or word[0] == "#" else ""
    after = f"(?!{letter})" if _has_ends(word[-1]) else ""
    return f"{before}{re.escape(word)}{after}"


def _has_ends(char: str) -> bool:
    """Whether words of this letter's script stand apart: those of Chinese, Japanese, Korean, Thai,
    Lao, Khmer and Burmese do not, and an emoji is a word wherever it stands.
    """
    if not char.isalnum():
        return False
    code = ord(char)
    return not (0x0E00 <= code < 0x0F00 or 0x1000 <= code < 0x1200 or 0x1780 <= code < 0x1800
                or 0x2E80 <= code < 0xFB00 or code >= 0x20000)  # fmt: skip


def _origin(wanted: Origin) -> Test:
    starts = tuple(f"{kind}-" for kind in wanted.kinds)
    globs = [_glob(_anywhere(glob)) for glob in wanted.globs]

    def test(found: tuple[str, str]) -> bool:
        kind, place = found
        named = kind in wanted.kinds or kind.startswith(starts)
        return named or any(glob(place) for glob in globs)

    return test


def _anywhere(glob: str) -> str:
    """A path that does not begin at the root may begin in any folder."""
    glob = glob.replace("\\", "/")
    rooted = glob.startswith(("/", "*")) or glob[1:2] == ":"
    return glob if rooted else f"*/{glob}"


def _span(wanted: Span) -> Test:
    low, high = wanted.low, wanted.high

    def test(number: float) -> bool:
        if low is not None and (number < low or (wanted.low_open and number == low)):
            return False
        return high is None or number < high or (number == high and not wanted.high_open)

    return test


def _days(wanted: Days) -> Test:
    first, last = wanted.first or date.min, wanted.last or date.max
    return lambda day: first <= day <= last


def _clock(wanted: Clock) -> Test:
    begin, end = wanted.begin, wanted.end
    if begin < end:
        return lambda second: begin <= second < end
    return lambda second: second >= begin or second < end


def _circle(wanted: Circle) -> Test:
    return lambda place: apart_mm(wanted.centre, place) <= wanted.radius_mm


_MAKERS: dict[type, Callable[[Any], Test]] = {
    OneOf: _one_of,
    Texts: _texts,
    Origin: _origin,
    Span: _span,
    Days: _days,
    Clock: _clock,
    Circle: _circle,
}
