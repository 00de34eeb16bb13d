"""`backup` and `restore`: a copy of the store, and putting one back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, ask, json_option, pass_app, yes_option
from shoetrack.cli.render import Column, say, table
from shoetrack.cli.text import clean, plural
from shoetrack.errors import NotFoundError, UsageError
from shoetrack.units import show_distance

if TYPE_CHECKING:
    from shoetrack.backups import Backup, Candidate
    from shoetrack.db.content_queries import Content

LATEST = "latest"


@click.command(cls=Command)
@click.argument("where", metavar="[FILE|FOLDER]", required=False, type=click.Path(path_type=Path))
@yes_option
@json_option
@pass_app
def backup(app: App, where: Path | None, yes: bool, as_json: bool) -> None:
    """Copy the store to a file: all pairs, runs and entries, at one moment, proved sound.

    Without a name it goes where `shoetrack restore` finds it. Of what the daemon makes there every
    week, four are kept; what you make stays. Settings and logins are not in it.

    \b
    shoetrack backup
    shoetrack backup /media/stick
    shoetrack backup before-the-move.db
    """
    from shoetrack import backups

    zone = app.config.timezone
    target = None if where is None else where.expanduser().absolute()
    if target is None or target == backups.folder_of(app.places.data):
        backups.store_must_exist(app.location)
        folder = backups.make_backups_folder(app.places.data)
        made = backups.back_up(app.location, folder, app.now, label=backups.BY_HAND, zone=zone)
    elif target.is_dir():
        made = backups.back_up(app.location, target, app.now, zone=zone)
    else:
        if not target.parent.is_dir():
            raise NotFoundError(f"there is no folder {target.parent}: make it, or name another")
        there = target.exists()
        if there:
            backups.check_target(app.location, target)
            ask(f"{clean(str(target))} is there already. Replace it?", yes)
        backups.back_up_to(app.location, target, replace=there)
        made = target
    size = made.stat().st_size
    if as_json:
        render.as_json({"path": str(made), "bytes": size})
        return
    say(f"Backed up to {clean(str(made))} ({_size(size)}).")


@click.command(cls=Command)
@click.argument("which", metavar="[FILE|NUMBER|latest]", required=False)
@yes_option
@json_option
@pass_app
def restore(app: App, which: str | None, yes: bool, as_json: bool) -> int:
    """Put a backup in the place of the store; without a name, list the backups.

    It is checked first, and shown beside what is in the store now, which is backed up before
    anything changes. The backup itself stays as it is. What was said since it was made is
    remembered, so alerts are not sent again.

    \b
    shoetrack restore
    shoetrack restore latest
    shoetrack restore 3
    shoetrack restore /media/stick/shoetrack-2026-11-20.db
    """
    if which is None:
        _list(app, as_json)
        return 0
    if as_json and not yes:
        raise UsageError("--json asks nothing: add --yes")
    from shoetrack import backups

    file = _chosen(app, which)
    with backups.opened(app.location, file) as candidate:
        if not as_json:
            _show(app, candidate)
        _ask_for(app, candidate, yes)
        kept = backups.put_back(app.location, candidate, app.places.data, app.now)
    if not as_json:
        say(f"Restored from {clean(str(file))}.")
        if kept is not None:
            say("The store as it was is kept in")
            say(f"  {clean(str(kept))}")
    return _prove(app, file, kept, as_json)


def _prove(app: App, file: Path, kept: Path | None, as_json: bool) -> int:
    """Tell what `verify` says of the store now; gives the exit status."""
    from shoetrack import audit

    with app.reader() as reader:
        proof = audit.verify(reader)
    if as_json:
        verified = shapes.verify(proof)
        render.as_json(
            {"restored": str(file), "kept": str(kept) if kept else None, "verify": verified}
        )
    elif proof.problems:
        for problem in proof.problems:
            say(f"shoetrack: {clean(problem)}", err=True)
        say("shoetrack: what was restored is not sound: restore another backup", err=True)
    else:
        runs, entries = plural(proof.runs, "run"), plural(proof.entries, "entry", "entries")
        say(f"All is well: {runs}, {entries}, every metre on exactly one account.", "green")
    return 1 if proof.problems else 0


# --- which one ------------------------------------------------------------------------------


def _chosen(app: App, which: str) -> Path:
    """The file that a word means: a number of the list, "latest", or a path."""
    from shoetrack import backups

    found = _mine(app)
    if which == LATEST:
        usual = [one for one in found if one.label != backups.BEFORE_RESTORE]
        if not usual:
            raise NotFoundError("there is no backup yet: `shoetrack backup` makes one")
        return usual[0].path
    path = Path(which).expanduser()
    if which.isascii() and which.isdecimal() and not path.exists():
        if not 1 <= int(which[:6]) <= len(found):
            raise NotFoundError(f"there is no backup {which}: `shoetrack restore` lists them")
        return found[int(which) - 1].path
    inside = backups.folder_of(app.places.data) / path
    return (path if path.exists() or not inside.exists() else inside).absolute()


def _mine(app: App) -> list[Backup]:
    """The backups of the store that is meant; another store's may lie beside them."""
    from shoetrack import backups

    return [one for one in backups.listed(app.places.data) if one.store == app.location.path.stem]


def _list(app: App, as_json: bool) -> None:
    found = _mine(app)
    if as_json:
        render.as_json(
            [
                {
                    "number": number,
                    "path": str(one.path),
                    "made_at": one.made_at.isoformat(),
                    "bytes": one.size,
                    "by": one.label or "itself",
                }
                for number, one in enumerate(found, 1)
            ]
        )
        return
    if not found:
        say("No backups yet: `shoetrack backup` makes one, and the daemon one a week.")
        return
    table(
        [
            Column("", right=True),
            Column("Made"),
            Column("Size", right=True),
            Column("File", flexible=True),
        ],
        [
            [str(number), _when(app, one.made_at), _size(one.size), one.path.name]
            for number, one in enumerate(found, 1)
        ],
    )
    say(f"In {clean(str(found[0].path.parent))}.")
    say("Put one back: shoetrack restore NUMBER, or latest: the newest that no restore made", "dim")


# --- what is in it --------------------------------------------------------------------------


def _show(app: App, candidate: Candidate) -> None:
    made = _when(app, candidate.made_at)
    there, now = candidate.content, candidate.now_there
    rows = [
        ["Made", made, ""],
        *(
            [heading, show(app, there), show(app, now) if now else ""]
            for heading, show in (
                ("Last change", _changed),
                ("Newest run", _newest),
                ("Runs", _runs),
                ("Pairs", _pairs),
                ("Distance", _distance),
            )
        ),
    ]
    say(clean(str(candidate.file)))
    columns = [Column(""), Column("In the backup"), Column("In the store now")]
    if now is None:
        table(columns[:2], [row[:2] for row in rows])
    else:
        table(columns, rows)


def _ask_for(app: App, candidate: Candidate, yes: bool) -> None:
    """Where there is no store yet there is nothing to ask about."""
    place = clean(str(app.location))
    if candidate.fault:
        say(f"The store {place} is damaged ({clean(candidate.fault)}): it is kept beside it.")
        ask("Put the backup in its place?", yes)
    elif candidate.now_there is not None:
        ask("Back up the store as it is, and put this in its place?", yes)
    elif app.location.path.exists():
        say(f"The store {place} was written by a newer shoetrack.")
        ask("Back it up as it is, and put this in its place?", yes)


def _changed(app: App, content: Content) -> str:
    return _when(app, content.changed_at) if content.changed_at else "none"


def _newest(_: App, content: Content) -> str:
    return str(content.newest) if content.newest else "none"


def _runs(_: App, content: Content) -> str:
    return f"{content.runs:,}"


def _pairs(_: App, content: Content) -> str:
    return f"{content.pairs:,}"


def _distance(app: App, content: Content) -> str:
    return show_distance(content.distance_mm, app.unit)


def _when(app: App, instant: datetime) -> str:
    return f"{instant.astimezone(app.config.timezone):%a %Y-%m-%d %H:%M}"


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
