"""The JSON of the command line, stable once released. Distances are metres, times UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from shoetrack.units import Unit, metres

if TYPE_CHECKING:
    from shoetrack.audit import Line, Proof
    from shoetrack.model import Change, Run, Shoe, Sighting
    from shoetrack.questions.standing import Overview
    from shoetrack.rotation import Rotation
    from shoetrack.wear import Forecast, Wear

Json = dict[str, Any]


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def instant(value: datetime | None) -> str | None:
    """`2026-05-01T06:30:00Z`."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shoe(wear: Wear) -> Json:
    return {
        "id": wear.shoe.id,
        "name": wear.shoe.name,
        "state": str(wear.state),
        "distance_m": metres(wear.total.distance_mm),
        "duration_s": wear.total.duration_s,
        "runs": wear.total.runs,
        "range_m": [metres(wear.range_mm[0]), metres(wear.range_mm[1])],
        "wear": round(wear.share, 4),
        "first_worn": _day(wear.total.first_worn),
        "last_worn": _day(wear.total.last_worn),
        "retired_on": _day(wear.shoe.retired_on),
        "rotation": wear.shoe.rotation or None,
        "strava_id": wear.shoe.strava_id,
        "forecast": _forecast(wear.forecast),
    }


def shoe_in_full(wear: Wear, defaults: Sequence[Json]) -> Json:
    """What `shoe show` adds to a shoe: what a person wrote of it."""
    pair = wear.shoe
    return {
        **shoe(wear),
        "brand": pair.brand or None,
        "model": pair.model or None,
        "bought_on": _day(pair.bought_on),
        "price": pair.price or None,
        "note": pair.note or None,
        "default_for": list(defaults),
    }


def _forecast(forecast: Forecast | None) -> Json | None:
    if forecast is None:
        return None
    return {
        "on": _day(forecast.on),
        "earliest": _day(forecast.earliest),
        "latest": _day(forecast.latest),
    }


def status(overview: Overview, unit: Unit) -> Json:
    return {
        "unit": str(unit),
        "shoes": [shoe(wear) for wear in overview.wears],
        "unassigned": {
            "runs": overview.unassigned.runs,
            "distance_m": metres(overview.unassigned.distance_mm),
        },
        "unmeasured": overview.waiting.unmeasured,
        "doubtful": overview.waiting.doubtful,
        "alerts": [],
    }


def run(run: Run, sightings: Sequence[Sighting], names: Mapping[int, str]) -> Json:
    from shoetrack.ledger import divide

    weights = [share.weight for share in run.shares]
    parts = divide(run.distance_mm or 0, weights) if weights else []
    return {
        "id": run.id,
        "started_at": instant(run.started_at),
        "local_date": run.local_date.isoformat(),
        "sport": str(run.sport),
        "name": run.name,
        "distance_m": None if run.distance_mm is None else metres(run.distance_mm),
        "duration_s": run.duration_s,
        "sources": [sighting.source for sighting in sightings],
        "shoes": [
            {"name": names[share.shoe_id], "distance_m": metres(part)}
            for share, part in zip(run.shares, parts, strict=True)
        ],
        "assigned_by": run.decided_by,
        "doubtful_twin": run.twin_id,
    }


def entry(line: Line, names: Mapping[int, str]) -> Json:
    posting = line.entry.posting
    return {
        "id": line.entry.id,
        "shoe": None if posting.shoe_id is None else names[posting.shoe_id],
        "run": posting.run_id,
        "distance_m": metres(posting.distance_mm),
        "duration_s": posting.duration_s,
        "effective_on": posting.effective_on.isoformat(),
        "kind": str(posting.kind),
        "by": posting.by or None,
        "note": posting.note,
        "posted_at": instant(line.entry.posted_at),
        "balance_m": metres(line.balance_mm),
    }


def change(change: Change) -> Json:
    return {
        "id": change.id,
        "kind": change.kind,
        "summary": change.summary,
        "made_at": instant(change.made_at),
        "entries": change.entries,
        "undone": change.undone,
    }


def rotation(found: Rotation) -> Json:
    return {
        "name": found.name,
        "runs": found.runs,
        "verdict": found.verdict,
        "shoes": [
            {
                "name": turn.shoe.name,
                "distance_m": metres(turn.distance_mm),
                "runs": turn.runs,
                "share": round(turn.share, 4),
                "target": round(turn.target, 4),
                "last_worn": _day(turn.last_worn),
                "uneven": turn in found.uneven,
            }
            for turn in found.turns
        ],
    }


def verify(proof: Proof) -> Json:
    return {
        "ok": not proof.problems,
        "runs": proof.runs,
        "entries": proof.entries,
        "problems": list(proof.problems),
    }


def names_of(shoes: Sequence[Shoe]) -> dict[int, str]:
    """The pairs' names by their ids."""
    return {pair.id: pair.name for pair in shoes}
