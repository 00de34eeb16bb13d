"""`ledger`, `undo` and `verify`: what was written, taking it back, and the proof."""

from __future__ import annotations

from datetime import date

import click

from shoetrack import audit
from shoetrack.audit import Line
from shoetrack.cli import render, shapes
from shoetrack.cli.app import (
    DATE,
    App,
    Command,
    ask,
    json_option,
    pass_app,
    table_options,
    yes_option,
)
from shoetrack.cli.render import Cell, Column, say, table
from shoetrack.cli.run import MANY
from shoetrack.cli.text import clean, plural
from shoetrack.db import entry_queries, shoe_queries
from shoetrack.errors import RefusedError
from shoetrack.model import UNASSIGNED, Change, Kind
from shoetrack.names import key
from shoetrack.units import Unit, show_distance


@click.command(cls=Command)
@click.argument("shoe_name", metavar="[SHOE]", required=False)
@click.option("--since", type=DATE, help="Entries for this day or later.")
@click.option("--until", type=DATE, help="Entries for this day or earlier.")
@table_options
@pass_app
def ledger(
    app: App,
    shoe_name: str | None,
    since: date | None,
    until: date | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """The statement of a pair, of "unassigned", or of all: every entry, with running balance.

    Entries stand in the order they were written. A correction is a reversal and a new entry.
    """
    with app.reader() as reader:
        pairs = shoe_queries.shoes(reader) if reader else []
        names = shapes.names_of(pairs)
        if reader is None:
            entries = []
        elif shoe_name is None:
            entries = list(entry_queries.entries(reader))
        elif key(shoe_name) == UNASSIGNED:
            entries = entry_queries.entries_on(reader, None)
        else:
            entries = entry_queries.entries_on(reader, app.shoe(shoe_name, pairs).id)
        gone = {e.posting.shoe_id for e in entries} - set(names) - {None}
        names |= {shoe_id: f"deleted pair {shoe_id}" for shoe_id in gone if shoe_id is not None}
    lines = [
        line
        for line in audit.statement(entries)
        if (since is None or line.entry.posting.effective_on >= since)
        and (until is None or line.entry.posting.effective_on <= until)
    ]
    if as_json:
        render.as_json([shapes.entry(line, names) for line in lines])
    elif as_csv:
        _csv(lines, names)
    elif not lines:
        say("No entries.")
    else:
        _show(lines, names, app.unit, one_account=shoe_name is not None)


def _show(lines: list[Line], names: dict[int, str], unit: Unit, *, one_account: bool) -> None:
    columns = [Column("Entry", right=True), Column("Date")]
    if not one_account:
        columns.append(Column("Pair", flexible=True))
    columns += [
        Column("What", flexible=True),
        Column("By", flexible=True),
        Column("Distance", right=True),
        Column("Balance", right=True),
    ]
    rows: list[list[Cell | str]] = []
    for line in lines:
        posting = line.entry.posting
        row: list[Cell | str] = [str(line.entry.id), posting.effective_on.isoformat()]
        if not one_account:
            row.append(UNASSIGNED if posting.shoe_id is None else names[posting.shoe_id])
        style = "dim" if posting.kind is Kind.REVERSAL else ""
        row += [
            Cell(_what(line), style),
            posting.by,
            Cell(show_distance(posting.distance_mm, unit, 2), style),
            show_distance(line.balance_mm, unit, 2),
        ]
        rows.append(row)
    table(columns, rows)


def _what(line: Line) -> str:
    posting = line.entry.posting
    if posting.kind is Kind.RUN:
        what = f"run {posting.run_id}"
    elif posting.kind is Kind.REVERSAL:
        what = f"reversal of {posting.reverses_id}"
    else:
        what = str(posting.kind)
    return f"{what}: {posting.note}" if posting.note else what


def _csv(lines: list[Line], names: dict[int, str]) -> None:
    found = [shapes.entry(line, names) for line in lines]
    headings = (
        "id",
        "shoe",
        "run",
        "distance_m",
        "duration_s",
        "effective_on",
        "kind",
        "by",
        "note",
        "posted_at",
        "balance_m",
    )
    render.as_csv(headings, [[entry[heading] for heading in headings] for entry in found])


@click.command(cls=Command)
@click.option("--list", "only_list", is_flag=True, help="Show the changes, the newest first.")
@click.option("--redo", is_flag=True, help="Take the last undo back.")
@yes_option
@table_options
@pass_app
def undo(app: App, only_list: bool, redo: bool, yes: bool, as_json: bool, as_csv: bool) -> None:
    """Take back the last change, whatever it was: an import, an assignment, a pair.

    Call it again to go further back. Nothing is erased: the ledger shows what was undone.
    """
    with app.reader() as reader:
        changes = entry_queries.changes(reader) if reader else []
        last = entry_queries.last_change(reader) if reader else None
        undone = entry_queries.last_undo(reader) if reader else None
    if only_list:
        _list(changes, as_json, as_csv)
        return
    from shoetrack import hand

    if redo:
        if undone is None:
            raise RefusedError("there is no undo to take back")
        undo_id, change = undone
        _ask_if_much(change, "Do it again", yes)
        with app.store() as store:
            hand.redo(store, undo_id, change, app.now)
        say(f"Done again: {clean(change.summary)}.")
        return
    if last is None:
        raise RefusedError("there is nothing to undo")
    _ask_if_much(last, "Undo it", yes)
    with app.store() as store:
        hand.undo(store, last, app.now)
    say(f"Undone: {clean(last.summary)} ({_when(last)}).")


def _ask_if_much(change: Change, what: str, yes: bool) -> None:
    if change.entries > MANY:
        ask(f"{clean(change.summary)}: {plural(change.entries, 'entry', 'entries')}. {what}?", yes)


def _list(changes: list[Change], as_json: bool, as_csv: bool) -> None:
    found = [shapes.change(change) for change in changes]
    if as_json:
        render.as_json(found)
        return
    if as_csv:
        headings = ("id", "kind", "summary", "made_at", "entries", "undone")
        render.as_csv(headings, [[change[heading] for heading in headings] for change in found])
        return
    if not changes:
        say("No changes.")
        return
    table(
        [
            Column("Change", right=True),
            Column("Made (UTC)"),
            Column("What", flexible=True),
            Column("Entries", right=True),
            Column(""),
        ],
        [
            [
                str(change.id),
                _when(change),
                change.summary,
                str(change.entries),
                "undone" if change.undone else "",
            ]
            for change in changes
        ],
    )


def _when(change: Change) -> str:
    return change.made_at.strftime("%Y-%m-%d %H:%M")


@click.command(cls=Command)
@json_option
@pass_app
def verify(app: App, as_json: bool) -> int:
    """Prove that every metre is on exactly one account, and that nothing was changed afterwards."""
    with app.reader() as reader:
        proof = audit.verify(reader)
    if as_json:
        render.as_json(shapes.verify(proof))
    else:
        runs, entries = plural(proof.runs, "run"), plural(proof.entries, "entry", "entries")
        if not proof.problems:
            say(f"All is well: {runs}, {entries}, every metre on exactly one account.", "green")
        for problem in proof.problems:
            say(f"shoetrack: {clean(problem)}", err=True)
        if proof.problems:
            say("shoetrack: the store is not sound: restore a backup of it", err=True)
    return 1 if proof.problems else 0
