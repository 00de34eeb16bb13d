"""Rules: which runs go to which pair by themselves, as a person has written it in config.toml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo

from shoetrack.model.runs import Place


@dataclass(frozen=True, slots=True)
class OneOf:
    """A fact is one of these values."""

    values: frozenset[object]


@dataclass(frozen=True, slots=True)
class Texts:
    """A text fits one of these: a glob where it holds `*` or `?`, else words that all occur in it;
    `whole`: else the whole text.
    """

    texts: tuple[str, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """A sighting is of one of these kinds, or its place fits one of these globs."""

    kinds: tuple[str, ...]
    globs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A number lies between two; None is no bound. The ends are in it unless they are `open`."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Days:
    """A day lies between two, with both."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, in seconds, from `begin` up to before `end`; past midnight where that is
    earlier.
    """

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Circle:
    """A place lies within a radius of another, as the crow flies."""

    centre: Place
    radius_mm: int


Wanted = OneOf | Texts | Origin | Span | Days | Clock | Circle


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: what it looks at, what it wants, and how that was written."""

    key: str
    written: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Rule:
    """Runs that fit every condition go to `pairs`: names as they were written, with the weight of
    each.
    """

    name: str
    pairs: tuple[tuple[str, int], ...]
    conditions: tuple[Condition, ...]

    @property
    def target(self) -> str:
        """The pair or pairs as they were written."""
        whole = sum(weight for _, weight in self.pairs)
        if len(self.pairs) == 1:
            return self.pairs[0][0]
        return " + ".join(f"{name} {100 * weight / whole:g} %" for name, weight in self.pairs)


@dataclass(frozen=True, slots=True)
class Guide:
    """What automatic decisions are made by, beside what is in the store. `zone` None is the
    machine's.
    """

    rules: tuple[Rule, ...] = ()
    trust_gear: bool = True
    zone: tzinfo | None = None


NO_RULES = Guide()
