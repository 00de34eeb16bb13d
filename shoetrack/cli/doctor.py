"""`doctor`: whether all is as it should be, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence

import click

from shoetrack.cli import render
from shoetrack.cli.app import App, Command, json_option, pass_app
from shoetrack.cli.render import can_show, say
from shoetrack.cli.text import clean, plural
from shoetrack.doctor import Finding, Patient, Status, examine
from shoetrack.paths import DATABASE
from shoetrack.service.here import manager

_SIGNS = {Status.OK: "✓", Status.NOTE: "!", Status.FAULT: "✗"}
_STYLES = {Status.OK: "", Status.NOTE: "yellow", Status.FAULT: "red"}
_NARROWEST = 40


@click.command(cls=Command)
@json_option
@pass_app
def doctor(app: App, as_json: bool) -> int:
    """Check all of it, and say what to do.

    Version, clock and zone, the configuration, where secrets are, the store and its proof, backups,
    Strava's login, folders, channels, what did not arrive, and the daemon. Nothing is changed, and
    nobody is called: `shoetrack alerts test` tries the channels. The exit status is 1 where
    something is at fault; a note is only worth knowing.

    \b
    shoetrack doctor
    shoetrack doctor --json
    """
    patient = Patient(
        places=app.places,
        locate=lambda: app.location,
        now=app.now,
        environ=os.environ,
        manager=manager(app.places.data),
        named=bool(app.database or os.environ.get(DATABASE)),
    )
    found = []
    for name, finding in examine(patient):
        found.append((name, finding))
        if not as_json:
            _show(name, finding)
    has_fault = any(finding.status is Status.FAULT for _, finding in found)
    if as_json:
        checks = [
            {
                "name": name,
                "status": str(finding.status),
                "message": finding.message,
                "advice": finding.advice or None,
            }
            for name, finding in found
        ]
        render.as_json({"ok": not has_fault, "checks": checks})
    else:
        _sum_up([finding for _, finding in found])
    return 1 if has_fault else 0


def _show(name: str, finding: Finding) -> None:
    """A line, and one with what to do; in a pipe all of it is one line, and in words."""
    message, advice = clean(finding.message), clean(finding.advice)
    style = _STYLES[finding.status]
    if not sys.stdout.isatty():
        say(f"{finding.status:<5}  {name:<10}  {_joined(message, advice)}")
        return
    sign = _SIGNS[finding.status] if can_show("✓✗") else f"{finding.status:<5}"
    head = f"{sign} {name:<10}  "
    _wrapped(head, message, style)
    if advice:
        _wrapped(f"{' ' * (len(head) - 2)}{'→' if can_show('→') else '-'} ", advice, "")


def _joined(message: str, advice: str) -> str:
    return f"{message.rstrip('.')}; {advice}" if advice else message


def _wrapped(head: str, text: str, style: str) -> None:
    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    lines = textwrap.wrap(
        text, width - len(head), break_long_words=False, break_on_hyphens=False
    ) or [""]
    for nth, line in enumerate(lines):
        say(f"{head if nth == 0 else ' ' * len(head)}{line}", style)


def _sum_up(found: Sequence[Finding]) -> None:
    faults = sum(finding.status is Status.FAULT for finding in found)
    notes = sum(finding.status is Status.NOTE for finding in found)
    if faults:
        say(f"{plural(faults, 'fault')}, {plural(notes, 'note')}.", "bold red")
    elif notes:
        say(f"Nothing is at fault; {plural(notes, 'note')}.", "bold")
    else:
        say("All is well.", "bold green")
