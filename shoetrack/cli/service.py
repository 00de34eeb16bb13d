"""`service`: having the system keep the daemon running, and how that goes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from shoetrack.cli import render
from shoetrack.cli.app import App, Group, ask, json_option, pass_app, yes_option
from shoetrack.cli.render import Column, say, table
from shoetrack.cli.shapes import Json, instant
from shoetrack.cli.text import clean
from shoetrack.paths import DATABASE
from shoetrack.service import Manager, ServiceError
from shoetrack.service.here import manager as manager_here

if TYPE_CHECKING:
    from shoetrack.model import Heartbeat, Job
    from shoetrack.service.installing import Found
    from shoetrack.service.program import Program
    from shoetrack.service.standing import Standing

# A daemon gives its first sign of life within a second or two.
PATIENCE_S = 15.0


@click.group(cls=Group)
def service() -> None:
    """Keep the daemon running: a systemd user unit, a launchd agent, a Windows task.

    \b
    shoetrack service install --print
    shoetrack service install
    shoetrack service status
    """


@service.command(short_help="Start the daemon, now and whenever you log in.")
@click.option("--print", "only_print", is_flag=True, help="Only show what would be written.")
@yes_option
@pass_app
def install(app: App, only_print: bool, yes: bool) -> int:
    """Have the system start `shoetrack daemon`, now and whenever you log in.

    What would be written is shown first. It names this Python and this store, so run it again after
    either has moved. Passwords are not written into it.

    \b
    shoetrack service install --print
    shoetrack service install
    shoetrack service install --yes
    """
    from shoetrack.service import installing
    from shoetrack.service.program import try_out

    manager = manager_here(app.places.data)
    program = _program(app)
    content = manager.content(program)
    if only_print:
        say(f"The {manager.what} would be {clean(str(manager.path))}:", err=True)
        _show(content)
        _say_left_out()
        return 0
    _ = app.config  # with a broken one, the daemon would not start
    found = installing.find(manager, content)
    installing.refuse_foreign(manager, found)
    _check_manager(manager, program)
    try_out(program)
    before = _heartbeat(app)
    if not _ask_to_install(app, manager, content, found, yes):
        return 0
    installing.install(manager, content)
    return _say_installed(app, manager, before)


@service.command(short_help="Stop it, and take out what `install` wrote.")
@yes_option
@pass_app
def uninstall(app: App, yes: bool) -> None:
    """Stop the daemon that the system keeps running, and take out what `install` wrote.

    \b
    shoetrack service uninstall
    """
    from shoetrack.service import installing

    manager = manager_here(app.places.data)
    found = installing.find(manager)
    if found is installing.Found.NOTHING:
        say(f"There is no {manager.what} of shoetrack's here: nothing was changed.")
        return
    installing.refuse_foreign(manager, found)
    ask(f"Stop the daemon, and remove {clean(str(manager.path))}?", yes)
    installing.uninstall(manager)
    say("Stopped and removed. Runs, pairs and alerts stay as they are.")


@service.command()
@json_option
@pass_app
def status(app: App, as_json: bool) -> int:
    """Whether the daemon runs, when it last synced, and what is next.

    It tells of every daemon of this store, whatever started it. The exit status is 0 where one runs
    and answers, else 1.

    \b
    shoetrack service status
    shoetrack service status --json
    """
    from shoetrack.service import installing
    from shoetrack.service.standing import standing

    with app.reader() as reader:
        found = standing(reader, app.location, app.now)
    manager = manager_here(app.places.data)
    place = installing.find(manager, manager.content(_program(app)))
    if as_json:
        render.as_json(_shape(found, manager, place))
    else:
        _show_standing(app, found)
        _show_place(manager, place, found)
    return 0 if found.is_running else 1


# --- install --------------------------------------------------------------------------------


def _program(app: App) -> Program:
    from shoetrack.service.program import daemon

    is_named = app.database or os.environ.get(DATABASE)
    return daemon(sys.executable, os.environ, app.location if is_named else None)


def _check_manager(manager: Manager, program: Program) -> None:
    from shoetrack.service.program import cron_line

    obstacle = manager.obstacle()
    if obstacle:
        raise ServiceError(
            f"{obstacle}, so nothing was written: let cron do it, by this line (`crontab -e`):"
            f" {cron_line(program)}"
        )


def _ask_to_install(app: App, manager: Manager, content: bytes, found: Found, yes: bool) -> bool:
    """Whether there is anything to do, once the user has agreed. Raises RefusedError."""
    from shoetrack.service.installing import Found
    from shoetrack.service.standing import Life, standing

    with app.reader() as reader:
        stands = standing(reader, app.location, app.now)
    where = clean(str(manager.path))
    if found is Found.SAME:
        say(f"The {manager.what} is as it would be written now: {where}")
        if stands.is_running:
            say("The daemon runs: `shoetrack service status` tells more.")
            return False
        how = "does not answer" if stands.life is Life.SILENT else "does not run"
        ask(f"The daemon {how}. Start it?", yes)
        return True
    if found is Found.NOTHING and (stands.is_running or stands.life is Life.SILENT):
        raise ServiceError(
            "a daemon of this store runs already that was started by hand: end it first, as a"
            " second one would not run"
        )
    verb = "replace" if found is Found.OTHER else "write"
    say(f"This will {verb} {where}:")
    say("")
    _show(content)
    say("")
    _say_left_out()
    ask("Install it, and start the daemon?", yes)
    return True


def _show(content: bytes) -> None:
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    for line in text.splitlines():
        say(clean(line.replace("\t", "    ")))


def _say_left_out() -> None:
    from shoetrack.service.program import left_out

    for name, command in left_out(os.environ):
        say(f"{name} is set here, but not written into it: keep it with", err=True)
        say(f"`{command}`, or the daemon will not know it.", err=True)


def _say_installed(app: App, manager: Manager, before: Heartbeat | None) -> int:
    deadline = time.monotonic() + PATIENCE_S
    while (beat := _heartbeat(app)) is None or (before and beat.started_at == before.started_at):
        if time.monotonic() >= deadline:
            say(
                "shoetrack: installed and started, but there is no sign of life from the daemon:"
                f" `{manager.log}` may show why",
                err=True,
            )
            return 1
        time.sleep(0.1)
    say("Installed, and the daemon runs: `shoetrack service status` tells more.")
    if manager.hint():
        say(manager.hint())
    return 0


def _heartbeat(app: App) -> Heartbeat | None:
    from shoetrack.db import job_queries

    with app.reader() as reader:
        return job_queries.heartbeat(reader) if reader else None


# --- status ---------------------------------------------------------------------------------


def _show_standing(app: App, found: Standing) -> None:
    for line in _life(app, found):
        say(line, "" if found.is_running else "yellow")
    if found.round_at:
        say(f"Single rounds are done, as by cron: the last ended at {_when(app, found.round_at)}.")
    if found.synced_at:
        say(f"Last sync with Strava: {_when(app, found.synced_at)}.")
    if found.coming:
        at, name = found.coming
        say(f"Next: {clean(name)}, {_when(app, at)}.")
    if found.jobs:
        say("")
        _show_jobs(app, found)
    for job in found.failing:
        say(_failing(app, job), "yellow")


def _life(app: App, found: Standing) -> Iterator[str]:
    from shoetrack.service.standing import Life, is_here

    beat = found.heartbeat
    if found.life is Life.STARTING:
        yield "The daemon is starting."
        return
    if beat is None:
        yield "The daemon does not run, and never did. `shoetrack service install` starts it."
        return
    if found.life is Life.STOPPED:
        stopped = _when(app, beat.stopped_at or beat.beat_at)
        yield f"The daemon does not run: it was stopped at {stopped}."
        return
    if found.life is Life.RUNNING:
        where = "" if is_here(beat) else f" on {clean(beat.host)}"
        yield f"The daemon runs{where} since {_when(app, beat.started_at)} (process {beat.pid})."
    elif found.life is Life.SILENT:
        yield f"The daemon (process {beat.pid}) does not answer."
    else:
        yield "The daemon does not run, and was not stopped: it failed, or was killed."
    ago = _ago(app.now - beat.beat_at)
    yield f"Its last sign of life was {ago}, at {_when(app, beat.beat_at)}."


def _show_jobs(app: App, found: Standing) -> None:
    columns = [Column("Job"), Column("Last done"), Column("Next")]
    rows = [
        [
            job.name,
            _when(app, job.done_at) if job.done_at else "never",
            _when(app, job.next_at) if job.next_at and found.is_running else "",
        ]
        for job in found.jobs
    ]
    table(columns, rows)


def _failing(app: App, job: Job) -> str:
    times = "failed" if job.failures == 1 else f"failed {job.failures} times in a row"
    return f"{clean(job.name)} {times}: {clean(job.message or job.fault)}"


def _show_place(manager: Manager, place: Found, found: Standing) -> None:
    from shoetrack.service.installing import Found

    say("")
    where = clean(str(manager.path))
    if place is Found.NOTHING:
        say(f"Not installed: there is no {manager.what}.")
    elif place is Found.SAME:
        say(f"Installed: {where}")
    elif place is Found.OTHER:
        say(f"Installed, but for another Python, store or version: {where}")
        say("`shoetrack service install` writes it anew.")
    else:
        say(f"Not installed by shoetrack: {where}")
    if place is Found.SAME and not found.is_running:
        say(f"`shoetrack service install` starts it again; `{manager.log}` may tell more.")


def _when(app: App, moment: datetime) -> str:
    """In the home zone; of today, the time alone."""
    local = moment.astimezone(app.config.timezone)
    return f"{local:%H:%M}" if local.date() == app.today else f"{local:%Y-%m-%d %H:%M}"


def _ago(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s ago"
    return "just now"


def _shape(found: Standing, manager: Manager, place: Found) -> Json:
    from shoetrack.service.installing import Found

    beat = found.heartbeat
    return {
        "running": found.is_running,
        "state": str(found.life),
        "pid": beat.pid if beat else None,
        "host": beat.host if beat else None,
        "version": beat.version if beat else None,
        "since": instant(beat.started_at) if beat else None,
        "last_sign": instant(beat.beat_at) if beat else None,
        "stopped_at": instant(beat.stopped_at) if beat else None,
        "last_round": instant(found.round_at),
        "last_sync": instant(found.synced_at),
        "next": {"job": found.coming[1], "at": instant(found.coming[0])} if found.coming else None,
        "jobs": [
            {
                "name": job.name,
                "begun_at": instant(job.begun_at),
                "ended_at": instant(job.ended_at),
                "done_at": instant(job.done_at),
                "next_at": instant(job.next_at),
                "failures": job.failures,
                "fault": job.fault or None,
                "message": job.message or None,
            }
            for job in found.jobs
        ],
        "installed": place in (Found.SAME, Found.OTHER),
        "up_to_date": place is Found.SAME,
        "file": str(manager.path),
    }
