"""`[[rules]]`: each condition is declared once, with what it may be and what it is for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shoetrack.config import conditions as read
from shoetrack.config.lines import line_of
from shoetrack.config.option import shortened
from shoetrack.config.options import OPTIONS
from shoetrack.errors import ConfigError
from shoetrack.model.rules import Condition, Days, Rule, Wanted
from shoetrack.sport import Sport
from shoetrack.units import Unit

_WORDS = '"#race", "tempo*" or a list of such'
_SPORTS = ", ".join(f'"{sport}"' for sport in Sport)
_PLACE = '{ lat = 55.68, lon = 12.57, radius = "500m" } or "55.68, 12.57 within 500m"'
_LONGEST = 100
_JOINER = "\u200d"  # makes one emoji of several
_KINDS = ", ".join(read.KINDS)


@dataclass(frozen=True, slots=True)
class Spec:
    """One key of a rule: how its value is read, what it may be, what it is for."""

    key: str
    read: Callable[[Any, Unit], Wanted]
    example: str
    doc: str


CONDITIONS = (
    Spec("sport", read.sports, f"{_SPORTS} or a list of such", "its sport"),
    Spec("title", read.texts, _WORDS, "words in what it is called, or a glob"),
    Spec("description", read.texts, _WORDS, "the same, in what was written about it"),
    Spec("distance", read.distances, '"5-12 km", ">= 20km" or "< 3 mi"', "how far it went"),
    Spec("duration", read.durations, '"30min-60min" or "> 1h30m"', "how long it took"),
    Spec("pace", read.paces, '"4:30-5:30 /km" or "< 9:00 /mi"', "its pace; < is faster"),
    Spec("climb", read.climbs, '"> 20 m/km" or "> 100 ft/mi"', "how much it climbed on its way"),
    Spec("weekday", read.weekdays, '"Sat", ["sat", "sun"], "Mon-Fri" or "weekend"', "its weekday"),
    Spec("time", read.times, '"05:00-09:00" or "22:00-04:00"', "when it began, by the clock there"),
    Spec("since", read.since, "a day such as 2026-01-31", "from that day on"),
    Spec("until", read.until, "a day such as 2026-12-31", "up to that day"),
    Spec("device", read.texts, '"fenix" or "Garmin*"', "the watch that recorded it"),
    Spec("creator", read.texts, '"OpenTracks"', "the program that wrote its file"),
    Spec(
        "source",
        read.origins,
        f'a kind of source ({_KINDS}) or a path as "*/races/*"',
        "what it was read from",
    ),
    Spec("folder", read.folders, '"Brooks Caldera 5" or "Race*"', "a folder that its file is in"),
    Spec("treadmill", read.yes_or_no, "true or false", "whether it was on a treadmill"),
    Spec("start", read.circle, _PLACE, "where it began"),
    Spec("finish", read.circle, _PLACE, "where it ended"),
    Spec("near", read.circle, _PLACE, "where it began or ended"),
)
_BY_KEY = {one.key: one for one in CONDITIONS}
_OTHERS = {
    "name": 'a name of its own, such as "trails"',
    "shoe": 'the name of a pair, or a part of it, such as "Speedgoat"',
    "split": 'parts that sum to 100 %, such as "Speedgoat=60%, Pegasus=40%"',
}


@dataclass(frozen=True, slots=True)
class _Block:
    """One `[[rules]]` of a text."""

    table: Mapping[str, Any]
    index: int
    text: str
    where: str

    @property
    def called(self) -> str:
        name = self.table.get("name")
        return f'rule "{shortened(name)}"' if isinstance(name, str) and name.strip() else "a rule"

    def refuse(self, key: str, what: str) -> ConfigError:
        line = line_of(self.text, f"rules.{self.index}.{key}")
        return ConfigError(f"{self.where}, line {line}: {self.called}: {what}")

    def bad_value(self, key: str, example: str) -> ConfigError:
        value = shortened(written(self.table[key]))
        return self.refuse(key, f"{key} cannot be {value}: write {example}")


def read_rules(tables: Any, unit: Unit, text: str, where: str) -> tuple[Rule, ...]:
    """The rules of a configuration in their order. Raises ConfigError naming the line."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        line = line_of(text, "rules")
        raise ConfigError(f"{where}, line {line}: rules are written as [[rules]], each with a name")
    found: dict[str, Rule] = {}
    for index, table in enumerate(tables):
        block = _Block(table, index, text, where)
        rule = _rule(block, unit)
        if rule.name.casefold() in found:
            raise block.refuse("name", "another rule has that name: give each its own")
        found[rule.name.casefold()] = rule
    return tuple(found.values())


def _rule(block: _Block, unit: Unit) -> Rule:
    for name in block.table:
        if name not in _BY_KEY and name not in _OTHERS:
            raise block.refuse(name, _unknown(shortened(name)))
    if "name" not in block.table:
        raise block.refuse("", f"name is missing: write name = {_OTHERS['name']}")
    name = _name(block, "name")
    pairs = _pairs(block)
    conditions = tuple(
        Condition(key, written(value), _wanted(block, _BY_KEY[key], unit))
        for key, value in block.table.items()
        if key in _BY_KEY
    )
    if not conditions:
        raise block.refuse(
            "",
            "it has no condition, and would take every run: add one, or make the pair the default"
            f' with `shoetrack shoe edit "{pairs[0][0]}" --default-for run`'
            " (what a run is called is its title)",
        )
    wanted = {one.key: one.wanted for one in conditions}
    match wanted.get("since"), wanted.get("until"):
        case Days(first=date() as first), Days(last=date() as last) if last < first:
            raise block.refuse("until", f"until cannot be before since, which is {first}")
    return Rule(name, pairs, conditions)


def _name(block: _Block, field: str) -> str:
    value = block.table[field]
    tidy = " ".join(unicodedata.normalize("NFC", value).split()) if isinstance(value, str) else ""
    if not 0 < len(tidy) <= _LONGEST or not tidy.replace(_JOINER, "").isprintable():
        raise block.bad_value(field, _OTHERS[field])
    return tidy


def _pairs(block: _Block) -> tuple[tuple[str, int], ...]:
    if "shoe" in block.table and "split" in block.table:
        raise block.refuse("split", "it has both shoe and split: leave one of them out")
    if "shoe" in block.table:
        return ((_name(block, "shoe"), 1),)
    if "split" not in block.table:
        raise block.refuse("", f"shoe is missing: write shoe = {_OTHERS['shoe']}")
    try:
        return read.split(block.table["split"])
    except ValueError as error:
        raise block.bad_value("split", _OTHERS["split"]) from error


def _wanted(block: _Block, spec: Spec, unit: Unit) -> Wanted:
    try:
        return spec.read(block.table[spec.key], unit)
    except (ValueError, OverflowError, RuntimeError) as error:  # of a home that nobody knows
        raise block.bad_value(spec.key, spec.example) from error


def _unknown(name: str) -> str:
    import difflib

    if name in {option.key for option in OPTIONS}:
        return f"{name} is not of a rule: write it above the first [[rules]]"
    known = [*_OTHERS, *_BY_KEY]
    close = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"
    return f"{name} is not a condition{hint}"


def written(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {written(one)}' for name, one in value.items())} }}"
    return str(value)
