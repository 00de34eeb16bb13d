"""`alerts`: the group, and what a person does about what was said: list, ack, snooze."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import DATE, App, Command, Commands, LazyGroup, pass_app, table_options
from shoetrack.cli.render import Cell, Column, say, table
from shoetrack.cli.text import clean, plural
from shoetrack.errors import UsageError
from shoetrack.units import local_day, parse_span

if TYPE_CHECKING:
    from shoetrack.db.reader import Rows
    from shoetrack.model import Alert, Delivery

_COMMANDS: Commands = {
    "list": ("alerts", "list_", "What is open; with --all, what ever was."),
    "ack": ("alerts", "ack", "Acknowledge: it is known, and is not said again."),
    "snooze": ("alerts", "snooze", "Not now: say it again on a day."),
    "test": ("alerts_test", "test", "Send a test message by every channel, or by one."),
    "password": ("alerts_test", "password", "Keep the password of e-mail, or forget it."),
}
CSV = (
    "id",
    "kind",
    "subject",
    "title",
    "urgent",
    "stage",
    "shoe",
    "raised_at",
    "acked_at",
    "snoozed_until",
    "ended_at",
)
# So many that were acknowledged are named.
_SHOWN = 10
FARTHEST = timedelta(days=5 * 366)


@click.group(cls=LazyGroup, table=_COMMANDS)
def alerts() -> None:
    """What was worth saying, and what to do about it.

    `shoetrack check` raises alerts and sends them, as the daemon does by itself. Where they go is
    set in config.toml, under [alerts].

    \b
    shoetrack alerts list
    shoetrack alerts ack 3
    shoetrack alerts snooze 3 --until 2w
    """


# --- list -------------------------------------------------------------------------------------


@click.command("list", cls=Command)
@click.option("--all", "every", is_flag=True, help="Those that are over or acknowledged too.")
@click.option("--full", is_flag=True, help="All that each says, and where it has arrived.")
@table_options
@pass_app
def list_(app: App, every: bool, full: bool, as_json: bool, as_csv: bool) -> None:
    """The open alerts: since when, what, and until when they are snoozed.

    \b
    shoetrack alerts list
    shoetrack alerts list --full
    shoetrack alerts list --all --json
    """
    with app.reader() as reader:
        found = _found(reader, every)
        ways = _ways(reader, found) if full else {}
    if as_json:
        render.as_json([shapes.alert(alert, in_full=True) for alert in found])
    elif as_csv:
        shown = [shapes.alert(alert, in_full=True) for alert in found]
        render.as_csv(CSV, [[one[heading] for heading in CSV] for one in shown])
    elif not found:
        say("No alerts." if every else "No open alerts.")
    else:
        if full:
            for alert in found:
                _show_full(alert, ways[alert.id], app)
        else:
            _table(found, app)
        _say_what_to_do([alert for alert in found if alert.is_open], full)


def _found(reader: Rows | None, every: bool) -> list[Alert]:
    from shoetrack.db import alert_queries

    if reader is None:
        return []
    return alert_queries.alerts(reader) if every else alert_queries.open_alerts(reader)[::-1]


def _table(found: Sequence[Alert], app: App) -> None:
    table(
        [
            Column("Id", right=True),
            Column("Since"),
            Column("What", flexible=True, wraps=True),
            Column(""),
        ],
        [
            [
                str(alert.id),
                local_day(alert.raised_at, app.config.timezone).isoformat(),
                Cell(alert.draft.title, style_of(alert)),
                _state(alert, app),
            ]
            for alert in found
        ],
    )


def _ways(reader: Rows | None, found: Sequence[Alert]) -> dict[int, list[Delivery]]:
    """What became of each alert on the channels."""
    from shoetrack.db import delivery_queries

    if reader is None:
        return {}
    return {alert.id: delivery_queries.deliveries_of(reader, alert.id) for alert in found}


def _show_full(alert: Alert, ways: Sequence[Delivery], app: App) -> None:
    state = _state(alert, app)
    say(
        f"Alert {alert.id}: {clean(alert.draft.title)}{f' ({state})' if state else ''}",
        style_of(alert),
    )
    for line in alert.draft.body.splitlines():
        say(f"  {clean(line)}")
    say(f"  Raised: {_minute(alert.raised_at, app)}", "dim")
    for line in filter(None, [_way(way, app) for way in ways]):
        say(f"  {line}", "dim")


def _way(way: Delivery, app: App) -> str:
    """What became of an alert by one channel; nothing where it was to be said there no more."""
    from shoetrack.model import DeliveryStatus

    channel = clean(way.channel)
    if way.delivered_at is not None:
        return f"{channel}: delivered {_minute(way.delivered_at, app)}"
    why = f": {clean(way.fault)}" if way.fault else ""
    if way.status is DeliveryStatus.PENDING:
        tried = f", tried {plural(way.tries, 'time')}{why}" if way.tries else ""
        return f"{channel}: not yet{tried}"
    return f"{channel}: given up{why}" if way.status is DeliveryStatus.GIVEN_UP else ""


def _minute(moment: datetime, app: App) -> str:
    return f"{moment.astimezone(app.config.timezone):%Y-%m-%d %H:%M}"


def _say_what_to_do(found: Sequence[Alert], full: bool) -> None:
    """What a person can do next, in the words that a mail ends with."""
    if not found:
        return
    say("")
    if not full:
        say("More:  shoetrack alerts list --full", "dim")
    ids = " ".join(str(alert.id) for alert in found)
    seen = f"ack {ids}" if len(found) <= _SHOWN else "ack --all"
    say(f"Seen:  shoetrack alerts {seen}", "dim")
    say(f"Later: shoetrack alerts snooze {found[0].id} --until 1w", "dim")


def style_of(alert: Alert) -> str:
    """How an alert is shown: in red where it is urgent."""
    if not alert.is_open:
        return "dim"
    return "bold red" if alert.draft.urgent else "bold yellow"


def _state(alert: Alert, app: App) -> str:
    if alert.acked_at is not None:
        return "acknowledged"
    if alert.ended_at is not None:
        return "over"
    if alert.snoozed_until is not None and alert.is_snoozed(app.now):
        return f"snoozed until {local_day(alert.snoozed_until, app.config.timezone)}"
    return ""


# --- ack --------------------------------------------------------------------------------------


@click.command(cls=Command)
@click.argument("ids", nargs=-1, type=click.IntRange(min=1), metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="All that are open.")
@pass_app
def ack(app: App, ids: tuple[int, ...], every: bool) -> None:
    """Acknowledge alerts, by their numbers: they are known, and are not said again.

    \b
    shoetrack alerts ack 3 4
    shoetrack alerts ack --all
    """
    if bool(ids) == every:
        raise UsageError("name alerts by their numbers, or give --all: `shoetrack alerts list`")
    from shoetrack.alerting import answers

    if not _is_there(app):
        if ids:
            raise answers.no_alert(ids[0])
        done: list[Alert] = []
    else:
        with app.store() as store:
            done = answers.acknowledge(store, None if every else dict.fromkeys(ids), app.now)
    for alert in done[:_SHOWN]:
        say(f"Acknowledged: {clean(alert.draft.title)}")
    if len(done) > _SHOWN:
        say(f"and {len(done) - _SHOWN:,} more.")
    if not done:
        say("None of them is open." if ids else "No open alerts.")


def _is_there(app: App) -> bool:
    """Whether there is a store: where nothing was said, nothing is made."""
    from shoetrack.db.reader import exists

    return exists(app.location)


# --- snooze -----------------------------------------------------------------------------------


class _Until(click.ParamType[date]):
    """A day, or how long from today."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        try:
            span = parse_span(str(value))
        except ValueError:
            try:
                found: date = DATE.convert(value, param, ctx)
            except click.BadParameter as error:
                self.fail(f"{error.message}, or 2w", param, ctx)
            return found
        assert ctx is not None
        return (ctx.find_object(App) or App()).today + span


@click.command(cls=Command)
@click.argument("alert_id", type=click.IntRange(min=1), metavar="ID")
@click.option(
    "--until", type=_Until(), required=True, help="A day, as 2026-06-14, or how long: 3d, 2w."
)
@pass_app
def snooze(app: App, alert_id: int, until: date) -> None:
    """Say an alert again on a day, if it is still so; until then `status` does not show it.

    It is said in the morning, when the day's first look is taken.

    \b
    shoetrack alerts snooze 3 --until 2w
    shoetrack alerts snooze 3 --until 2026-06-14
    """
    moment = _morning(app, until)
    if moment <= app.now:
        raise UsageError(f"--until {until} is not ahead: name a later day")
    from shoetrack.alerting import answers

    if not _is_there(app):
        raise answers.no_alert(alert_id)
    with app.store() as store:
        alert = answers.snooze(store, alert_id, moment, app.now)
    say(f"Snoozed until {until}: {clean(alert.draft.title)}")


def _morning(app: App, day: date) -> datetime:
    """When a day's first look is taken, in the home zone."""
    if day - app.today > FARTHEST:
        raise UsageError(f"--until {day} is more than five years away: name an earlier day")
    at, zone = app.config.alerts.morning, app.config.timezone
    if zone is None:
        return datetime.combine(day, at).astimezone()
    return datetime.combine(day, at, tzinfo=zone)
