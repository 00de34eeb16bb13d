"""The store: its file, its proof, its backups."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from shoetrack import audit, backups
from shoetrack.db import content_queries, version
from shoetrack.db.reader import exists, schema_version
from shoetrack.doctor.findings import (
    Finding,
    Patient,
    fault,
    in_shell,
    note,
    ok,
    others_can_read,
    others_can_write,
)

_FULL = 20 * 1024**2
_NEARLY_FULL = 500 * 1024**2
_SHOWN = 5
_ABLE = (("read", others_can_read), ("write", others_can_write))
# The daemon makes one a week.
_OLD_BACKUP = timedelta(days=15)


def store(patient: Patient) -> Iterator[Finding]:
    path = patient.location.path
    if not exists(patient.location):
        yield note(f"there is none yet: it will be {path}", "begin with `shoetrack init`")
        return
    wrong = [*_written(path), *_space(path.parent)]
    if able := [name for name, can in _ABLE if can(path)]:
        shown = f"others on this machine can {' and '.join(able)} {path}"
        wrong.append(note(shown, f"chmod 600 {in_shell(path)}"))
    if schema_version(patient.location) != version.HEAD:
        wrong.append(
            note(
                f"{path} is as an older shoetrack made it",
                "the next command brings it up to date, and keeps a copy",
            )
        )
    yield from wrong
    with patient.asked() as reader:
        if reader is not None:
            held = content_queries.content(reader)
            yield ok(f"{path}: {_count(held.pairs, 'pair')}, {_count(held.runs, 'run')}")


def _written(path: Path) -> Iterator[Finding]:
    for place in (path, path.parent):
        if not os.access(place, os.W_OK):
            yield fault(f"{place} cannot be written", "make the file and its folder yours to write")


def _space(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    shown = f"the disk with {folder} has {free // 1024**2:,} MB left"
    if free < _FULL:
        yield fault(shown, "make room: nothing can be written soon")
    elif free < _NEARLY_FULL:
        yield note(shown, "make room")


def ledger(patient: Patient) -> Iterator[Finding]:
    with patient.asked() as reader:
        if reader is None:
            return
        proof = audit.verify(reader)
    if not proof.problems:
        yield ok(f"proved: {_count(proof.runs, 'run')}, every metre on exactly one account")
    for problem in proof.problems[:_SHOWN]:
        yield fault(problem, "`shoetrack verify` tells all; `shoetrack restore` lists the backups")


def backed_up(patient: Patient) -> Iterator[Finding]:
    if not exists(patient.location):
        return
    stem = patient.location.path.stem
    ours = [one for one in backups.listed(patient.places.data) if one.store == stem]
    if not ours:
        yield note("there is none yet", "`shoetrack backup` makes one, and the daemon one a week")
        return
    newest = ours[0]
    shown = f"{_count(len(ours), 'backup')}, the newest of {patient.show(newest.made_at)}"
    if patient.now - newest.made_at > _OLD_BACKUP:
        yield note(shown, "`shoetrack backup` makes one, and the daemon one a week")
    else:
        yield ok(f"{shown}, in {newest.path.parent}")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
