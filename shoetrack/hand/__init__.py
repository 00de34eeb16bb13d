"""What a hand does: to runs, to pairs, and to what was done before. Each call is one change."""

from shoetrack.hand.changes import redo, undo
from shoetrack.hand.notes import note_run, note_shoe
from shoetrack.hand.pairs import (
    DefaultFor,
    add_shoe,
    adjust_shoe,
    delete_shoe,
    edit_shoe,
    restore_shoe,
    retire_shoe,
)
from shoetrack.hand.runs import (
    assign_runs,
    edit_run,
    ignore_runs,
    new_run,
    restore_runs,
)
from shoetrack.hand.twins import keep_runs, merge_runs, unmerge_run

__all__ = [
    "DefaultFor",
    "add_shoe",
    "adjust_shoe",
    "assign_runs",
    "delete_shoe",
    "edit_run",
    "edit_shoe",
    "ignore_runs",
    "keep_runs",
    "merge_runs",
    "new_run",
    "note_run",
    "note_shoe",
    "redo",
    "restore_runs",
    "restore_shoe",
    "retire_shoe",
    "undo",
    "unmerge_run",
]
