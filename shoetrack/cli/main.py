"""The command `shoetrack`: finds the subcommand, loads it alone, and says every error once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from shoetrack import __version__
from shoetrack.cli.app import App, Commands, LazyGroup
from shoetrack.cli.text import clean
from shoetrack.errors import ShoetrackError

INTERRUPTED = 130
DEBUG = "SHOETRACK_DEBUG"
COMPLETE = "_SHOETRACK_COMPLETE"

_COMMANDS: Commands = {
    "status": ("status", "status", "Each pair at a glance (also bare `shoetrack`)."),
    "init": ("init", "init", "Set up pairs, where runs come from, and alerts: a few questions."),
    "due": ("due", "due", "Which pairs to replace, and when."),
    "digest": ("digest", "digest", "The week: miles by pair, what is due, what waits."),
    "rotation": ("rotation", "rotation", "Whether the pairs of a rotation take turns."),
    "next": ("next", "next_", "Which pair to wear, and why."),
    "shoe": ("shoe", "shoe", "Add, show, edit, retire and correct pairs."),
    "import": ("imports", "import_", "Bring runs in from files, folders and archives."),
    "strava": ("strava", "strava", "Connect to Strava, and keep up with it."),
    "check": ("check", "check", "Look for what is worth an alert, and send it."),
    "alerts": ("alerts", "alerts", "What was said: list, acknowledge, snooze, test."),
    "runs": ("runs", "runs", "List runs."),
    "run": ("run", "run", "Show, add, edit, ignore, merge and take apart runs."),
    "assign": ("assign", "assign", "Put runs on pairs: one key each, in bulk, or by the rules."),
    "feel": ("feel", "feel", "Note how a run felt, or show what was noted."),
    "rules": ("rules", "rules", "What each rule catches, and why a run is where it is."),
    "ledger": ("ledger", "ledger", "The statement of each pair, with running balance."),
    "undo": ("ledger", "undo", "Take back the last change, whatever it was."),
    "verify": ("ledger", "verify", "Prove that every metre is on exactly one account."),
    "backup": ("backup", "backup", "Copy the store to a file."),
    "restore": ("backup", "restore", "List the backups, or put one back."),
    "export": ("export", "export", "Everything as JSON, or runs as GPX files."),
    "service": ("service", "service", "Keep the daemon running: systemd, launchd, Windows."),
    "doctor": ("doctor", "doctor", "Check all of it, and say what to do."),
    "sync": ("sync", "sync", "Everything once: Strava, folders, alerts."),
    "daemon": ("daemon", "daemon", "Sync, watch folders and send alerts, for as long as it runs."),
    "demo": ("demo", "demo", "A simulated season, in a store of its own."),
    "completion": ("completion", "completion", "The script that completes words in your shell."),
}


class _Main(LazyGroup):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a subcommand, `status` is meant: `shoetrack`, `shoetrack --json`."""
        at = 0
        while at < len(args) and args[at].startswith(("--db", "--unit")):
            at += 1 if "=" in args[at] else 2
        if at >= len(args) or (
            args[at].startswith("-") and args[at] not in ("--help", "-h", "--version")
        ):
            args.insert(min(at, len(args)), "status")
        return super().parse_args(ctx, args)


@click.group(
    cls=_Main,
    table=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `shoetrack init`, or look at `shoetrack demo`.",
)
@click.version_option(__version__, prog_name="shoetrack")
def cli() -> None:
    """Know when your running shoes are done.

    shoetrack reads every run your watch records, puts each metre on a pair of shoes, and says
    which pair to replace, and when.
    """


def run(args: Sequence[str]) -> int:
    """Run one command line; gives its exit status. Every error is one line on standard error."""
    _never_fail_to_print()
    try:
        status = _call(list(args))
        sys.stdout.flush()
    except ShoetrackError as error:
        return _fail(str(error), error.exit_status)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "shoetrack"
        return _fail(f"{_lower(error.format_message())} (see `{where} --help`)", 2)
    except click.ClickException as error:
        return _fail(_lower(error.format_message()), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has seen enough, as `head` does; Python must not flush to it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if sys.stdout.closed or error.filename is None:
            return _fail(f"the output could not be written: {error.strerror}", 1)
        return _fail(f"{error.filename}: {error.strerror}", 1)
    except Exception as error:
        # A bug of ours. People get a line that they can report; we get the traceback.
        if os.environ.get(DEBUG):
            raise
        return _fail(
            f"this is a bug in shoetrack: {type(error).__name__}: {error} (nothing of this step"
            f" was kept; {DEBUG}=1 shows where it is)",
            1,
        )
    return status if isinstance(status, int) else 0


def _call(args: list[str]) -> object:
    if os.environ.get(COMPLETE):
        cli.main(args, prog_name="shoetrack", complete_var=COMPLETE)
    # Not `cli.main` here: it would end the program itself, with a status of its own, where the
    # reader of a pipe is gone.
    try:
        with cli.make_context("shoetrack", args, obj=App()) as context:
            return cli.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code


def _never_fail_to_print() -> None:
    """A name with letters that the terminal cannot show must not end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _fail(message: str, status: int) -> int:
    click.echo(f"shoetrack: {clean(message)}", err=True)
    return status


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")
