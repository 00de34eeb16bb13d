"""Strava's OAuth: the address where access is granted, and what codes and tokens are traded for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import requests
from requests.auth import HTTPBasicAuth

from shoetrack.importers.strava.errors import LoginLost, StravaDown, StravaError
from shoetrack.importers.strava.session import Bases, Session
from shoetrack.importers.strava.stravalib_quietly import exc, new_client
from shoetrack.importers.strava.tokens import AppKeys, Login, Tokens, instant
from shoetrack.vault import Secret

_TOKEN = "https://www.strava.com/oauth/token"  # noqa: S105 - an address
_NOT_FOUND = frozenset({404, 405, 410, 501})


def authorization_url(
    bases: Bases, client_id: str, redirect_uri: str, scopes: tuple[str, ...], state: str
) -> str:
    """The page on which the athlete grants access. It holds no secret: `state` is for once."""
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "approval_prompt": "force",  # else boxes once unticked are never shown again
        "scope": ",".join(scopes),
        "state": state,
    }
    return f"{bases.oauth}/authorize?{urlencode(asked)}"


def exchange(session: Session, keys: AppKeys, code: str) -> tuple[Tokens, Any]:
    """Tokens for a code, and who it was as Strava tells it. Raises StravaError."""
    try:
        found = _trade(session, keys, grant_type="authorization_code", code=code)
    except exc.Fault as fault:
        raise _refusal(fault, "Strava does not accept the code of this login") from None
    return _tokens(found, session.now()), found.get("athlete")


def renew(session: Session, keys: AppKeys, tokens: Tokens) -> Tokens:
    """The next tokens; the old ones are dead then. Raises LoginLost, StravaError."""
    try:
        found = _trade(
            session, keys, grant_type="refresh_token", refresh_token=tokens.refresh.reveal()
        )
    except exc.Fault as fault:
        raise _refusal(
            fault,
            "Strava does not accept this login any more, as it was taken back there or its last"
            " renewal was cut off",
        ) from None
    return _tokens(found, session.now(), tokens.refresh)


def _trade(session: Session, keys: AppKeys, **what: str) -> dict[str, Any]:
    """What the address of tokens answers. Not by stravalib's own calls for it, which fail where
    Strava leaves out what they look for. Raises exc.Fault, StravaError.
    """
    found = new_client(session).protocol.post(
        _TOKEN, data={"client_id": keys.client_id, "client_secret": keys.secret.reveal(), **what}
    )
    if not isinstance(found, dict):
        raise _no_tokens()
    return found


def revoke(session: Session, login: Login) -> None:
    """Take the access back at Strava. Raises StravaError where that did not work."""
    if not _deauthorize(session, login):
        _revoke_by_form(session, login)


def _revoke_by_form(session: Session, login: Login) -> None:
    """The way that Strava wants from June 2027 on."""
    base = session.bases.oauth
    answer = session.request(
        "POST",
        f"{base}/revoke",
        data={"token": login.tokens.refresh.reveal()},
        auth=HTTPBasicAuth(login.keys.client_id, login.keys.secret.reveal()),
        may_be_page=True,
    )
    if answer.status_code >= 300 or _is_page(answer):
        raise _not_taken_back(answer)


def _deauthorize(session: Session, login: Login) -> bool:
    """The way until June 2027; False where it is there no more. A token that Strava does not know
    is as good as revoked.
    """
    token = login.tokens.access.reveal()
    answer = session.request(
        "POST",
        f"{session.bases.oauth}/deauthorize",
        headers={"Authorization": f"Bearer {token}"},
        data={"access_token": token},
        may_be_page=True,
    )
    if answer.status_code in _NOT_FOUND or _is_page(answer):
        return False
    if answer.status_code >= 300 and answer.status_code != requests.codes.unauthorized:
        raise _not_taken_back(answer)
    return True


def _is_page(answer: requests.Response) -> bool:
    return "html" in answer.headers.get("Content-Type", "")


def _not_taken_back(answer: requests.Response) -> StravaError:
    return StravaError(
        f"Strava did not take the access back (status {answer.status_code}):"
        " do so yourself at https://www.strava.com/settings/apps"
    )


def _refusal(fault: Exception, lost: str) -> StravaError:
    """What a refused trade means. Strava names the part that it does not accept."""
    response = getattr(fault, "response", None)
    fields = {part for error in errors_in(response) for part in error}
    if "client_id" in fields or "client_secret" in fields:
        return LoginLost("Strava does not know this client id and client secret together")
    if "Application" in fields:
        return LoginLost("Strava does not accept this API app")
    return LoginLost(lost)


def errors_in(response: requests.Response | None) -> list[tuple[str, str, str]]:
    """Resource, field and code of each error that an answer names; "" for what it leaves out."""
    try:
        found = response.json() if response is not None else None
    except (ValueError, RecursionError):
        found = None
    errors = found.get("errors") if isinstance(found, dict) else None
    return [
        (str(one.get("resource", "")), str(one.get("field", "")), str(one.get("code", "")))
        for one in (errors if isinstance(errors, list) else [errors])
        if isinstance(one, dict)
    ]


def _tokens(found: Mapping[str, Any], now: datetime, old: Secret | None = None) -> Tokens:
    """`old` is the refresh token that was used: it goes on where no new one was issued."""
    access, refresh = found.get("access_token"), found.get("refresh_token")
    if not refresh and old is not None:
        refresh = old.reveal()
    if not (isinstance(access, str) and isinstance(refresh, str) and access and refresh):
        raise _no_tokens()
    return Tokens(Secret(access), Secret(refresh), _expiry(found, now))


def _expiry(found: Mapping[str, Any], now: datetime) -> datetime:
    """Where no time is told, the tokens are renewed at their next use."""
    with suppress(ValueError, TypeError, OverflowError, OSError):
        return instant(int(found["expires_at"]) if found.get("expires_at") else _then(found, now))
    return instant(0)


def _then(found: Mapping[str, Any], now: datetime) -> float:
    return now.timestamp() + int(found.get("expires_in") or 0)


def _no_tokens() -> StravaDown:
    return StravaDown("Strava's answer holds no tokens: try again later")
