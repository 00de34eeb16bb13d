"""`daemon`: what runs while nobody looks."""

from __future__ import annotations

import gc
import os
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from shoetrack.cli.app import App, Command, pass_app
from shoetrack.cli.render import say
from shoetrack.cli.strava import clock
from shoetrack.cli.text import clean

if TYPE_CHECKING:
    from shoetrack.daemon.work import Result


@click.command(cls=Command)
@click.option("--once", is_flag=True, help="One round of what is due, and then an end: for cron.")
@click.option("--json-log", is_flag=True, help="The log as JSON, an object a line.")
@pass_app
def daemon(app: App, once: bool, json_log: bool) -> int:
    """Sync, watch folders and send alerts by itself, for as long as it runs.

    Syncs with Strava where you are logged in, imports what comes into the watched folders, raises
    alerts and sends them, sends the week's digest, verifies the store every night, and backs it up
    every week. What was due while the machine slept or was off is done once.

    It runs in the foreground and logs to standard output: one line for a thing that happened.
    SIGTERM (status 0) and Ctrl-C (status 130) stop it within 5 seconds; SIGHUP has it read
    config.toml again. `shoetrack service install` has it run all the time.

    \b
    shoetrack daemon
    shoetrack daemon --json-log
    */15 * * * * $HOME/.local/bin/shoetrack daemon --once     # a line of your crontab
    """
    return _once(app, json_log) if once else _run(app, json_log)


def _run(app: App, json_log: bool) -> int:
    if hasattr(signal, "SIGHUP"):
        # Who asks for config.toml to be read again, while it is yet to be read, ends nothing.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from shoetrack.daemon.log import Log, listen_to_libraries
    from shoetrack.daemon.loop import Daemon
    from shoetrack.daemon.site import Site

    # What a command puts off, as it soon ends, would grow here.
    gc.set_threshold(2000, 10, 10)
    log = Log(sys.stdout, as_json=json_log)
    listen_to_libraries(log)
    # Time goes on here, whatever SHOETRACK_NOW says.
    site = Site(app.location, app.config, app.places.data, lambda: datetime.now(UTC))
    ending = Daemon(site, app.read_config, log).run()
    if not ending.clean:
        # What hangs would be waited for. It is within a transaction or in none, and is lost as by
        # a kill: nothing is.
        os._exit(ending.status)
    return ending.status


def _once(app: App, json_log: bool) -> int:
    from shoetrack.daemon.alone import alone, in_words, running
    from shoetrack.daemon.log import Log, listen_to_libraries
    from shoetrack.daemon.once import round_of
    from shoetrack.daemon.site import Site
    from shoetrack.daemon.work import tell as log_result
    from shoetrack.errors import RefusedError

    log = Log(sys.stdout, as_json=json_log)
    listen_to_libraries(log)
    site = Site(app.location, app.config, app.places.data, clock(app))

    def tell(result: Result) -> None:
        if json_log:
            log_result(log, result)
        else:
            show(result)

    try:
        with alone(site.location, patient=False):
            results = round_of(site, tell)
    except RefusedError:
        # cron mails what fails: this does not.
        message = f"{in_words(running(site.location))}: there is nothing to do"
        if json_log:
            log.say("daemon", message, event="busy")
        else:
            say(clean(message))
        return 0
    return 1 if any(result.outcome is None for result in results) else 0


def show(result: Result) -> None:
    """What came of a task, for a person; nothing where nothing happened."""
    name = result.name
    if result.outcome is None:
        say(f"shoetrack: {name}: {clean(result.error)}", err=True)
        return
    for line in result.outcome.lines:
        say(f"{name}: {clean(line)}")
    for problem in result.news:
        say(f"shoetrack: {name}: {clean(problem)}", err=True)
