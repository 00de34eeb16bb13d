"""Finding a pair by any unambiguous part of its name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from shoetrack.errors import AmbiguousError, NotFoundError, UsageError
from shoetrack.model import UNASSIGNED, Shoe

LONGEST = 100

# Controls, and what turns the direction of text or hides in it.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINER = "\u200d"  # makes one emoji of several


def key(name: str) -> str:
    """What two spellings of one name share: no regard to case, width, spacing or joiners."""
    folded = unicodedata.normalize("NFKC", name.replace(_JOINER, "")).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def checked(name: str) -> str:
    """A name that a pair may have, tidied. Raises UsageError."""
    if not key(name):
        raise UsageError("a pair needs a name")
    tidy = tidied(name, "a pair's name", LONGEST)
    if key(tidy) == UNASSIGNED:
        raise UsageError(f"{UNASSIGNED!r} is the account of runs without a pair: take another name")
    if tidy.isdecimal():
        raise UsageError("a pair's name cannot be a number alone: it would read as a run's")
    return tidy


def tidied(text: str, what: str, longest: int) -> str:
    """A line that a person wrote, as it may be kept. Raises UsageError, which says `what` it is."""
    tidy = " ".join(unicodedata.normalize("NFC", text).split())
    if len(tidy) > longest:
        raise UsageError(f"{what} has at most {longest} characters; this has {len(tidy)}")
    if any(unicodedata.category(char) in _UNSAFE for char in tidy.replace(_JOINER, "")):
        raise UsageError(f"{what} cannot hold control characters")
    return tidy


def find_shoe(shoes: Sequence[Shoe], text: str) -> Shoe:
    """The pair that a text means: its whole name, else any part of one name alone.

    Raises NotFoundError or AmbiguousError, both with the names to choose from.
    """
    wanted = key(text)
    if not wanted:
        raise UsageError("a pair's name is missing")
    for shoe in shoes:
        if key(shoe.name) == wanted:
            return shoe
    fitting = [shoe for shoe in shoes if wanted in key(shoe.name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise AmbiguousError(f"{text!r} could be {listed(fitting)}: write more of the name")
    if not shoes:
        raise NotFoundError(
            f"no pair is called {text!r}: there are none yet; add it with `shoetrack shoe add`"
        )
    raise NotFoundError(f"no pair is called {text!r}: there are {listed(shoes)}")


def listed(shoes: Iterable[Shoe]) -> str:
    """Names for a sentence."""
    names = [shoe.name for shoe in shoes]
    if len(names) > 8:
        names = [*names[:7], f"{len(names) - 7} more"]
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
