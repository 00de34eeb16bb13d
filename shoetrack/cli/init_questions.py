"""The questions of `init`, one function a topic. Nothing is written here."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoetrack.cli.dialogue import ask, ask_secret, ask_yes_no
from shoetrack.cli.render import say
from shoetrack.cli.text import clean, plural
from shoetrack.config.alerts import DESKTOP, EMAIL, Email
from shoetrack.config.writing import check
from shoetrack.names import checked, key, tidied
from shoetrack.setup import Provider, folders_with_runs, mounts, provider_of
from shoetrack.units import Unit, parse_distance, show_distance

if TYPE_CHECKING:
    from shoetrack.model import Shoe

NONE = "none"
STARTTLS = "starttls"
USUAL_DIGEST = "Sun 18:00"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MOST_FOLDERS_SHOWN = 9
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class NewPair:
    """A pair to be added; `start_mm` is what it was worn before."""

    name: str
    start_mm: int
    is_default: bool
    rotation: str


@dataclass
class Answers:
    """What was answered: options of config.toml by their whole keys, None to take one out; pairs;
    the password for e-mail, "" for as it was.
    """

    options: dict[str, Any] = field(default_factory=dict)
    pairs: list[NewPair] = field(default_factory=list)
    wants_strava: bool = False
    password: str = ""


class Standing:
    """What config.toml says now, as it is written there."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table

    def get(self, key: str, default: Any = None) -> Any:
        """The value of an option by its whole key."""
        inner: Any = self._table
        for part in key.split("."):
            if not isinstance(inner, dict) or part not in inner:
                return default
            inner = inner[part]
        return inner


def _option(question: str, name: str, default: str) -> str:
    """An option that is a text, as it may stand in config.toml."""

    def read(text: str) -> str:
        check(name, text)
        return text

    return ask(question, read, default)


# --- the unit, and pairs --------------------------------------------------------------------


def ask_unit(standing: Standing) -> Unit:
    return Unit(_option("Distances in mi or km", "unit", standing.get("unit", Unit.MI)))


def ask_pairs(
    shoes: Sequence[Shoe], worn: Mapping[int, int], has_default: bool, unit: Unit
) -> list[NewPair]:
    """Pairs until there are no more. `worn` are the totals in mm of those that are there."""
    for shoe in shoes:
        turns = f", rotation {shoe.rotation}" if shoe.rotation else ""
        gone = ", retired" if shoe.retired_on else ""
        say(
            f"  {clean(shoe.name)}, {show_distance(worn.get(shoe.id, 0), unit)}{clean(turns)}{gone}"
        )
    taken = {key(shoe.name): shoe.name for shoe in shoes}
    rotations = [shoe.rotation for shoe in shoes if shoe.rotation]
    found: list[NewPair] = []

    def read_name(text: str) -> str:
        if not text:
            return ""
        name = checked(text)
        if key(name) in taken:
            raise ValueError(f"{taken[key(name)]} is there already")
        return name

    while True:
        first = not shoes and not found
        question = "A pair that you run in" if first else "Another pair"
        name = ask(f"{question} (Enter: {'none yet' if first else 'no more'})", read_name)
        if not name:
            return found
        taken[key(name)] = name
        start = ask(f"  Worn so far, in {unit}", lambda text: _start(text, unit), "0")
        is_default = ask_yes_no("  Do runs go on it by themselves?", not has_default)
        has_default = has_default or is_default
        usual = rotations[-1] if rotations else ""
        rotation = ask(
            f"  Rotation, or {NONE}"
            if usual
            else "  Rotation: a name for pairs that take turns, as daily (Enter: none)",
            lambda text: "" if text.casefold() == NONE else tidied(text, "its name", _LONGEST),
            usual,
        )
        if rotation:
            rotations.append(rotation)
        found.append(NewPair(name, start, is_default, rotation))


def _start(text: str, unit: Unit) -> int:
    start = parse_distance(text, unit)
    if start < 0:
        raise ValueError("it cannot be below 0")
    return start


# --- where runs come from -------------------------------------------------------------------


def ask_folders(standing: Standing) -> list[str]:
    """The folders to watch, as they are written in config.toml."""
    watched: list[str] = standing.get("folders.watch", [])
    listed = [(text, "watched now") for text in watched]
    known = {Path(text).expanduser() for text in watched}
    listed += [
        (_short(found.path), plural(found.files, "recording"))
        for found in folders_with_runs(Path.home(), mounts())
        if found.path not in known
    ]
    listed = listed[: max(_MOST_FOLDERS_SHOWN, len(watched))]
    for nth, (text, what) in enumerate(listed, 1):
        say(f"  {nth}  {clean(text)}  ({what})")
    names = [text for text, _ in listed]
    if listed:
        chosen = range(1, len(watched) + 1) if watched else range(1, len(listed) + 1)
        question = f"Which? Numbers, other folders, or {NONE}"
        default = ", ".join(map(str, chosen))
    else:
        question, default = f"Folders, with commas between, or {NONE}", NONE
    return ask(question, lambda text: _read_folders(text, names), default)


def _read_folders(text: str, listed: Sequence[str]) -> list[str]:
    if text.casefold() == NONE:
        return []
    # A folder's own name may have a comma.
    words = [text] if _is_there(text) else re.split(r"\s*,\s*", text)
    found = []
    for word in filter(None, words):
        if word.isascii() and word.isdecimal() and not _is_there(word):
            if not 1 <= int(word[:4]) <= len(listed):
                raise ValueError(f"there is no {word} in the list")
            found.append(listed[int(word) - 1])
        else:
            found.append(_folder(word))
    check("folders.watch", found)
    return list(dict.fromkeys(found))


def _folder(text: str) -> str:
    path = Path(text.strip("'\"")).expanduser()
    if not path.is_absolute():
        if not path.is_dir():
            raise ValueError(f"there is no folder {text!r} here: write it from / or ~ on")
        path = path.absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{text!r} is not a folder")
    if not path.exists():
        say(f"  {clean(str(path))} is not there now: it is watched once it is.", "dim")
    return _short(path)


def _is_there(text: str) -> bool:
    return bool(text) and Path(text).expanduser().is_dir()


def _short(path: Path) -> str:
    """A folder as a person writes it."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if home in path.parents else str(path)


# --- alerts ---------------------------------------------------------------------------------


def ask_channels(standing: Standing) -> list[str]:
    """The channels, those of the user's own as they are."""
    now: list[str] = standing.get("alerts.channels", [])
    is_new = standing.get("alerts.channels") is None
    wanted = {
        DESKTOP: ask_yes_no("Show alerts on the desktop?", is_new or DESKTOP in now),
        EMAIL: ask_yes_no("Send them by e-mail?", EMAIL in now),
    }
    kept = [one for one in now if wanted.get(one, True)]
    return [*kept, *(one for one, is_wanted in wanted.items() if is_wanted and one not in kept)]


def ask_email(standing: Standing, has_password: bool) -> tuple[dict[str, Any], str]:
    """The options of e-mail, and its password; "" where that stays as it is."""
    now = {
        name: standing.get(f"alerts.email.{name}")
        for name in ("host", "port", "security", "user", "from", "to", "password_file")
    }
    to = ", ".join(now["to"] or ())
    sender = _option("Your e-mail address", "alerts.email.from", now["from"] or "")
    guessed = provider_of(sender)
    host = ask(
        "Mail server, or gmail, fastmail or icloud",
        _read_host,
        now["host"] or (guessed.host if guessed else ""),
    )
    provider = provider_of(host)
    found: dict[str, Any] = {"host": host, "from": sender}
    found |= _how_to_speak(host, provider, now)
    user = ask(
        f"User who logs in there, or {NONE}",
        lambda text: None if text.casefold() == NONE else _checked("alerts.email.user", text),
        now["user"] or (NONE if now["host"] else sender),
    )
    found["user"] = user
    found["to"] = ask("To, with commas between", _read_addresses, to or sender)
    password = ""
    if user and now["password_file"]:
        say(f"  Its password is in {clean(now['password_file'])}.", "dim")
    elif user:
        password = _ask_password(provider, has_password)
    return {f"alerts.email.{name}": value for name, value in found.items()}, password


def _how_to_speak(host: str, provider: Provider | None, now: Mapping[str, Any]) -> dict[str, Any]:
    """Security and port; None for the usual port."""
    if provider is not None and now["host"] != provider.host:
        say(f"  {provider.name}: port {provider.port}, {provider.security}.", "dim")
        return {"security": provider.security, "port": provider.port}

    def read(text: str) -> str:
        check("alerts.email.security", text)
        if text == NONE and host.casefold() not in LOOPBACK:
            raise ValueError(
                f"anyone could read the mail on its way to {host}: write starttls or tls"
            )
        return text

    security = ask(
        "Security: starttls, tls, or none (on this machine only)",
        read,
        now["security"] or STARTTLS,
    )
    is_same = security == (now["security"] or STARTTLS)
    port = ask("Port", _read_port, str((now["port"] if is_same else None) or usual_port(security)))
    return {"security": security, "port": port}


def usual_port(security: str) -> int:
    return Email("", "", (), security=security).port_used


def _ask_password(provider: Provider | None, has_password: bool) -> str:
    from shoetrack.alerting.secrets import SMTP, VARIABLES

    if os.environ.get(VARIABLES[SMTP]):
        say(f"  Its password comes from {VARIABLES[SMTP]}.", "dim")
        return ""
    if provider is not None:
        say(f"  {provider.name} takes an app password here, not your own. Make one at")
        say(f"  {provider.password}")
    words = "as it is" if has_password else "later"
    return ask_secret(f"Password, which is not shown (Enter: {words})")


def ask_times(standing: Standing) -> dict[str, Any]:
    """When alerts and the digest are sent."""
    quiet = ask(
        f"Quiet hours, as 22:00-07:00, or {NONE}",
        lambda text: None if text.casefold() == NONE else _checked("alerts.quiet", text),
        standing.get("alerts.quiet", NONE),
    )
    digest = _option(
        "The week's digest, as Sun 18:00, or never",
        "alerts.digest",
        standing.get("alerts.digest", USUAL_DIGEST),
    )
    return {"alerts.quiet": quiet, "alerts.digest": digest}


def _checked(name: str, text: str) -> str:
    check(name, text)
    return text


def _read_host(text: str) -> str:
    provider = provider_of(text) if "@" not in text else None
    host = provider.host if provider else text
    check("alerts.email.host", host)
    return host


def _read_port(text: str) -> int:
    number = int(text[:6]) if text.isascii() and text.isdecimal() else text
    check("alerts.email.port", number)
    assert isinstance(number, int)
    return number


def _read_addresses(text: str) -> list[str]:
    found = [one for one in re.split(r"[\s,;]+", text) if one]
    check("alerts.email.to", found)
    return found
