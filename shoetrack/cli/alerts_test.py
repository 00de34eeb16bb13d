"""`alerts test` and `alerts password`: whether channels work, and what they log in with."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from shoetrack.cli.app import App, Command, can_ask, pass_app
from shoetrack.cli.render import say
from shoetrack.cli.text import clean
from shoetrack.config.alerts import DESKTOP, EMAIL
from shoetrack.errors import NotFoundError, RefusedError, UsageError

if TYPE_CHECKING:
    from shoetrack.config import Config
    from shoetrack.notify import Message, Passwords, Sent


@click.command(cls=Command)
@click.argument("channel", required=False)
@pass_app
def test(app: App, channel: str | None) -> int:
    """Send a test message by every channel, or by one, right now.

    Quiet hours are for alerts, and hold back no test. Where it arrives, alerts that could not be
    sent by that channel are tried again at once, by the daemon or `shoetrack check`.

    \b
    shoetrack alerts test
    shoetrack alerts test email
    """
    from shoetrack.alerting.secrets import passwords

    channels = _channels(app, channel)
    secrets = passwords(app.places.data)
    message = _message(app)
    arrived = [one for one in channels if _try(app.config, one, message, secrets)]
    _tell_the_store(app, arrived)
    return 0 if len(arrived) == len(channels) else 1


def _channels(app: App, name: str | None) -> Sequence[str]:
    """The channels to try. Raises NotFoundError, RefusedError."""
    alerts = app.config.alerts
    if name is None:
        if not alerts.channels:
            raise RefusedError(no_channel(app))
        return alerts.channels
    services = [service for service, _ in alerts.services]
    known = dict.fromkeys(
        [*alerts.channels, DESKTOP, *([EMAIL] if alerts.email else []), *services]
    )
    if name not in known:
        raise NotFoundError(
            f"no channel {name!r} is set up, only {', '.join(known)}: `shoetrack init` sets up"
            f" e-mail and the desktop, [alerts] in {app.places.config_file} any other"
        )
    return [name]


def no_channel(app: App) -> str:
    """What to do where alerts go nowhere."""
    return (
        "no channel is set up: `shoetrack init` asks for e-mail and the desktop, and writes"
        f" [alerts] in {app.places.config_file}"
    )


def _message(app: App) -> Message:
    from secrets import token_hex

    from shoetrack.alerting.messages import NORMAL, bar_of
    from shoetrack.notify import Message, Part

    low, high = app.config.range_mm
    return Message(
        key=f"test-{token_hex(16)}",
        subject="A test by shoetrack",
        parts=[
            Part(
                "This channel works",
                "This is how an alert arrives: when a pair comes to its end, with its place in its"
                " range.\nNothing is to be done.",
                bar_of("A pair that does not exist", (low + high) // 2, (low, high), app.unit),
            )
        ],
        made_at=app.now,
        urgency=NORMAL,
    )


def _try(config: Config, channel: str, message: Message, secrets: Passwords) -> bool:
    """Send it by a channel, and say what came of it; whether it arrived everywhere."""
    from shoetrack.notify import NotifyError, open_channel
    from shoetrack.vault import VaultError

    try:
        with waiting(f"Sending by {channel}"):
            sent = open_channel(channel, config.alerts, secrets).send(message)
    except (NotifyError, VaultError) as error:
        say(f"shoetrack: {channel}: {clean(str(error))}", err=True)
        return False
    arrived = _arrived(config, channel, sent)
    if arrived:
        say(f"{channel}: {arrived}", "green")
    if sent.left_to:
        say(f"shoetrack: {channel}: {clean(sent.fault)}", err=True)
    elif channel not in config.alerts.channels:
        say(f'It gets no alerts yet: add "{channel}" to channels under [alerts].')
    return not sent.left_to


def _arrived(config: Config, channel: str, sent: Sent) -> str:
    if channel == DESKTOP:
        return "shown"
    if channel == EMAIL and config.alerts.email is not None:
        to = [one for one in config.alerts.email.to if one not in sent.left_to]
        return f"delivered to {clean(', '.join(to))}" if to else ""
    return "delivered"


def _tell_the_store(app: App, channels: Sequence[str]) -> None:
    """What could not be said by channels that work is due at once, and their trouble is over."""
    from shoetrack.db import delivery_queries

    with app.reader() as reader:
        failed = {
            one.channel
            for find in (delivery_queries.pending, delivery_queries.given_up)
            for one in (find(reader) if reader else [])
            if one.fault and one.channel in channels
        }
    if not failed:
        return
    from shoetrack.alerting.deliver import works_again

    with app.store() as store:
        for channel in sorted(failed):
            works_again(store, channel, app.now)


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Show that something goes on, on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{words} …"):
        yield


# --- the password ---------------------------------------------------------------------------


@click.command(cls=Command)
@click.option("--forget", is_flag=True, help="Forget the password instead.")
@pass_app
def password(app: App, forget: bool) -> None:
    """Keep the password that e-mail logs in with, in the system's keyring or a file of your own.

    It is asked for without being shown, or read as one line from standard input. Most providers
    want an app password, made for shoetrack alone, and not that of the account.

    \b
    shoetrack alerts password
    pass show mail/shoetrack | shoetrack alerts password
    shoetrack alerts password --forget
    """
    from shoetrack.alerting import secrets
    from shoetrack.vault import Secret, Vault

    vault = Vault(app.places.data)
    if forget:
        known = secrets.forget(vault, secrets.SMTP)
        say("The password is forgotten." if known else "No password is kept here.")
        return
    typed = _typed()
    if not typed:
        raise UsageError("the password is empty: nothing was changed")
    secrets.keep(vault, secrets.SMTP, Secret(typed))
    say(f"The password is kept in {clean(vault.place())}.")
    _say_what_else(app)


def _typed() -> str:
    if can_ask():
        return str(
            click.prompt("Password", hide_input=True, default="", show_default=False, err=True)
        )
    return sys.stdin.readline().rstrip("\r\n")


def _say_what_else(app: App) -> None:
    """What stands in the way of its being used, and what is next."""
    import os

    from shoetrack.alerting.secrets import SMTP, VARIABLES

    email = app.config.alerts.email
    if os.environ.get(VARIABLES[SMTP]):
        say(f"{VARIABLES[SMTP]} is set, and goes before it.")
    if email is None:
        say(
            "E-mail is not set up yet: `shoetrack init` asks for it, and writes [alerts.email] in"
            f" {clean(str(app.places.config_file))}."
        )
    elif not email.user:
        say("It is not used yet: add user to [alerts.email].")
    else:
        say("Next: shoetrack alerts test email")
