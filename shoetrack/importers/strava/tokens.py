"""The login to Strava as it is kept in the vault, and how it is renewed without being lost.

Strava's refresh tokens work once: the old one dies when a new one is issued. So whoever renews
holds the vault's lock from reading the old one until the new one is on the disk.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType

from shoetrack.importers.strava.errors import NotConnected
from shoetrack.vault import Kept, Secret, Vault

PREFIX = "strava."
CLIENT_ID = "SHOETRACK_STRAVA_CLIENT_ID"
CLIENT_SECRET = "SHOETRACK_STRAVA_CLIENT_SECRET"  # noqa: S105 - its name

# Renewed so long before they run out, that no call is under way when they do.
EARLY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AppKeys:
    """What Strava knows an API app by."""

    client_id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one answer of Strava's gives: `access` works until `expires_at` (UTC)."""

    access: Secret
    refresh: Secret
    expires_at: datetime

    def lasts(self, now: datetime) -> bool:
        return now + EARLY < self.expires_at


@dataclass(frozen=True, slots=True)
class Account:
    """Who is connected and what they granted: what may be shown of a login."""

    athlete_id: int
    athlete: str
    scopes: frozenset[str]
    client_id: str
    is_lost: bool = False  # Strava did not accept it when it was last asked


@dataclass(frozen=True, slots=True)
class Login:
    """All of it."""

    account: Account
    keys: AppKeys
    tokens: Tokens


Renew = Callable[[AppKeys, Tokens], Tokens]


def account(vault: Vault) -> Account | None:
    """What may be shown of the login, without opening a keyring; None where there is none."""
    facts = vault.facts().facts
    return _account(facts) if f"{PREFIX}scopes" in facts else None


def login(vault: Vault) -> Login:
    """The login that is kept. Raises NotConnected, VaultError."""
    return _login(vault.read())


def keep(vault: Vault, login: Login) -> None:
    """Keep a new login in the place of what was there, even if that cannot be read any more."""
    from shoetrack.vault import VaultError

    try:
        vault.read()
        damaged = False
    except VaultError:
        damaged = True
    with vault.change(afresh=damaged) as kept:
        kept.forget(PREFIX)
        kept.facts |= {
            f"{PREFIX}client_id": login.keys.client_id,
            f"{PREFIX}scopes": " ".join(sorted(login.account.scopes)),
            f"{PREFIX}athlete_id": str(login.account.athlete_id),
            f"{PREFIX}athlete": login.account.athlete,
        }
        kept.secrets[f"{PREFIX}client_secret"] = login.keys.secret
        _put(kept, login.tokens)


def rename(vault: Vault, athlete_id: int, athlete: str) -> None:
    """Keep who is connected, where it was not known when the login was kept."""
    with vault.change() as kept:
        kept.facts |= {f"{PREFIX}athlete_id": str(athlete_id), f"{PREFIX}athlete": athlete}


def note_lost(vault: Vault) -> None:
    """Keep that Strava did not accept the login, for whoever asks next; a new one takes it away."""
    with vault.change() as kept:
        kept.facts[f"{PREFIX}lost"] = "yes"


def forget(vault: Vault) -> None:
    """Forget the login; the vault itself too where nothing else is in it."""
    with vault.change() as kept:
        kept.forget(PREFIX)
        empty = not kept.secrets and not kept.facts
    if empty:
        vault.remove()


def renewed(vault: Vault, stale: Tokens, now: datetime, renew: Renew) -> Login:
    """A login with other tokens than `stale`, on the disk before it is given.

    Where another process has renewed them meanwhile, theirs are given. Raises what `renew` does;
    what is kept then stays as it was.
    """
    with _uninterrupted(), vault.change() as kept:
        found = _login(kept)
        if found.tokens.access == stale.access or not found.tokens.lasts(now):
            tokens = renew(found.keys, found.tokens)
            _put(kept, tokens)
            found = _login(kept)
    return found


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off a first Ctrl-C or request to end: what Strava has issued is to be kept before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)
        restore()  # a second one does not wait

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, note)
    try:
        yield
    finally:
        restore()
    if asked:
        signal.raise_signal(asked[0])


def split_scopes(text: str) -> frozenset[str]:
    """`"read,activity:read_all"`, as Strava writes them."""
    return frozenset(part for part in text.replace(",", " ").split() if part)


def from_environment(name: str) -> str:
    return os.environ.get(name, "").strip()


def instant(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _put(kept: Kept, tokens: Tokens) -> None:
    kept.secrets[f"{PREFIX}access_token"] = tokens.access
    kept.secrets[f"{PREFIX}refresh_token"] = tokens.refresh
    kept.facts.pop(f"{PREFIX}lost", None)
    kept.facts[f"{PREFIX}expires_at"] = str(round(tokens.expires_at.timestamp()))


def _account(facts: dict[str, str]) -> Account:
    athlete_id = facts.get(f"{PREFIX}athlete_id", "")
    return Account(
        athlete_id=int(athlete_id) if athlete_id.isdecimal() else 0,
        athlete=facts.get(f"{PREFIX}athlete", ""),
        scopes=split_scopes(facts.get(f"{PREFIX}scopes", "")),
        client_id=facts.get(f"{PREFIX}client_id", ""),
        is_lost=f"{PREFIX}lost" in facts,
    )


def _login(kept: Kept) -> Login:
    found = [_secret(kept.secrets, name) for name in _NEEDED]
    if not all(found) or not kept.facts.get(f"{PREFIX}client_id", "").isdecimal():
        raise NotConnected
    secret, access, refresh = found
    expires_at = kept.facts.get(f"{PREFIX}expires_at", "")
    who = _account(kept.facts)
    if from_environment(CLIENT_ID) in ("", who.client_id):  # else it is that of another app
        secret = Secret(from_environment(CLIENT_SECRET)) or secret
    return Login(
        who,
        AppKeys(who.client_id, secret),
        Tokens(access, refresh, instant(int(expires_at) if expires_at.isdecimal() else 0)),
    )


_NEEDED = ("client_secret", "access_token", "refresh_token")


def _secret(secrets: dict[str, Secret], name: str) -> Secret:
    return secrets.get(f"{PREFIX}{name}", Secret(""))
