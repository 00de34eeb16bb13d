"""A look at how things stand: what is worth saying is raised, what is over ends.

It is looked at twice. The first look only reads, and mostly that is all; the second is within the
transaction that writes, so that two processes never raise the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from shoetrack.alerting import gather, words
from shoetrack.alerting.gather import Facts
from shoetrack.alerting.raising import end, raise_alert, send_again
from shoetrack.alerts import again, stages
from shoetrack.config import Config
from shoetrack.db.location import Location
from shoetrack.db.reader import Rows, open_reader
from shoetrack.model import Alert, AlertKind, Draft
from shoetrack.units import local_day
from shoetrack.wear import Wear

if TYPE_CHECKING:
    from shoetrack.db.store import Store, Transaction  # loads what a look need not wait for

# Trouble ends where it works again, and a digest is never open.
_LOOKED_AT = frozenset(AlertKind) - {AlertKind.TROUBLE, AlertKind.DIGEST}


def check(store: Store, location: Location, config: Config, now: datetime) -> tuple[Alert, ...]:
    """Raise what is worth saying now, and end what is over; gives what was raised.

    Where there is nothing to do, nothing is written. Raises StoreError.
    """
    with open_reader(location) as reader:
        if reader is None or not _Look(reader, config, now).look().is_anything:
            return ()
    with store.write("check", "what is worth saying", now) as tx:
        return _carry_out(tx, _Look(tx, config, now).look(), config)


def would_raise(reader: Rows | None, config: Config, now: datetime) -> list[Draft]:
    """What `check` would raise now."""
    return [] if reader is None else _Look(reader, config, now).look().drafts


@dataclass
class _Plan:
    """What is to be done. `again` are to be sent once more, in the same words; `back` were over,
    and are so once more.
    """

    drafts: list[Draft] = field(default_factory=list)
    over: list[Alert] = field(default_factory=list)
    again: list[Alert] = field(default_factory=list)
    back: list[Alert] = field(default_factory=list)

    @property
    def is_anything(self) -> bool:
        return bool(self.drafts or self.over or self.again or self.back)


def _carry_out(tx: Transaction, plan: _Plan, config: Config) -> tuple[Alert, ...]:
    channels = config.alerts.channels
    end(tx, plan.over)
    for alert in plan.back:
        tx.note("alert", alert.id, ended_at=None)
    for alert in plan.again:
        tx.note("alert", alert.id, snoozed_until=None)
        send_again(tx, alert, channels)
    for alert in plan.back:
        if alert.acked_at is None and not alert.is_snoozed(tx.now):
            send_again(tx, alert, channels, unsaid_only=True)
    return tuple(raise_alert(tx, draft, channels) for draft in plan.drafts)


class _Look:
    """One look, at one moment of the store."""

    def __init__(self, store: Rows, config: Config, now: datetime) -> None:
        self._store = store
        self._config = config
        self._now = now
        self._today = local_day(now, config.timezone)
        self._facts: Facts = gather.facts(store, config, now)
        self._said: dict[str, list[Alert]] = {}
        for alert in self._facts.said:
            self._said.setdefault(alert.draft.subject, []).append(alert)
        self._plan = _Plan()
        # Subjects of which something is so; of the others, all is over.
        self._lasting: dict[str, Alert | None] = {}

    def look(self) -> _Plan:
        """What is to be done, the most worn pairs first."""
        for shoe_id, level in self._facts.levels.items():
            self._pair(self._facts.wears[shoe_id], level)
        self._rotations()
        self._waiting()
        self._load()
        self._files()
        self._settle()
        return self._plan

    def _pair(self, wear: Wear, level: int) -> None:
        subject = words.subject_of(wear.shoe)
        said = self._said.get(subject, [])
        standing = [
            one
            for one in said
            if stages.level_of(one.draft) >= level and not self._is_rearmed(one, wear, level)
        ]
        if standing:
            # Only the last word on a pair is so still: it may have been a later stage than this.
            lasts = standing[0] is said[0] and stages.level_of(said[0].draft) == level
            self._lasting[subject] = said[0] if lasts else None
            if not (lasts and self._is_to_be_repeated(said[0])):
                return
        config = self._config
        self._plan.drafts.append(words.wear(wear, level, config.unit, self._today))

    def _is_rearmed(self, said: Alert, wear: Wear, level: int) -> bool:
        return stages.is_rearmed(
            said,
            level,
            gather.steps_since(self._store, said, wear, self._config),
            wear.total.distance_mm,
            wear.range_mm,
            gather.scale_of(self._config),
        ) or gather.was_mistaken(self._store, said, wear, level, self._config)

    def _rotations(self) -> None:
        for found in self._facts.rotations:
            last = self._last(words.subject_of_rotation(found.name))
            if self._is_weekly(last):
                pair = gather.next_of(
                    self._store, found, self._facts.wears, self._config, self._now
                )
                self._plan.drafts.append(words.uneven(found, pair, self._config.unit))

    def _waiting(self) -> None:
        last = self._last(words.WAITING, keep=False)
        told = again.unpacked(last.draft.facts["runs"]) if last else set()
        waiting = {run.id for run in self._facts.waiting}
        if waiting & told:
            self._lasting[words.WAITING] = last
        repeat = waiting & told and self._is_to_be_repeated(last)
        if repeat or again.tells_of_runs(last, waiting, told, self._now):
            self._plan.drafts.append(words.waiting(self._facts.waiting, self._config.unit))

    def _load(self) -> None:
        if self._facts.load is not None and self._is_weekly(self._last(words.LOAD)):
            self._plan.drafts.append(words.load(self._facts.load, self._config.unit))

    def _files(self) -> None:
        """Files are over once all of them were read, or are gone."""
        last = self._last(words.FILES, keep=False)
        if last is not None and last.ended_at is None:
            paths = [path for path, _ in last.draft.facts["files"]]
            unnamed = last.draft.facts["count"] > len(paths)
            if unnamed or gather.any_refused(self._store, paths):
                self._lasting[words.FILES] = last

    def _last(self, subject: str, *, keep: bool = True) -> Alert | None:
        """What was said last of a subject; with `keep` it lasts, since it is so still."""
        last = next(iter(self._said.get(subject, ())), None)
        if keep:
            self._lasting[subject] = last
        return last

    def _is_weekly(self, last: Alert | None) -> bool:
        """Whether what is so still, and was said as `last`, is to be said now."""
        if self._is_to_be_repeated(last):
            return True
        return again.is_week_ago(last, self._now) and not again.rests(last, self._now)

    def _is_to_be_repeated(self, last: Alert | None) -> bool:
        """Whether it is to be said anew, as it is by now, as it was put off until now or no channel
        has heard of it.
        """
        if last is None or last.is_snoozed(self._now):
            return False
        return again.is_back(last, self._now) or last.id in self._facts.unsaid

    def _settle(self) -> None:
        """What of the things that were said is over, is so again, or was to be said again now."""
        raised = {draft.subject for draft in self._plan.drafts}
        for alert in self._facts.said:
            subject = alert.draft.subject
            looked_at = alert.draft.kind in _LOOKED_AT
            lasts = subject not in raised and self._lasting.get(subject) is alert
            if looked_at and not lasts:
                if alert.ended_at is None:
                    self._plan.over.append(alert)
                continue
            if alert.ended_at is not None:
                self._plan.back.append(alert)
            if self._is_to_be_repeated(alert):
                self._plan.again.append(alert)
