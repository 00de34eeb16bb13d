"""Each option of config.toml is declared once, with its check and its sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

from shoetrack.config import DISTANCE_ORDER, Config
from shoetrack.config.alert_options import (
    ALERT_OPTIONS,
    ALERTS,
    flatten_alerts,
    is_service,
    read_alerts,
    read_folders,
)
from shoetrack.config.lines import line_of
from shoetrack.config.option import Option, read, shortened, yes_or_no
from shoetrack.errors import ConfigError
from shoetrack.sport import Sport, parse_sport
from shoetrack.units import Unit, parse_range, parse_span


def _unit(value: Any, _unit: Unit) -> Unit:
    return Unit(value)


def _timezone(value: Any, _unit: Unit) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(value)


def _sport(value: Any, _unit: Unit) -> Sport:
    return parse_sport(value)


def _range(value: Any, unit: Unit) -> tuple[int, int]:
    return parse_range(value, unit)


def _window(value: Any, _unit: Unit) -> timedelta:
    span = parse_span(value)
    if not span:
        raise ValueError
    return span


def _part(value: Any, _unit: Unit) -> float:
    if isinstance(value, bool) or not 0 < float(value) <= 1:
        raise ValueError
    return float(value)


def _order(value: Any, _unit: Unit) -> tuple[str, ...]:
    """Those that are named come first, in that order; the others after them, in the usual one."""
    named = list(value) if isinstance(value, list) else []
    if not named or len(set(named)) < len(named) or not set(named) <= set(DISTANCE_ORDER):
        raise ValueError
    return (*named, *(one for one in DISTANCE_ORDER if one not in named))


def _url(value: Any, _unit: Unit) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(value)
    safe = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    )
    if not safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError
    _ = parts.port  # raises where it is none
    return str(value).rstrip("/")


def _every(value: Any, _unit: Unit) -> timedelta:
    match = re.fullmatch(r"\s*(\d{1,5})\s*(min|minutes?|h|hours?)\s*", value)
    if match is None:
        raise ValueError
    span = timedelta(minutes=int(match[1]) * (60 if match[2].startswith("h") else 1))
    if span < timedelta(minutes=1):
        raise ValueError
    return span


OPTIONS = (
    Option("unit", "unit", _unit, '"mi" or "km"', "what distances are shown and typed in"),
    Option(
        "timezone",
        "timezone",
        _timezone,
        'a name such as "Europe/Copenhagen"',
        "the home zone, for runs whose file does not say their own (default: the machine's)",
    ),
    Option(
        "sport",
        "sport",
        _sport,
        '"run", "trail-run", "treadmill", "walk" or "hike"',
        "the sport of a run whose file does not say",
    ),
    Option("wear.range", "range_mm", _range, '"300-500 mi"', "when a pair is done, low to high"),
    Option("wear.near", "near", _part, "a number such as 0.9", "the part of high that is near it"),
    Option("rotation.window", "window", _window, '"28 days"', "how far back a rotation is judged"),
    Option(
        "rotation.tolerance",
        "tolerance",
        _part,
        "a number such as 0.20",
        "how far off its share a pair may be",
    ),
    Option(
        "distance.order",
        "order",
        _order,
        '["session", "device", "strava", "computed"], in another order, or the first of them',
        "whose distance is believed, where a run's files differ",
    ),
    Option(
        "strava.trust_gear",
        "trust_gear",
        yes_or_no,
        "true or false",
        "whether the pair that a run has at Strava or Garmin comes before the rules",
    ),
    Option(
        "strava.api",
        "strava_api",
        _url,
        'an address that begins with https://, as "https://www.strava.com/api/v3"',
        "where Strava's API is",
    ),
    Option(
        "strava.oauth",
        "strava_oauth",
        _url,
        'an address that begins with https://, as "https://www.strava.com/oauth"',
        "where Strava's logins are",
    ),
    Option(
        "strava.window",
        "strava_window",
        _window,
        '"30 days"',
        "how far back a sync looks again, for late uploads, edits and deletions",
    ),
    Option("strava.every", "strava_every", _every, '"15 min"', "how often Strava is asked"),
    Option(
        "folders.watch",
        "watch",
        read_folders,
        'folders in a list, each from / or ~ on, as ["~/Garmin/Activity"]',
        "the folders whose new files are imported by themselves",
    ),
    *ALERT_OPTIONS,
)
_BY_KEY = {option.key: option for option in OPTIONS}


def parse(text: str, where: str = "config.toml") -> Config:
    """The configuration that a text says. Raises ConfigError naming the line of what is wrong."""
    import tomllib

    try:
        table = tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{where}: brackets are within brackets too often") from error
    except ValueError as error:  # a TOMLDecodeError, or a number too long to be one
        raise ConfigError(f"{where}: {str(error)[:1].lower()}{str(error)[1:]}") from error
    values = dict(_flatten(table))
    for key in values:
        if key not in _BY_KEY and not is_service(key):
            raise ConfigError(f"{where}, line {line_of(text, key)}: {_unknown(key)}")
    unit = read(values, _BY_KEY["unit"], Unit.MI, text, where) or Unit.MI
    fields = {
        option.field: read(values, option, unit, text, where)
        for option in OPTIONS
        if option.key in values and option not in ALERT_OPTIONS
    }
    alerts = {key: value for key, value in values.items() if key.startswith(f"{ALERTS}.")}
    if alerts:
        fields["alerts"] = read_alerts(alerts, text, where)
    if "rules" in table:
        from shoetrack.config.rules import read_rules

        fields["rules"] = read_rules(table["rules"], unit, text, where)
    return Config(**fields)


def _flatten(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    pairs = []
    for name, value in table.items():
        if name == "rules":
            continue
        if name == ALERTS and isinstance(value, dict):
            pairs += flatten_alerts(value)
        elif isinstance(value, dict):
            pairs += [(f"{name}.{inner}", content) for inner, content in value.items()]
            if not value:
                pairs += [(name, value)] if not _is_section(name) else []
        else:
            pairs.append((name, value))
    return pairs


def _is_section(name: str) -> bool:
    return any(option.key.startswith(f"{name}.") for option in OPTIONS)


def _unknown(key: str) -> str:
    import difflib

    if key.casefold() in ("rule", "rules"):
        return (
            f"{shortened(key)} is not an option: rules are written as [[rules]], each with a name"
        )
    key = shortened(key)
    close = difflib.get_close_matches(key, _BY_KEY, n=1, cutoff=0.5)
    name = key.rpartition(".")[2]
    same_name = [known for known in _BY_KEY if known.rpartition(".")[2] == name]
    meant = same_name or close
    hint = f"; did you mean {meant[0]}?" if meant else f"; known are {', '.join(_BY_KEY)}"
    return f"{key} is not an option{hint}"
