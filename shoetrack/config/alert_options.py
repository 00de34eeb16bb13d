"""The options of folders and alerts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

from shoetrack.config.alerts import DESKTOP, EMAIL, Alerts, Email, Service, WeekTime
from shoetrack.config.lines import line_of
from shoetrack.config.option import Option, read, yes_or_no
from shoetrack.errors import ConfigError
from shoetrack.units import Unit

ALERTS = "alerts"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]?\d|2[0-3]):([0-5]\d)"
# Words with dots between them, on both sides; or a number on the right, as [192.0.2.1]. The
# library's own reading takes 8 ms to load, at every prompt.
_WORD = r"[^\s@.,:;<>()\[\]\\\"]+"
_ADDRESS = re.compile(rf"{_WORD}(\.{_WORD})*@({_WORD}(\.{_WORD})*|\[[A-Za-z0-9.:]+\])")
_SERVICE = re.compile(r"alerts\.([a-z0-9][a-z0-9_-]{0,39})\.(url|url_file)")


def _folder(value: Any) -> Path:
    try:
        path = Path(value).expanduser()
    except RuntimeError as error:  # nobody of that name has a home here
        raise ValueError from error
    if not path.is_absolute() or "\0" in value:
        raise ValueError
    return path


def read_folders(value: Any, _unit: Unit) -> tuple[Path, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(dict.fromkeys(_folder(one) for one in value))


def _file(value: Any, _unit: Unit) -> Path:
    return _folder(value)


def _words(value: Any, _unit: Unit) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError
    if not all(re.fullmatch("[a-z0-9][a-z0-9_-]{0,39}", one) for one in value):
        raise ValueError
    return tuple(dict.fromkeys(value))


def _time(text: str) -> time:
    match = re.fullmatch(_TIME, text.strip())
    if match is None:
        raise ValueError
    return time(int(match[1]), int(match[2]))


def _clock(value: Any, _unit: Unit) -> time:
    return _time(value)


def _hours(value: Any, _unit: Unit) -> tuple[time, time]:
    begin, end = value.split("-")
    found = (_time(begin), _time(end))
    if found[0] == found[1]:
        raise ValueError
    return found


def _week_time(value: Any, _unit: Unit) -> WeekTime | None:
    if value == "never":
        return None
    day, at = value.split()
    return WeekTime(_DAYS.index(day.casefold()[:3]), _time(at))


def _host(value: Any, _unit: Unit) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", value):
        raise ValueError
    return str(value)


def _port(value: Any, _unit: Unit) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise ValueError
    return value


def _security(value: Any, _unit: Unit) -> str:
    if value not in ("starttls", "tls", "none"):
        raise ValueError
    return str(value)


def _line(value: Any, _unit: Unit) -> str:
    """A line without anything that would end it: what goes into a mail's head."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError
    return value.strip()


def _address(value: Any) -> str:
    address = _line(value, Unit.MI)
    if not _ADDRESS.fullmatch(address):
        raise ValueError
    return address


def _sender(value: Any, _unit: Unit) -> str:
    return _address(value)


def _recipients(value: Any, _unit: Unit) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(dict.fromkeys(_address(one) for one in value))


def _url(value: Any, _unit: Unit) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", _line(value, _unit)):
        raise ValueError
    return str(value).strip()


# An option's field is that of `Alerts`, or behind the dot that of `Email` or `Service`.
ALERT_OPTIONS = (
    Option(
        "alerts.channels",
        "channels",
        _words,
        'names in a list, as ["desktop", "email"]',
        "where alerts go",
    ),
    Option(
        "alerts.quiet",
        "quiet",
        _hours,
        'hours such as "22:00-07:00"',
        "the hours in which only what is urgent is said",
    ),
    Option(
        "alerts.digest",
        "digest",
        _week_time,
        'a day and a time such as "Sun 18:00", or "never"',
        "when the week's digest is sent",
    ),
    Option(
        "alerts.morning",
        "morning",
        _clock,
        'a time such as "07:30"',
        "when a day's first look is taken, whatever came in",
    ),
    Option(
        "alerts.load",
        "load",
        yes_or_no,
        "true or false",
        "whether a week of over 10 % more than the mean of the four before is said",
    ),
    Option("alerts.email.host", "email.host", _host, '"smtp.example.org"', "the mail server"),
    Option("alerts.email.port", "email.port", _port, "587, 465 or 25", "its port"),
    Option(
        "alerts.email.security",
        "email.security",
        _security,
        '"starttls", "tls" or "none"',
        "how it is spoken to; none only on this machine",
    ),
    Option("alerts.email.user", "email.user", _line, '"ada"', "who logs in there"),
    Option(
        "alerts.email.password_file",
        "email.password_file",
        _file,
        'a file from / or ~ on, as "~/.config/shoetrack/smtp"',
        "the file that has the password, where it is not in the keyring",
    ),
    Option("alerts.email.from", "email.sender", _sender, '"shoes@example.org"', "the sender"),
    Option("alerts.email.to", "email.to", _recipients, '["ada@example.org"]', "who gets the mails"),
)
_SERVICE_OPTIONS = {
    "url": Option(
        "url", "url", _url, 'an address of apprise\'s, as "ntfy://my-topic"', "where it goes"
    ),
    "url_file": Option(
        "url_file", "url_file", _file, "a file from / or ~ on", "the file that has the address"
    ),
}


def flatten_alerts(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The options of `[alerts]` and the sections in it, by their whole keys."""
    pairs = []
    for name, value in table.items():
        if isinstance(value, dict) and not any(o.key == f"alerts.{name}" for o in ALERT_OPTIONS):
            pairs += [(f"alerts.{name}.{inner}", content) for inner, content in value.items()]
        else:
            pairs.append((f"alerts.{name}", value))
    return pairs


def is_service(key: str) -> bool:
    """Whether a key is of a channel of the user's own, as `alerts.ntfy.url`."""
    match = _SERVICE.fullmatch(key)
    return match is not None and match[1] not in (DESKTOP, EMAIL)


def read_alerts(values: Mapping[str, Any], text: str, where: str) -> Alerts:
    """What `[alerts]` says. `values` are by their whole keys, all of them known. Raises
    ConfigError.
    """
    fields: dict[str, Any] = {}
    email: dict[str, Any] = {}
    for option in ALERT_OPTIONS:
        if option.key in values:
            section, _, field = option.field.rpartition(".")
            (email if section else fields)[field] = read(values, option, Unit.MI, text, where)
    if email:
        fields["email"] = _email(email, text, where)
    services = _services(values, text, where)
    if services:
        fields["services"] = tuple(services.items())
    for nth, channel in enumerate(fields.get("channels", ())):
        _check_channel(channel, email, services, text, f"alerts.channels.{nth}", where)
    return Alerts(**fields)


def _email(fields: dict[str, Any], text: str, where: str) -> Email:
    line = line_of(text, "alerts.email")
    for field, name in (("host", "host"), ("sender", "from"), ("to", "to")):
        if field not in fields:
            raise ConfigError(f"{where}, line {line}: alerts.email has no {name}: add it")
    host = fields["host"].casefold()
    if fields.get("security") == "none" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ConfigError(
            f"{where}, line {line_of(text, 'alerts.email.security')}: alerts.email.security cannot"
            ' be "none" for another machine, where anyone could read the mail and the password:'
            ' write "starttls" or "tls"'
        )
    return Email(**fields)


def _services(values: Mapping[str, Any], text: str, where: str) -> dict[str, Service]:
    found: dict[str, dict[str, Any]] = {}
    for key in values:
        match = _SERVICE.fullmatch(key)
        if match is not None and is_service(key):
            option = _SERVICE_OPTIONS[match[2]]
            whole = Option(key, option.field, option.read, option.example, option.doc, secret=True)
            found.setdefault(match[1], {})[match[2]] = read(values, whole, Unit.MI, text, where)
    for name, fields in found.items():
        if len(fields) > 1:
            raise ConfigError(
                f"{where}, line {line_of(text, f'alerts.{name}')}: alerts.{name} has a url and a"
                " url_file: keep one of them"
            )
    return {name: Service(**fields) for name, fields in found.items()}


def _check_channel(
    channel: str,
    email: Mapping[str, Any],
    services: Mapping[str, Service],
    text: str,
    place: str,
    where: str,
) -> None:
    if channel == DESKTOP or channel in services or (channel == EMAIL and email):
        return
    import difflib

    what = "host, from and to" if channel == EMAIL else "a url"
    meant = difflib.get_close_matches(channel, (DESKTOP, EMAIL, *services), n=1)
    hint = f"did you mean {meant[0]}? Else " if meant and meant[0] != channel else ""
    raise ConfigError(
        f"{where}, line {line_of(text, place)}: the channel {channel} is not set up: {hint}add"
        f" [alerts.{channel}] with {what}"
    )
