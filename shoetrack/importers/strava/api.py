"""An athlete's account at Strava, by its API."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from shoetrack.importers.strava import oauth, reader, tokens
from shoetrack.importers.strava.errors import (
    AppInactive,
    ClockWrong,
    LoginLost,
    NotThere,
    RateLimited,
    ScopeMissing,
    StravaDown,
    StravaError,
)
from shoetrack.importers.strava.limits import Limits
from shoetrack.importers.strava.meter import Meter
from shoetrack.importers.strava.protocol import (
    ACTIVITIES,
    PER_PAGE,
    PROFILE,
    READ,
    WRITE,
    Activity,
    Athlete,
    Gear,
)
from shoetrack.importers.strava.session import Bases, Session
from shoetrack.importers.strava.stravalib_quietly import exc, new_client
from shoetrack.importers.strava.tokens import AppKeys, Login, Tokens
from shoetrack.vault import Vault

_FORBIDDEN = 403
_NO_PAIR = "none"
# What Strava calls the permission that an access token lacks.
_PERMISSIONS = {
    "activity:read_permission": ACTIVITIES,
    "activity:read_all_permission": ACTIVITIES,
    "activity:write_permission": WRITE,
    "profile:read_all_permission": PROFILE,
    "read_permission": READ,
}


class StravaApi:
    """`Strava` of the protocol: one athlete's account, by the login that the vault keeps."""

    def __init__(self, session: Session, meter: Meter, vault: Vault, now: Callable[[], datetime]):
        self._session = session
        self._meter = meter
        self._vault = vault
        self._now = now
        self._login = tokens.login(vault)
        self._run_out_at_once: Tokens | None = None
        self._client = new_client(session, self._login.tokens.access.reveal())

    @property
    def scopes(self) -> frozenset[str]:
        return self._login.account.scopes

    @property
    def limits(self) -> Limits:
        return self._meter.limits()

    def athlete(self) -> Athlete:
        return reader.athlete(self._get("/athlete"))

    def run_count(self, athlete_id: int) -> int | None:
        try:
            with self._session.hurried():
                return reader.run_count(self._get(f"/athletes/{athlete_id:d}/stats"))
        except (RateLimited, LoginLost, AppInactive, ClockWrong):
            raise
        except StravaError:
            return None  # it is only to know how long a first sync takes

    def activities(
        self, *, before: datetime | None = None, after: datetime | None = None, page: int = 1
    ) -> list[Activity]:
        limits = {
            name: int(instant.timestamp())
            for name, instant in (("before", before), ("after", after))
            if instant is not None
        }
        found = self._get("/athlete/activities", page=page, per_page=PER_PAGE, **limits)
        if not isinstance(found, list):
            raise StravaDown("Strava's list of activities is no list: try again later")
        return reader.activities(found)

    def gear(self, gear_id: str) -> Gear | None:
        if not reader.GEAR_ID.fullmatch(gear_id):
            return None  # no id of Strava's: it would be another address
        try:
            return reader.gear(self._get(f"/gear/{gear_id}"))
        except NotThere:
            return None

    def set_gear(self, activity_id: int, gear_id: str | None) -> None:
        if WRITE not in self.scopes:
            raise ScopeMissing(WRITE)
        self._call(
            f"activity {activity_id}",
            lambda: self._client.protocol.put(
                f"/activities/{activity_id:d}", body={"gear_id": gear_id or _NO_PAIR}
            ),
        )

    def _get(self, path: str, **asked: Any) -> Any:
        return self._call(path, lambda: self._client.protocol.get(path, **asked))

    def _call(self, what: str, ask: Callable[[], Any]) -> Any:
        """Ask, with tokens that last; with new ones once more where Strava refuses these."""
        held = self._login.tokens
        # Else, where their times make no sense here, every call would take new ones.
        if not held.lasts(self._now()) and held != self._run_out_at_once:
            self._renew()
        try:
            return ask()
        except exc.AccessUnauthorized as fault:
            _raise_if_scope(fault)
        except exc.Fault as fault:
            raise _told(fault, what) from None
        self._renew()
        try:
            return ask()
        except exc.AccessUnauthorized as fault:
            _raise_if_scope(fault)
            tokens.note_lost(self._vault)
            raise LoginLost from None
        except exc.Fault as fault:
            raise _told(fault, what) from None

    def _renew(self) -> None:
        def renew(keys: AppKeys, stale: Tokens) -> Tokens:
            return oauth.renew(self._session, keys, stale)

        try:
            login = tokens.renewed(self._vault, self._login.tokens, self._now(), renew)
        except LoginLost:
            tokens.note_lost(self._vault)
            raise
        if login.account.athlete_id != self._login.account.athlete_id:
            # Else the second half of a sync would be someone else's.
            raise LoginLost("another athlete has logged in meanwhile")
        self._login = login
        self._run_out_at_once = None if login.tokens.lasts(self._now()) else login.tokens
        self._client.access_token = self._login.tokens.access.reveal()


def open_session(
    data: Path,
    bases: Bases,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    chance: Callable[[], float] = random.random,
    *,
    checks_clock: bool = True,
) -> Session:
    """What to speak to Strava with before there is a login. `data` holds the count of calls."""
    return Session(bases, Meter(data, now), now, sleep, chance, checks_clock=checks_clock)


def open_strava(
    data: Path,
    bases: Bases,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    chance: Callable[[], float] = random.random,
    *,
    checks_clock: bool = True,
) -> StravaApi:
    """The account whose login is kept in `data`. Raises NotConnected, VaultError."""
    session = open_session(data, bases, now, sleep, chance, checks_clock=checks_clock)
    return StravaApi(session, session.meter, Vault(data), now)


def log_in(
    session: Session, vault: Vault, keys: AppKeys, code: str, scopes: frozenset[str]
) -> Login:
    """Trade the code for tokens, and keep them. Raises StravaError, VaultError."""
    found, told = oauth.exchange(session, keys, code)
    who = reader.athlete(told)
    login = Login(tokens.Account(who.id, who.name, scopes, keys.client_id), keys, found)
    tokens.keep(vault, login)
    return login


def check_login(strava: StravaApi, vault: Vault) -> Athlete:
    """Ask who is connected, which fails where the app is switched off, and keep the answer where
    the login did not tell. Raises StravaError, VaultError.
    """
    who = strava.athlete()
    account = tokens.account(vault)
    if account is not None and not account.athlete_id:
        tokens.rename(vault, who.id, who.name)
    return who


def log_out(session: Session, vault: Vault, now: datetime) -> None:
    """Take the access back at Strava. Raises StravaError; the login is kept as it was."""
    login = tokens.login(vault)
    if not login.tokens.lasts(now):
        # Strava takes access back by a token that works.
        try:
            renewed = tokens.renewed(
                vault, login.tokens, now, lambda keys, old: oauth.renew(session, keys, old)
            )
        except LoginLost:
            return  # there is nothing left to take back
        login = replace(login, tokens=renewed.tokens)
    oauth.revoke(session, login)


def _raise_if_scope(fault: Exception) -> None:
    for _, field, code in oauth.errors_in(getattr(fault, "response", None)):
        if code == "missing" and field.endswith("_permission"):
            raise ScopeMissing(_PERMISSIONS.get(field, field.removesuffix("_permission"))) from None


def _told(fault: Exception, what: str) -> StravaError:
    if isinstance(fault, exc.ApplicationInactive):
        return AppInactive()
    if isinstance(fault, exc.ObjectNotFound):
        return NotThere(what)
    _raise_if_scope(fault)
    status = getattr(getattr(fault, "response", None), "status_code", 0)
    if status == _FORBIDDEN:
        return StravaError(
            f"Strava refuses {what} to this login (403): look at your API app at"
            " https://www.strava.com/settings/api, or run `shoetrack strava login` again"
        )
    return StravaError(f"Strava refuses {what} (status {status}): sync, and try again")
