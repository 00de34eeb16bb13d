"""What a first setup can offer: folders with runs on this machine, and providers of e-mail."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple


class Provider(NamedTuple):
    """A provider of e-mail, and where its app passwords are made: none takes the account's own."""

    name: str
    domains: tuple[str, ...]
    host: str
    port: int
    security: str
    password: str


PROVIDERS = (
    Provider(
        "Gmail",
        ("gmail.com", "googlemail.com"),
        "smtp.gmail.com",
        587,
        "starttls",
        "https://myaccount.google.com/apppasswords (with 2-step verification on)",
    ),
    Provider(
        "Fastmail",
        ("fastmail.com", "fastmail.fm"),
        "smtp.fastmail.com",
        465,
        "tls",
        "Settings, Privacy & Security, Manage app passwords",
    ),
    Provider(
        "iCloud",
        ("icloud.com", "me.com", "mac.com"),
        "smtp.mail.me.com",
        587,
        "starttls",
        "https://account.apple.com, Sign-In and Security, App-Specific Passwords",
    ),
)


def provider_of(text: str) -> Provider | None:
    """The provider that a name ("gmail"), a host or an address means."""
    word = text.strip().casefold()
    domain = word.rpartition("@")[2]
    for one in PROVIDERS:
        if word in (one.name.casefold(), one.host) or domain in one.domains:
            return one
    return None


# --- folders --------------------------------------------------------------------------------


class Found(NamedTuple):
    """A folder with so many recordings; at least, where there are very many files."""

    path: Path
    files: int


# What holds runs, by the names that watches, phones and what copies for them give.
_USUAL = frozenset(
    {
        "activities",
        "dropbox",
        "fit",
        "garmin",
        "gpx",
        "nextcloud",
        "opentracks",
        "runs",
        "sync",
        "syncthing",
        "tracks",
    }
)
_ENDINGS = (".gpx", ".fit", ".tcx", ".gpx.gz", ".fit.gz", ".tcx.gz")
_DEEPEST = 4
_MOST_FOLDERS = 500
_MOST_FILES = 20_000


def mounts() -> list[Path]:
    """Where drives, and watches among them, appear on this kind of machine."""
    if sys.platform == "win32":
        return [Path(f"{letter}:/") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ"]
    roots = ["/Volumes"] if sys.platform == "darwin" else ["/media", "/run/media", "/mnt"]
    found = []
    for root in map(Path, roots):
        for folder in _folders(root):
            found += [folder, *_folders(folder)]
    return found


def folders_with_runs(home: Path, drives: Sequence[Path]) -> list[Found]:
    """Folders to be watched: of watches that are plugged in, and in the home folder."""
    found = []
    for drive in drives:
        for activity in (drive / "GARMIN" / "Activity", drive / "Garmin" / "Activity"):
            if _is_folder(activity):
                found.append(Found(activity, _recordings(activity)[1]))
                break
    for folder in _folders(home):
        if folder.name.casefold() in _USUAL:
            place, files = _recordings(folder)
            if files:
                found.append(Found(place, files))
    return found


def _recordings(folder: Path) -> tuple[Path, int]:
    """The folder that holds all recordings below another, and how many they are. In what is large
    not all is looked at.
    """
    places: list[str] = []
    count = seen = 0
    for nth, (place, names, files) in enumerate(os.walk(folder)):
        depth = len(Path(place).relative_to(folder).parts)
        names[:] = sorted(n for n in names if not n.startswith(".")) if depth < _DEEPEST else []
        here = sum(name.casefold().endswith(_ENDINGS) for name in files)
        count += here
        seen += len(files)
        if here:
            places.append(place)
        if nth >= _MOST_FOLDERS or seen >= _MOST_FILES:
            break
    return (Path(os.path.commonpath(places)) if places else folder), count


def _folders(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(one for one in folder.iterdir() if _is_folder(one))
    except OSError:
        return  # not there, or not for us to see: nothing to offer


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
