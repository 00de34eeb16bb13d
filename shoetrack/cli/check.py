"""`check`: raise what is worth saying, and say it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, json_option, pass_app
from shoetrack.cli.render import say
from shoetrack.cli.strava import clock
from shoetrack.cli.text import clean

if TYPE_CHECKING:
    from shoetrack.alerting.deliver import Delivered
    from shoetrack.config import Config
    from shoetrack.model import Alert, Draft


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Only show what would be said, and where.")
@json_option
@pass_app
def check(app: App, dry_run: bool, as_json: bool) -> int:
    """Look for what is worth an alert, and send it on the channels of the configuration.

    A pair that comes into its range, near its end, to its end, and every 50 miles beyond; a
    rotation that is uneven; runs that have waited for a pair or a distance for two days. Each is
    said once. What could not be sent before, and is due, is tried again. The daemon does the same
    by itself.

    \b
    shoetrack check
    shoetrack check --dry-run
    """
    config = app.config
    if dry_run:
        _dry_run(app, config, as_json)
        return 0
    from shoetrack.alerting.check import check as look
    from shoetrack.alerting.deliver import Delivered, deliver
    from shoetrack.alerting.secrets import passwords
    from shoetrack.db.reader import exists

    raised: tuple[Alert, ...] = ()
    delivered = Delivered()
    if exists(app.location):
        with app.store() as store:
            raised = look(store, app.location, config, app.now)
        delivered = deliver(app.location, config, passwords(app.places.data), clock(app))
    if as_json:
        render.as_json(_json(raised, delivered))
    else:
        _show(raised, delivered, config)
    for channel, reason in delivered.failed:
        say(f"shoetrack: {clean(channel)}: {clean(reason)}", err=True)
    return 1 if delivered.failed else 0


def _dry_run(app: App, config: Config, as_json: bool) -> None:
    from shoetrack.alerting.check import would_raise

    with app.reader() as reader:
        drafts = would_raise(reader, config, app.now)
    channels = config.alerts.channels
    if as_json:
        found = [shapes.draft(draft) for draft in drafts]
        render.as_json({"would_raise": found, "channels": list(channels)})
        return
    if not drafts:
        say("There is nothing new to say.")
    for draft in drafts:
        _show_draft(draft)
    if drafts:
        say(f"It would be said on: {', '.join(channels)}." if channels else _nowhere())


def _show(raised: Sequence[Alert], delivered: Delivered, config: Config) -> None:
    if not raised:
        say("There is nothing new to say.")
    for alert in raised:
        _show_draft(alert.draft)
    if raised and not config.alerts.channels:
        say(_nowhere())
    if delivered.by:
        say(f"Sent: {clean(delivered.told)}.", "green")
    if delivered.waiting:
        at = delivered.next_at
        when = f", next tried at {at.astimezone(config.timezone):%Y-%m-%d %H:%M}" if at else ""
        say(f"{delivered.waiting:,} still to be sent{when}.")
    if delivered.given_up:
        say(f"{delivered.given_up:,} given up: `shoetrack doctor` says why.", "yellow")


def _nowhere() -> str:
    return "No channel is set up: `shoetrack status` shows it until it is acknowledged."


def _show_draft(draft: Draft) -> None:
    say(clean(draft.title), "bold red" if draft.urgent else "bold yellow")
    for line in draft.body.splitlines():
        say(f"  {clean(line)}")


def _json(raised: Sequence[Alert], delivered: Delivered) -> shapes.Json:
    return {
        "raised": [shapes.alert(alert) for alert in raised],
        "delivered": delivered.delivered,
        "failed": [{"channel": name, "reason": reason} for name, reason in delivered.failed],
        "given_up": delivered.given_up,
        "waiting": delivered.waiting,
    }
