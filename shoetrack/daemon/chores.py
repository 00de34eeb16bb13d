"""What is done by itself, one function a chore: it gives what came of it, or raises ShoetrackError.

The daemon, `daemon --once` and `sync` all call these. What they need is imported here, at once:
several threads that come to load parts of one package at the same time get parts of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shoetrack import backups
from shoetrack.alerting import raising
from shoetrack.alerting.check import check as raise_alerts
from shoetrack.alerting.deliver import deliver as say
from shoetrack.alerting.digest import raise_digest
from shoetrack.alerting.secrets import passwords
from shoetrack.config.alerts import NO_ALERTS
from shoetrack.daemon.apart import prove
from shoetrack.daemon.site import NOT_SET_UP, Outcome, Site
from shoetrack.daemon.strava import BUSY, STOPPED, Order, run_child
from shoetrack.daemon.troubles import ChoreError
from shoetrack.errors import RefusedError
from shoetrack.importers.strava.tokens import account
from shoetrack.vault import Vault

if TYPE_CHECKING:  # the latter are loaded where there are folders to watch
    from shoetrack.db.store import Transaction
    from shoetrack.watching.folders import Look, Watcher
    from shoetrack.watching.intake import Imported

__all__ = ["backup", "check", "deliver", "digest", "folders", "strava", "verify"]


# --- runs come in -------------------------------------------------------------------------


def strava(site: Site) -> Outcome:
    """Bring the store in step with Strava, where someone is logged in."""
    if account(Vault(site.data)) is None:
        return Outcome(tried=False, why=NOT_SET_UP)
    # The child has no business with the secrets of channels.
    config = replace(site.config, alerts=NO_ALERTS, watch=())
    told = run_child(Order(site.location, site.data, config, site.clock()), site.stop)
    fault = told.get("fault", "")
    if fault == "NotConnected":
        return Outcome(tried=False, why=NOT_SET_UP)
    if fault in (BUSY, STOPPED):
        return Outcome(tried=False, why=told["message"])
    found = told["summary"]
    if fault:
        raise ChoreError(fault, told["message"])
    goes_on = None if found["goes_on"] is None else datetime.fromisoformat(found["goes_on"])
    return Outcome(
        lines=_of_strava(found, goes_on) if found["did_anything"] else (),
        counts=found["counts"],
        problems=_problems_of_strava(found),
        changed=found["did_anything"],
        next_at=goes_on,
        details={key: found[key] for key in ("pairs", "goes_on")},
    )


def _of_strava(found: Mapping[str, Any], goes_on: datetime | None) -> tuple[str, ...]:
    counts = found["counts"]
    parts = [_number(counts["new"], "new run")]
    for name, words in (
        ("changed", "changed"),
        ("moved", "moved to another pair"),
        ("deleted", "deleted"),
        ("doubtful", "in doubt"),
    ):
        if counts[name]:
            parts.append(f"{counts[name]:,} {words}")
    for name, words in (("added", "added"), ("linked", "linked"), ("retired", "retired")):
        if pairs := found["pairs"][name]:
            parts.append(f"{_number(len(pairs), 'pair')} {words}: {', '.join(pairs)}")
    if goes_on is not None:
        parts.append(f"it goes on at {goes_on.astimezone():%H:%M}, by Strava's limit of calls")
    return (", ".join(parts),)


def _problems_of_strava(found: Mapping[str, Any]) -> tuple[str, ...]:
    problems = [f"{what}: {reason}" for what, reason in found["failed"]]
    if held_back := found["counts"]["held_back"]:
        problems.append(
            f"{_number(held_back, 'run')} cannot be found at Strava any more, too many at once to"
            " be believed: `shoetrack strava sync --allow-deletions` if you deleted them"
        )
    return tuple(problems)


def folders(site: Site, watcher: Watcher) -> tuple[Outcome, Look]:
    """Import what is new or changed in the watched folders, and has stopped growing; also gives
    what was seen there.
    """
    from shoetrack.watching.intake import bring_in

    def tell(tx: Transaction, refused: Sequence[tuple[str, str]]) -> None:
        raising.tell_of_files(tx, site.config, refused)

    now = site.clock()
    look = watcher.look(now)
    if not look.ready:
        return Outcome(problems=_of_places(look)), look
    with site.store() as store:
        imported = bring_in(store, site.location, site.config, look, now, stop=site.stop, tell=tell)
    return _of_import(imported, look), look


# --- alerts go out ------------------------------------------------------------------------


def check(site: Site) -> Outcome:
    """Raise what is worth saying."""
    with site.store() as store:
        raised = raise_alerts(store, site.location, site.config, site.clock())
    return Outcome(
        lines=tuple(f"alert {alert.id}: {alert.draft.title}" for alert in raised),
        counts={"raised": len(raised)},
        changed=bool(raised),
        details={"alerts": [alert.id for alert in raised]},
    )


def deliver(site: Site) -> Outcome:
    """Say what is to be said, on each channel."""
    done = say(site.location, site.config, passwords(site.data), site.clock, stop=site.stop)
    lines = []
    if done.by:
        lines.append(f"sent {done.told}")
    if done.given_up:
        lines.append(f"{_number(done.given_up, 'alert')} given up: `shoetrack status` shows them")
    return Outcome(
        lines=tuple(lines),
        counts={
            "delivered": done.delivered,
            "failed": len(done.failed),
            "given_up": done.given_up,
            "waiting": done.waiting,
        },
        problems=tuple(f"by {channel}: {sentence}" for channel, sentence in done.failed),
        next_at=done.next_at,
    )


def digest(site: Site) -> Outcome:
    """Raise the week's account."""
    with site.store() as store:
        raised = raise_digest(store, site.location, site.config, site.clock())
    if raised is None:
        return Outcome()
    return Outcome((raised.draft.title,), {"raised": 1}, changed=True)


# --- the store is kept well ---------------------------------------------------------------


def verify(site: Site) -> Outcome:
    """Prove that the ledger is sound. Raises ChoreError where it is not."""
    proof = prove(site.location, site.stop)
    if proof is None:
        return Outcome(tried=False, why="it was stopped")
    if proof.problems:
        more = f" ({len(proof.problems)} problems)" if len(proof.problems) > 1 else ""
        raise ChoreError(
            "Unsound",
            f"the store {site.location} is not sound: {proof.problems[0]}{more}; restore a backup"
            " of it: `shoetrack restore`",
        )
    runs, entries = _number(proof.runs, "run"), _number(proof.entries, "entry", "entries")
    return Outcome((f"all is well: {runs}, {entries}",), {"runs": proof.runs})


def backup(site: Site) -> Outcome:
    """Make the week's backup."""
    try:
        made = backups.weekly(site.location, site.data, site.clock(), zone=site.config.timezone)
    except RefusedError as error:  # there is nothing yet to make one of
        return Outcome(tried=False, why=str(error))
    return Outcome((f"the store was backed up to {made}",))


def _of_import(imported: Imported, look: Look) -> Outcome:
    summary = imported.summary
    counts = {
        "new": summary.new,
        "known": summary.known,
        "further": summary.further,
        "doubtful": summary.doubtful,
        "unmeasured": summary.unmeasured,
        "moved": imported.moved,
        "failed": len(imported.refused),
    }
    parts = [_number(summary.new, "new run")]
    for count, words in (
        (summary.further, "known by another file"),
        (summary.doubtful, "in doubt"),
        (imported.moved, "moved to another pair"),
    ):
        if count:
            parts.append(f"{count:,} {words}")
    if imported.pairs_added:
        parts.append(f"{_number(imported.pairs_added, 'pair')} added")
    changed = bool(
        summary.new or summary.doubtful or summary.further or imported.moved or imported.pairs_added
    )
    return Outcome(
        lines=(", ".join(parts),) if changed else (),
        counts=counts,
        problems=(*(f"{path}: {reason}" for path, reason in imported.refused), *_of_places(look)),
        changed=changed or bool(imported.refused),
        details={"failed": [{"path": path, "reason": why} for path, why in imported.refused]},
    )


def _of_places(look: Look) -> tuple[str, ...]:
    return (
        *(f"the folder {folder} is not there" for folder in look.gone),
        *(f"the folder {folder} cannot be looked into: {reason}" for folder, reason in look.denied),
    )


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
