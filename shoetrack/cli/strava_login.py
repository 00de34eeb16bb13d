"""`strava login` and `logout`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from shoetrack.cli.app import App, Command, ask, can_ask, pass_app, yes_option
from shoetrack.cli.render import say
from shoetrack.cli.strava import bases, clock, is_clock_set, open_account
from shoetrack.cli.strava_status import WITHOUT, WRITE, kept_in, listed, named
from shoetrack.cli.text import clean
from shoetrack.errors import UsageError
from shoetrack.vault import Secret, Vault

if TYPE_CHECKING:
    from shoetrack.importers.strava.session import Session
    from shoetrack.importers.strava.tokens import AppKeys

_ASKED = ("read", "activity:read_all", "profile:read_all")
_ABOUT = """\
What it takes: an API app of your own, with "localhost" as its callback domain
(made at https://www.strava.com/settings/api). Since June 2026 its owner needs a
Strava subscription.

Strava's terms let an app keep what the API tells for 7 days, show it to you
alone, and not mix it with other data. shoetrack keeps your runs on this
machine, beside those from files, until `shoetrack strava logout --purge` takes
them out: decide whether that suits you.

Files, folders and Strava's bulk export need none of this: see
`shoetrack import --help`.
"""


@click.command(cls=Command)
@click.option("--client-id", metavar="ID", help="Of your API app; or SHOETRACK_STRAVA_CLIENT_ID.")
@click.option(
    "--client-secret",
    metavar="SECRET",
    help="Of your API app. Others on this machine can see what stands on a command line: better"
    " type it when asked, set SHOETRACK_STRAVA_CLIENT_SECRET, or write - to read it from standard"
    " input.",
)
@click.option("--write", is_flag=True, help="Ask to write too, for `strava push`.")
@click.option("--no-browser", is_flag=True, help="Only print the address; it can be pasted back.")
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=0,
    help="Wait for the browser at this port, instead of one that is free.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.IntRange(1, 86400),
    default=300,
    show_default=True,
    help="Wait so long.",
)
@pass_app
def login(
    app: App,
    client_id: str | None,
    client_secret: str | None,
    write: bool,
    no_browser: bool,
    port: int,
    timeout: int,
) -> None:
    """Connect to Strava by an API app of your own.

    Strava asks in the browser what may be read. Where that browser is on another machine, its last
    page does not load: paste the address of that page here.

    \b
    shoetrack strava login
    shoetrack strava login --no-browser
    shoetrack strava login --write
    """
    from secrets import token_urlsafe

    from shoetrack.importers.strava import api, oauth
    from shoetrack.importers.strava.errors import RateLimited
    from shoetrack.importers.strava.login import listen

    say(_ABOUT)
    keys = _keys(app, client_id, client_secret)
    scopes = (*_ASKED, WRITE) if write else _ASKED
    state = token_urlsafe(24)
    with listen(port, state, pasted=no_browser or can_ask()) as callback:
        url = oauth.authorization_url(
            bases(app), keys.client_id, callback.redirect_uri, scopes, state
        )
        opened = not no_browser and _open_browser(url)
        say("Grant access in the browser:" if opened else "Open this address in a browser:")
        say(url)
        if not opened:
            say("If its last page does not load there, paste the address of that page here.")
        sys.stdout.flush()  # whoever reads a pipe needs the address now
        granted = callback.wait(timeout)
    session = _session(app)
    vault = Vault(app.places.data)
    given = frozenset(scopes) if granted.scopes is None else granted.scopes
    done = api.log_in(session, vault, keys, granted.code.reveal(), given)
    who = f" as {named(done.account)}" if done.account.athlete_id else ""
    say(f"Connected{who}. Granted: {listed(given)}.")
    for scope in scopes:
        if scope not in given:
            say(f"Not granted: {scope}. Without it {WITHOUT[scope]}.")
    say(f"The tokens are kept in {kept_in(vault)}.")
    with suppress(RateLimited):
        found = api.check_login(open_account(app), vault)  # fails if the app is switched off
        if not who:
            say(f"The athlete is {clean(found.name) or found.id}.")
    say("Next: shoetrack strava sync")


@click.command(cls=Command)
@click.option("--purge", is_flag=True, help="Also take out what only Strava told, for good.")
@yes_option
@pass_app
def logout(app: App, purge: bool, yes: bool) -> int:
    """Take the access back at Strava, and forget it here.

    Runs and pairs stay as they are, unless with --purge: then what only Strava told goes out of the
    store, after it was shown. That cannot be undone.

    \b
    shoetrack strava logout
    shoetrack strava logout --purge
    """
    if purge:
        from shoetrack.cli.strava_write import purge_after_asking

        purge_after_asking(app, yes)
    return log_out(app, yes)


def log_out(app: App, yes: bool) -> int:
    """Ask, revoke, forget; gives the exit status, which is 1 where Strava could not be told."""
    from shoetrack.importers.strava import tokens
    from shoetrack.importers.strava.errors import NotConnected, StravaError

    vault = Vault(app.places.data)
    account = tokens.account(vault)
    if account is None:
        say("Not connected to Strava: there is nothing to forget.")
        return 0
    ask(f"Log out {named(account)} from Strava?", yes)
    from shoetrack.importers.strava import api

    reason = ""
    try:
        api.log_out(_session(app), vault, app.now)
    except NotConnected:
        pass  # there was half a login
    except StravaError as error:
        reason = str(error)
    tokens.forget(vault)
    if reason:
        say(
            "shoetrack: the login is forgotten here, but Strava does not know of it: take the"
            f" access back at https://www.strava.com/settings/apps ({clean(reason)})",
            err=True,
        )
        return 1
    say("Logged out: Strava has taken the access back, and the tokens are forgotten.")
    return 0


def _session(app: App) -> Session:
    """What to speak to Strava with where no login is needed."""
    from shoetrack.importers.strava.api import open_session

    return open_session(app.places.data, bases(app), clock(app), checks_clock=not is_clock_set())


# --- the app's keys -------------------------------------------------------------------------


def _keys(app: App, client_id: str | None, client_secret: str | None) -> AppKeys:
    """What was given, else the environment's, else asked for, else those of the last login."""
    from shoetrack.importers.strava import tokens

    given_id = client_id or tokens.from_environment(tokens.CLIENT_ID)
    secret = client_secret or tokens.from_environment(tokens.CLIENT_SECRET)
    if secret == "-":  # noqa: S105 - the word for standard input
        secret = sys.stdin.readline().strip()
    kept = None if given_id and secret else _kept_keys(app)
    found_id = given_id or _ask_id(kept)
    if not (found_id.isascii() and found_id.isdecimal() and len(found_id) <= 18):
        raise UsageError(
            "the client id is a number: see https://www.strava.com/settings/api for yours"
        )
    if kept is not None and kept.client_id != found_id:
        kept = None
    found = Secret(secret) if secret else _ask_secret(kept)
    word = found.reveal()
    if not (word and word.isascii() and word.isprintable() and " " not in word):
        raise UsageError(
            "the client secret is one word of letters and digits: see"
            " https://www.strava.com/settings/api for yours"
        )
    return tokens.AppKeys(found_id, found)


def _kept_keys(app: App) -> AppKeys | None:
    from shoetrack.importers.strava import tokens
    from shoetrack.importers.strava.errors import NotConnected
    from shoetrack.vault import VaultError

    try:
        return tokens.login(Vault(app.places.data)).keys
    except (NotConnected, VaultError):
        return None  # a login that is lost is why people log in


def _ask_id(kept: AppKeys | None) -> str:
    if can_ask():
        answer = click.prompt("Client id", default=kept.client_id if kept else None, err=True)
        return str(answer).strip()
    if kept is not None:
        return kept.client_id
    raise UsageError(
        "the client id of your API app is missing: give --client-id, or set"
        " SHOETRACK_STRAVA_CLIENT_ID"
    )


def _ask_secret(kept: AppKeys | None) -> Secret:
    if can_ask():
        words = "Client secret (Enter: as before)" if kept else "Client secret"
        answer = click.prompt(
            words,
            hide_input=True,
            default="" if kept else None,
            show_default=False,
            err=True,
        )
        typed = Secret(str(answer).strip())
        return typed or kept.secret if kept else typed
    if kept is not None:
        return kept.secret
    raise UsageError(
        "the client secret of your API app is missing: set SHOETRACK_STRAVA_CLIENT_SECRET, or pipe"
        " it in with --client-secret -"
    )


def _open_browser(url: str) -> bool:
    """Whether a browser was started: none in the terminal itself, which we are using."""
    import webbrowser

    has_desktop = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    try:
        return has_desktop and webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
