"""What a hand does: to runs, to pairs, and to what was done before. Each call is one change."""

from shoetrack.hand.changes import redo, undo
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
    keep_runs,
    merge_runs,
    new_run,
    restore_runs,
)

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
    "redo",
    "restore_runs",
    "restore_shoe",
    "retire_shoe",
    "undo",
]
