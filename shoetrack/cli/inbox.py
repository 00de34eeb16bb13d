"""`assign` without words, in a terminal: the runs that wait for a decision, one key each."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import click

from shoetrack import rules
from shoetrack.cli import inbox_page, shapes
from shoetrack.cli.app import App
from shoetrack.cli.auto import warn_of_rules
from shoetrack.cli.inbox_page import Side, fit, pairs_at_once, width, wrapped
from shoetrack.cli.render import say
from shoetrack.cli.run import show_facts
from shoetrack.cli.runs import where
from shoetrack.cli.text import clean, plural
from shoetrack.db import entry_queries, run_queries, sighting_queries
from shoetrack.db.store import Store
from shoetrack.errors import ShoetrackError
from shoetrack.intake import DIFFERING
from shoetrack.likely import Suggestion
from shoetrack.model import Change, Run, Share, Status
from shoetrack.questions.guess import Memory, on_no_pair, waiting
from shoetrack.splits import parse, shares_of
from shoetrack.units import parse_distance, show_distance

# Among so many of the last changes is the one just made, whoever else is at work.
_LAST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class _Choice:
    """What was done with one key, so that it can be taken back."""

    at: int
    word: str
    run_ids: tuple[int, ...]
    change: Change
    skipped: bool


class _EnoughError(Exception):
    """The person has had enough."""


@dataclass
class _Inbox:
    """One walk through the runs that wait."""

    app: App
    store: Store
    queue: list[int]
    memory: Memory
    at: int = 0
    page: int = 0
    choices: list[_Choice] = field(default_factory=list)
    skipped: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)

    @property
    def names(self) -> dict[int, str]:
        return shapes.names_of(self.memory.shoes)

    # --- the walk -----------------------------------------------------------------------------

    def go(self) -> None:
        """From the newest to the oldest, until all are settled or the person quits."""
        while self.at < len(self.queue):
            run_id = self.queue[self.at]
            side = self._look(run_id)
            if side is None or not self._waits(side.run):
                if run_id not in self.touched:
                    say(f"Run {run_id} was settled elsewhere meanwhile.", "dim")
                self._next()
                continue
            twin = self._twin(side.run)
            suggestions = (
                self.memory.suggest(side.run, side.seen)
                if on_no_pair(side.run) and not twin
                else []
            )
            inbox_page.head(side, self.at + 1, len(self.queue), self.app.unit)
            self._show(side, twin, suggestions)
            try:
                self._act(side, twin, suggestions)
            except ShoetrackError as error:
                say(clean(str(error)), "yellow")

    def _show(self, side: Side, twin: Side | None, suggestions: Sequence[Suggestion]) -> None:
        if twin is not None:
            say(f"Is it run {twin.run.id}, seen twice?", "yellow")
            inbox_page.beside(side, twin, self.names, self.app.unit)
        elif self._differs(side.run):
            say("What it was seen in says quite different distances:", "yellow")
            for one in side.seen:
                far = "no distance"
                if one.distance_mm is not None:
                    far = show_distance(one.distance_mm, self.app.unit, 2)
                say(fit(f"  {far}  {one.source}", width()))
        if suggestions:
            inbox_page.pairs(suggestions, self.page)
        elif on_no_pair(side.run) and twin is None:
            say("No pair was in use that day: add it with `shoetrack shoe add`.", "yellow")
        for line in wrapped(self._keys(side, twin, suggestions), "  "):
            say(line, "dim")

    def _keys(self, side: Side, twin: Side | None, suggestions: Sequence[Suggestion]) -> list[str]:
        """The keys that do something here, each with its word."""
        at_once = pairs_at_once()
        count = min(len(suggestions) - self.page * at_once, at_once)
        keys = []
        if count > 0:
            keys.append("1 this pair" if count == 1 else f"1-{count} that pair")
        if len(suggestions) > at_once:
            keys.append("n more pairs")
        if twin is not None:
            keys.append("m merge")
        if twin is not None or self._differs(side.run):
            keys.append("k keep")
        if side.run.distance_mm is None or self._differs(side.run):
            keys.append("e distance")
        if suggestions:
            keys.append("x split")
        keys += ["s skip", "d details", "i ignore"]
        return [*keys, *(["u take back"] if self.choices else []), "q quit"]

    def _act(self, side: Side, twin: Side | None, suggestions: Sequence[Suggestion]) -> None:
        """Do what one key says."""
        offered = {word[0] for word in self._keys(side, twin, suggestions)} | set("?%")
        key = _key()
        at_once = pairs_at_once()
        nth = self.page * at_once + int(key) - 1 if key.isascii() and key.isdecimal() else -1
        if key in "123456789" and nth < min(len(suggestions), (self.page + 1) * at_once):
            self._assign(side.run, (Share(suggestions[nth].shoe.id),))
        elif key not in offered or key.isdecimal() or (key == "%" and not suggestions):
            say(f"{clean(key)} is none of the keys." if key.isprintable() else "No such key.")
        elif key == "q":
            raise _EnoughError
        elif key == "s":
            self.skipped.add(side.run.id)
            self._next()
        elif key == "n":
            self.page = (self.page + 1) % -(-len(suggestions) // at_once)
        elif key in "d?":
            show_facts(side.run, side.seen, self.names, self.app.unit)
        elif key == "u":
            self._take_back()
        elif key in "x%":
            self._split(side.run)
        elif key == "e":
            self._measure(side.run)
        else:
            self._settle(key, side.run, twin)

    def _next(self) -> None:
        self.at += 1
        self.page = 0

    # --- what the keys do -----------------------------------------------------------------------

    def _assign(self, run: Run, shares: tuple[Share, ...]) -> None:
        from shoetrack import hand

        to = where(replace(run, shares=shares), self.names)
        summary = f"run {run.id} assigned to {to}"
        self._do(
            "assign",
            "put on a pair",
            (run.id,),
            lambda now: hand.assign_runs(self.store, [run.id], shares, now, summary, seen=[run]),
        )
        shown = where(replace(run, shares=shares), self.names, self.app.unit)
        say(fit(f"Run {run.id} is on {shown}.", width()), "green")
        self._next()

    def _split(self, run: Run) -> None:
        typed = _line("Split, as speedgoat=60%,pegasus=40% or speedgoat=6km,pegasus: ")
        if typed:
            split = parse(typed, lambda name: self.app.shoe(name, self.memory.shoes), self.app.unit)
            self._assign(run, shares_of(split, run, self.app.unit))

    def _measure(self, run: Run) -> None:
        from shoetrack import hand

        typed = _line(f"How far was it, as 5{self.app.unit}? ")
        if not typed:
            return
        try:
            distance = parse_distance(typed, self.app.unit)
        except ValueError as error:
            say(clean(str(error)), "yellow")
            return
        if distance <= 0:
            say("A run has a distance above 0.", "yellow")
            return
        values = {"distance_mm": distance}
        self._do(
            "edit",
            "measured",
            (run.id,),
            lambda now: hand.edit_run(
                self.store, run.id, values, now, seen=[run], guide=self.app.config.guide
            ),
        )

    def _settle(self, key: str, run: Run, twin: Side | None) -> None:
        from shoetrack import hand

        guide = self.app.config.guide
        if key == "i":
            self._do(
                "ignore",
                "ignored",
                (run.id,),
                lambda now: hand.ignore_runs(self.store, [run.id], now, seen=[run]),
            )
            say(f"Run {run.id} counts no more: `shoetrack run restore {run.id}`.", "green")
        elif key == "k":
            self._do(
                "keep",
                "kept",
                (run.id,),
                lambda now: hand.keep_runs(self.store, [run.id], now, seen=[run], guide=guide),
            )
            say(f"Run {run.id} is a run of its own.", "green")
        else:
            assert twin is not None
            both = [twin.run, run]
            order = self.app.config.order
            self._do(
                "merge",
                "merged",
                (run.id, twin.run.id),
                lambda now: hand.merge_runs(
                    self.store, twin.run.id, [run.id], now, order, seen=both, guide=guide
                ),
            )
            say(f"Run {run.id} is run {twin.run.id}.", "green")

    def _do(
        self,
        kind: str,
        word: str,
        run_ids: tuple[int, ...],
        act: Callable[[datetime], object],
    ) -> None:
        """Make one change, and remember it for `u`."""
        before = self._changes()[:1]
        act(self.app.moment())
        # Another program may have changed something right after.
        mine = [
            change
            for change in self._changes()
            if (not before or change.id > before[0].id)
            and change.kind == kind
            and re.search(rf"\b{run_ids[0]}\b", change.summary)
        ]
        skipped = run_ids[0] in self.skipped
        self.skipped.discard(run_ids[0])
        self.choices += [_Choice(self.at, word, run_ids, one, skipped) for one in mine[:1]]
        self._read_again(run_ids)

    def _take_back(self) -> None:
        from shoetrack import hand

        last = self.choices[-1]
        hand.undo(self.store, last.change, self.app.moment())
        self.choices.pop()
        if last.skipped:
            self.skipped.add(last.run_ids[0])
        self._read_again(last.run_ids)
        self.at, self.page = last.at, 0
        say(f"Taken back: {clean(last.change.summary)}.", "green")

    def _changes(self) -> list[Change]:
        with self.app.reader() as reader:
            return entry_queries.changes(reader, _LAST_CHANGES) if reader else []

    def _read_again(self, run_ids: Sequence[int]) -> None:
        self.touched |= set(run_ids)
        with self.app.reader() as reader:
            assert reader is not None
            self.memory.look_again(reader, run_ids)

    # --- what waits -----------------------------------------------------------------------------

    def _look(self, run_id: int) -> Side | None:
        """A run as it is now, whatever its status."""
        with self.app.reader() as reader:
            assert reader is not None
            run = run_queries.run(reader, run_id)
            seen = sighting_queries.sightings_of(reader, [run_id]).get(run_id, [])
        if run is None:
            return None
        return Side(run, seen, rules.Traits(run, seen, self.app.config.timezone).local_start)

    def _twin(self, run: Run) -> Side | None:
        return None if run.twin_id is None else self._look(run.twin_id)

    def _waits(self, run: Run) -> bool:
        return run.status is Status.ACTIVE and (
            run.twin_id is not None
            or on_no_pair(run)
            or (run.distance_mm is None and not self._has_chosen(run.id))
            or self._differs(run)
        )

    def _has_chosen(self, run_id: int) -> bool:
        """Whether a pair was chosen here: then an unknown distance may stay unknown."""
        return any(c.word == "put on a pair" and run_id in c.run_ids for c in self.choices)

    def _differs(self, run: Run) -> bool:
        with self.app.reader() as reader:
            return reader is not None and run_queries.differs(reader, run.id, DIFFERING)

    # --- the end --------------------------------------------------------------------------------

    def sum_up(self) -> None:
        """What was done, and what is left."""
        counts = Counter(choice.word for choice in self.choices)
        done = ", ".join(f"{count:,} {word}" for word, count in counts.items())
        with self.app.reader() as reader:
            left = len(waiting(reader, run_queries.RunFilter())) if reader else 0
        say("")
        said = f"{done[:1].upper()}{done[1:]}." if done else "Nothing was changed."
        if left:
            waits = "waits" if left == 1 else "wait"
            said += f" {plural(left, 'run')} still {waits}: shoetrack assign"
        elif done:
            said += " Nothing waits any more."
        say(said)


def walk(app: App, filters: run_queries.RunFilter) -> None:
    """Walk the runs that wait and fit."""
    with app.reader() as reader:
        queue = waiting(reader, filters) if reader else []
        if reader is None or not queue:
            say("Nothing waits: every run is on a pair, and none is in doubt.")
            return
        warn_of_rules(app)
        memory = Memory.of(reader, app.config)
    with app.store() as store:
        inbox = _Inbox(app, store, [run.id for run in queue], memory)
        try:
            inbox.go()
        except (_EnoughError, EOFError):
            pass
        finally:
            inbox.sum_up()


def _key() -> str:
    """One key, in lower case; a paste or an arrow is none. Raises KeyboardInterrupt, EOFError."""
    click.echo("> ", nl=False)
    try:
        typed = click.getchar()
        if "\x03" in typed:
            raise KeyboardInterrupt
        if not typed or "\x04" in typed:
            raise EOFError  # the terminal is gone, or said goodbye
    except BaseException:
        click.echo("")
        raise
    key = typed.casefold() if len(typed) == 1 else "\x1b"
    click.echo(key if key.isprintable() else "")
    return key


def _line(question: str) -> str:
    """A line of text; empty to go back. Ctrl-D is an empty one too."""
    click.echo(question, nl=False)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        click.echo("")
    return line.strip()
