"""Bringing the store in step with a Strava account. Read `sync` first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from shoetrack.config import DISTANCE_ORDER
from shoetrack.db import shoe_queries, sighting_queries, strava_queries
from shoetrack.db.location import Location
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import RefusedError
from shoetrack.importers.strava.errors import RateLimited
from shoetrack.importers.strava.protocol import ACTIVITIES, Athlete, Strava
from shoetrack.locks import STRAVA, one_at_a_time
from shoetrack.model.rules import NO_RULES, Guide
from shoetrack.pipeline import ImportSettings
from shoetrack.placing import Pairs
from shoetrack.sport import Sport
from shoetrack.syncing import gears
from shoetrack.syncing.entering import Desk, digest_of, follow_gear, take, take_away
from shoetrack.syncing.gears import AskPair
from shoetrack.syncing.pages import Page, read_back
from shoetrack.syncing.summary import SyncSummary
from shoetrack.units import local_day

# So many may be gone from what one call tells before the answer is doubted, or that part of what
# it and the call before it should have told: the last one tells of little.
FEW = 3
MANY_PART = 0.25
# Pages of what is recent: fewer than these are read again rather than all that lies behind them.
LONG = 10


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """What a sync is told."""

    window: timedelta = timedelta(days=30)  # read again before the last sync: edits, late uploads
    full: bool = False  # all of the history anew
    since: datetime | None = None  # back to here at least, and no further
    allow_deletions: bool = False  # however many are gone
    sport: Sport = Sport.RUN  # of what does not say its own
    order: tuple[str, ...] = DISTANCE_ORDER
    guide: Guide = NO_RULES


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reading has come: runs read, of how many by Strava's own count; and back to when.

    `total` is an estimate, None where there is none; `first` is when the account was made.
    """

    runs: int
    total: int | None
    oldest: datetime | None
    first: datetime | None


def sync(
    store: Store,
    location: Location,
    strava: Strava,
    settings: SyncSettings,
    now: datetime,
    summary: SyncSummary,
    *,
    ask_pair: AskPair = gears.create,
    on_page: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Read what is new, changed or gone at Strava, and count it in `summary`.

    What is recent is read first, then the history where it was not read to its end before; each
    page is committed as it comes. Killed anywhere, or stopped by the limit of calls (then
    `summary.goes_on` says until when), the next call goes on. Raises StravaError, RefusedError
    where another process syncs, and StoreError; what was counted by then is kept.
    """
    with one_at_a_time(location, STRAVA):
        try:
            athlete = strava.athlete()
            one = _Sync(store, strava, athlete, settings, now, summary, ask_pair, on_page)
            one.check_account()
            one.meet_pairs()
            one.read_recent()
            one.read_history()
            one.finish()
        except RateLimited as limited:
            summary.goes_on = limited.goes_on


@dataclass(slots=True)
class _Sync:
    """One sync under way."""

    store: Store
    strava: Strava
    athlete: Athlete
    settings: SyncSettings
    now: datetime
    summary: SyncSummary
    ask_pair: AskPair
    on_page: Callable[[Progress], None]
    change_id: int | None = None
    of_change: SyncSummary = field(default_factory=SyncSummary)
    known_gears: dict[str, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    told_before: int = 0
    runs_read: int = 0
    runs_total: int | None = None
    synced_at: datetime | None = None
    oldest: datetime | None = None
    whole: bool = False

    def check_account(self) -> None:
        """Take up where the last sync ended. Raises RefusedError for another account."""
        with self.store.write("sync", "a sync", self.now) as tx:
            state = strava_queries.state(tx)
        if state is not None:
            if state.account_id != self.athlete.id:
                raise RefusedError(
                    f"this store holds the runs of {state.account_name} at Strava, and"
                    f" {self.athlete.name} is connected: `shoetrack strava logout --purge` takes"
                    " those out, or name another store with --db"
                )
            self.synced_at, self.oldest, self.whole = state.synced_at, state.oldest, state.whole
            self.known_gears = dict(state.gears)
        self.summary.looks_for_deletions = ACTIVITIES in self.strava.scopes
        if self.settings.full:
            self.oldest, self.whole = None, False

    # --- pairs --------------------------------------------------------------------------------

    def meet_pairs(self) -> None:
        """Link the listed shoes, and follow those that were retired since."""
        listed = self.athlete.shoes
        self.known_gears |= gears.news(self.known_gears, listed, self.strava)
        met = self._met([gear.id for gear in listed])
        if met:
            self._commit(lambda tx, step: gears.link(tx, met, self.known_gears, step))

    def _met(self, gear_ids: Iterable[str]) -> list[gears.Met]:
        """What becomes of shoes that were not met before, asked where they are not here."""
        unmet = [one for one in gear_ids if one not in self.known_gears and not gears.is_bike(one)]
        if not unmet:
            return []
        found = gears.fetch(self.strava, unmet, self.athlete.shoes)
        for gear_id in set(unmet) - {gear.id for gear in found}:
            self.known_gears[gear_id] = strava_queries.PASSED
        with self.store.write("sync", "a sync", self.now) as tx:
            shoes = shoe_queries.shoes(tx)
        return gears.meet(found, shoes, self.known_gears, self.ask_pair)

    # --- reading ------------------------------------------------------------------------------

    def read_recent(self) -> None:
        """All since the last sync, and the window before it."""
        until = self.settings.since
        if until is None:
            if self.synced_at is None or self.settings.full:
                return
            until = self.synced_at - self.settings.window
        low: datetime | None = None
        pages = 0
        try:
            for page in read_back(self.strava, None, until):
                self._take(page)
                low = page.low
                pages += 1
        except RateLimited:
            # So much is new that one window of calls does not do: the rest is history to read.
            if pages >= LONG and low is not None and self.settings.since is None:
                self.oldest, self.whole, self.synced_at = low, False, self.now
                self._commit(lambda tx, step: None)
            raise
        if self.synced_at is None or until <= self.synced_at:
            self.synced_at = self.now

    def read_history(self) -> None:
        """The history from where it was read to, to its end; nothing where that was reached."""
        if self.whole or self.settings.since is not None:
            return
        if self.runs_total is None:
            self.runs_total = self.strava.run_count(self.athlete.id)
        before = None if self.oldest is None else self.oldest + timedelta(seconds=1)
        if before is None:
            self.synced_at = self.now
        for page in read_back(self.strava, before, None):
            self.oldest = page.low if page.low is not None else self.oldest
            self.whole = page.is_end
            self._take(page)

    def finish(self) -> None:
        """What can be told only now: retirements of pairs never worn, and runs left behind."""

        def settle(tx: Transaction, step: SyncSummary) -> None:
            gears.retire(tx, self.known_gears, step, self._today, all_read=self.whole)
            desk = self._desk(tx, step)
            for run_id in strava_queries.elsewhere(tx) if desk.pairs.trust_gear else []:
                step.moved += follow_gear(desk, run_id)

        self._commit(settle)
        self.summary.whole = self.whole

    # --- entering -----------------------------------------------------------------------------

    def _take(self, page: Page) -> None:
        """Enter a page, in one transaction, with how far it brings the reading."""
        named = {one.gear_id for one in page.activities if one.record and one.gear_id}
        met = self._met(sorted(named))

        def enter(tx: Transaction, step: SyncSummary) -> None:
            gears.link(tx, met, self.known_gears, step)
            desk = self._desk(tx, step)
            digests = [digest_of(one) for one in page.activities]
            known = sighting_queries.sightings_by_digest(tx, digests)
            since = self.settings.since
            for activity in page.activities:
                if since is None or activity.started_at is None or activity.started_at >= since:
                    take(desk, activity, known)
            self._drop_absent(desk, page)
            gears.retire(tx, self.known_gears, step, self._today, all_read=False)

        self.seen |= {one.id for one in page.activities}
        self._commit(enter)
        self.runs_read += sum(one.record is not None for one in page.activities)
        self.on_page(Progress(self.runs_read, self.runs_total, page.low, self.athlete.created_at))

    def _drop_absent(self, desk: Desk, page: Page) -> None:
        """Take out what lies within the page's time and is not on it: it was deleted at Strava.

        Where much is gone at once, or all answers are empty, those are doubted, not the runs.
        """
        if not self.summary.looks_for_deletions or any(not one.id for one in page.activities):
            return
        if page.after is None and not page.is_end:
            return
        told = strava_queries.told_between(desk.tx, page.after, page.until)
        gone = [one for one in told if one.strava_id not in self.seen]
        expected, self.told_before = len(told) + self.told_before, len(told)
        if not gone:
            return
        believed = bool(self.seen) and len(gone) <= max(FEW, expected * MANY_PART)
        if not believed and not self.settings.allow_deletions:
            desk.step.held_back += len(gone)
            return
        for one in gone:
            take_away(desk, one.sighting_id, one.run_id)

    @property
    def _today(self) -> date:
        return local_day(self.now, self.settings.guide.zone)

    def _desk(self, tx: Transaction, step: SyncSummary) -> Desk:
        pairs = Pairs.of(tx, self.settings.guide)
        links = {shoe.strava_id: shoe.id for shoe in pairs.shoes.values() if shoe.strava_id}
        how = ImportSettings(
            sport=self.settings.sport,
            zone=self.settings.guide.zone,
            order=self.settings.order,
            guide=self.settings.guide,
        )
        return Desk(tx, pairs, links, how, step)

    def _commit(self, work: Callable[[Transaction, SyncSummary], None]) -> None:
        """One transaction of the sync, all of which are one change; counted once it is kept."""
        step = SyncSummary()
        gears_before = dict(self.known_gears)
        try:
            with self.store.write("sync", "a sync", self.now, change_id=self.change_id) as tx:
                if tx.change_id is None:
                    self.of_change = SyncSummary()
                work(tx, step)
                self._keep_state(tx)
                self.of_change.add(step)
                tx.summarise(self.of_change.in_words())
                self.change_id = tx.change_id
        except BaseException:
            self.known_gears = gears_before
            raise
        self.summary.add(step)

    def _keep_state(self, tx: Transaction) -> None:
        """How far the reading has come. It is part of the change, so that an undo takes it back
        too; but where there is no change, it makes none.
        """
        values: dict[str, Any] = {
            "account_id": self.athlete.id,
            "account_name": self.athlete.name,
            "synced_at": self.synced_at,
            "oldest": self.oldest,
            "whole": int(self.whole),
            "gears": gears.as_text(self.known_gears),
        }
        state = strava_queries.state(tx)
        if state is None:
            (tx.note_new if tx.change_id is None else tx.add)("strava_state", **values)
        elif tx.change_id is None:
            tx.note("strava_state", state.id, **values)
        else:
            tx.update("strava_state", state.id, **values)
