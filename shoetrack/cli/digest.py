"""`digest`: the week's account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from shoetrack.alerting import digest as composing
from shoetrack.alerting.digest import Digest
from shoetrack.alerting.messages import lines
from shoetrack.cli import render, shapes
from shoetrack.cli.alerts_test import no_channel, waiting
from shoetrack.cli.app import App, Command, json_option, pass_app
from shoetrack.cli.render import say
from shoetrack.cli.text import clean
from shoetrack.errors import RefusedError, UsageError
from shoetrack.rotation.words import findings
from shoetrack.units import Unit, metres
from shoetrack.wear import buy_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shoetrack.model import Delivery


@click.command(cls=Command)
@click.option("--send", is_flag=True, help="Send it by every channel, instead of showing it.")
@click.option("--again", is_flag=True, help="With --send: also where it was sent today.")
@json_option
@pass_app
def digest(app: App, send: bool, again: bool, as_json: bool) -> int:
    """The last seven days: what each pair ran, how it stands, what is due, what waits.

    The daemon sends it once a week, when `digest` under [alerts] says. Sent by hand it goes right
    now, also in quiet hours, with what else waits.

    \b
    shoetrack digest
    shoetrack digest --json
    shoetrack digest --send
    """
    if again and not send:
        raise UsageError("--again goes with --send")
    if send:
        if as_json:
            raise UsageError("--json shows the digest, and does not go with --send")
        return _send(app, again)
    with app.reader() as reader:
        found = composing.compose(reader, app.config, app.now)
    if as_json:
        render.as_json(None if found is None else _json(found, app.unit))
    elif found is None:
        say("No pair is in use: shoetrack shoe add NAME")
    else:
        _show(found, app.unit)
    return 0


def _show(found: Digest, unit: Unit) -> None:
    for number, part in enumerate(composing.parts(found, unit)):
        if number:
            say("")
        title, *rest = lines(part)
        say(clean(title), "bold")
        for line in rest:
            say(clean(line))


def _json(found: Digest, unit: Unit) -> shapes.Json:
    status = shapes.status(found.overview, found.load, unit)
    return {
        "unit": str(unit),
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "distance_m": metres(found.distance_mm),
        "shoes": [
            {
                **shapes.shoe(wear),
                "week_m": metres(found.ran_mm.get(wear.shoe.id, 0)),
                "left_m": metres(wear.left_mm),
                "buy_by": by.isoformat() if (by := buy_by(wear, found.until)) else None,
            }
            for wear in (*found.wears, *found.idle)
        ],
        "rotations": [
            {"name": one.name, "verdict": one.verdict, "summary": " ".join(findings(one, unit))}
            for one in found.rotations
        ],
        "load": status["load"],
        "unassigned": status["unassigned"],
        "unmeasured": status["unmeasured"],
        "doubtful": status["doubtful"],
        "alerts": [{"id": alert.id, "title": alert.draft.title} for alert in found.alerts],
    }


# --- sending --------------------------------------------------------------------------------


def _send(app: App, again: bool) -> int:
    """Raise today's digest and deliver it; the exit status is 1 where a channel failed."""
    from shoetrack.alerting.deliver import deliver
    from shoetrack.alerting.secrets import passwords
    from shoetrack.db import delivery_queries

    if not app.config.alerts.channels:
        raise RefusedError(no_channel(app))
    with app.reader() as reader:
        if reader is None or composing.compose(reader, app.config, app.now) is None:
            raise RefusedError("no pair is in use: shoetrack shoe add NAME")
    with app.store() as store:
        alert = composing.raise_digest(
            store, app.location, app.config, app.now, day=app.today, again=again
        )
    if alert is None:
        raise RefusedError(
            "today's digest was sent already, or is on its way: --again sends another"
        )
    # Whoever sends it by hand is awake.
    awake = replace(app.config, alerts=app.config.alerts._replace(quiet=None))
    with waiting("Sending the digest"):
        done = deliver(app.location, awake, passwords(app.places.data), app.moment)
    with app.reader() as reader:
        assert reader is not None
        mine = delivery_queries.deliveries_of(reader, alert.id)
    for channel, fault in done.failed:
        say(f"shoetrack: {channel}: {clean(fault)}", err=True)
    return _tell(mine, bool(done.failed))


def _tell(deliveries: Iterable[Delivery], failed: bool) -> int:
    from shoetrack.model import DeliveryStatus

    found = list(deliveries)
    arrived = [one.channel for one in found if one.status is DeliveryStatus.DELIVERED]
    pending = [one.channel for one in found if one.status is DeliveryStatus.PENDING]
    if arrived:
        say(f"Sent by {', '.join(arrived)}.", "green")
    if pending:
        say(f"Not sent yet by {', '.join(pending)}: `shoetrack sync` or the daemon tries again.")
    return 1 if failed else 0
