"""The JSON of the command line, stable once released. Distances are metres, times UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from shoetrack.units import Unit, metres

if TYPE_CHECKING:
    from shoetrack.audit import Line, Proof
    from shoetrack.forecast import Forecast
    from shoetrack.load import Load
    from shoetrack.model import Alert, Change, Draft, Observation, Run, Shoe, Sighting
    from shoetrack.questions.standing import Overview
    from shoetrack.rotation.judge import Rotation, Turn
    from shoetrack.rotation.nextpair import Choice, Offer
    from shoetrack.rotation.rests import Rest
    from shoetrack.wear import Wear

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


def shoe_in_full(wear: Wear, defaults: Sequence[Json], observations: Sequence[Json]) -> Json:
    """What `shoe show` adds to a shoe: what a person wrote of it."""
    pair = wear.shoe
    return {
        **shoe(wear),
        "brand": pair.brand or None,
        "model": pair.model or None,
        "bought_on": _day(pair.bought_on),
        "price": pair.price or None,
        "note": pair.note or None,
        "added_on": _day(pair.added_on),
        "target": pair.target,
        "minimalist": pair.minimalist,
        "in_range_on": _day(wear.forecast.low_on) if wear.forecast else None,
        "default_for": list(defaults),
        "observations": list(observations),
    }


def _forecast(forecast: Forecast | None) -> Json | None:
    if forecast is None:
        return None
    return {
        "on": _day(forecast.on),
        "earliest": _day(forecast.earliest),
        "latest": _day(forecast.latest),
    }


def status(overview: Overview, week: Load | None, unit: Unit, alerts: Sequence[Alert] = ()) -> Json:
    return {
        "unit": str(unit),
        "shoes": [shoe(wear) for wear in overview.wears],
        "unassigned": {
            "runs": overview.unassigned.runs,
            "distance_m": metres(overview.unassigned.distance_mm),
        },
        "unmeasured": overview.waiting.unmeasured,
        "doubtful": overview.waiting.doubtful,
        "load": _load(week),
        "alerts": [alert(one) for one in alerts],
    }


def draft(one: Draft) -> Json:
    """What is worth saying; `shoe` is the pair's id."""
    return {
        "kind": str(one.kind),
        "subject": one.subject,
        "title": one.title,
        "body": one.body,
        "urgent": one.urgent,
        "stage": one.stage or None,
        "shoe": one.shoe_id,
    }


def alert(one: Alert, *, in_full: bool = False) -> Json:
    """An alert; `in_full`: with how it went on, as far as it is not open any more."""
    shown = {
        "id": one.id,
        **draft(one.draft),
        "raised_at": instant(one.raised_at),
        "snoozed_until": instant(one.snoozed_until),
    }
    if in_full:
        shown |= {"acked_at": instant(one.acked_at), "ended_at": instant(one.ended_at)}
    return shown


def _load(week: Load | None) -> Json | None:
    if week is None:
        return None
    return {
        "week_m": metres(week.week_mm),
        "mean_m": None if week.mean_mm is None else metres(week.mean_mm),
        "rise": None if week.rise is None else round(week.rise, 4),
        "since": _day(week.since),
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


def observation(
    noted: Observation,
    runs: Mapping[int, Run],
    names: Mapping[int, str],
    worn_mm: int | None = None,
) -> Json:
    """What was noted of a run or a pair; with `worn_mm`, what the pair in question had by then."""
    if noted.run_id is None:
        pairs = [noted.shoe_id]
    else:
        pairs = [share.shoe_id for share in runs[noted.run_id].shares]
    shown = {
        "noted_on": noted.noted_on.isoformat(),
        "run": noted.run_id,
        "shoes": [names[pair] for pair in pairs if pair is not None],
        "part": noted.part or None,
        "level": noted.level,
        "note": noted.note or None,
    }
    return shown if worn_mm is None else {**shown, "worn_m": metres(worn_mm)}


def change(change: Change) -> Json:
    return {
        "id": change.id,
        "kind": change.kind,
        "summary": change.summary,
        "made_at": instant(change.made_at),
        "entries": change.entries,
        "undone": change.undone,
    }


def rotation(found: Rotation, findings: Sequence[str]) -> Json:
    """A rotation; shares are of 1, `findings` are the verdict in sentences."""
    return {
        "name": found.name,
        "runs": found.runs,
        "verdict": found.verdict,
        "summary": " ".join(findings),
        "window_days": found.window.days,
        "distance_m": metres(found.distance_mm),
        "misplaced": round(found.misplaced, 4),
        "shoes": [_turn(turn, turn in found.uneven) for turn in found.turns],
    }


def _turn(turn: Turn, uneven: bool) -> Json:
    return {
        "name": turn.shoe.name,
        "distance_m": metres(turn.distance_mm),
        "runs": turn.runs,
        "share": round(turn.share, 4),
        "target": round(turn.target, 4),
        "behind_m": metres(round(turn.behind_mm)),
        "last_worn": _day(turn.last_worn),
        "uneven": uneven,
        "unused": turn.unused,
        "retired": turn.shoe.retired_on is not None,
        "rests": [
            {"run": rest.run_id, "on": _day(rest.on), **_rest(rest), "short": rest.short}
            for rest in turn.rests
        ],
        "since_start": {
            "from": _day(turn.since),
            "distance_m": metres(turn.life.distance_mm),
            "runs": turn.life.runs,
            "share": round(turn.life_share, 4),
            "target": round(turn.life_target, 4),
        },
    }


def _rest(rest: Rest | None) -> Json:
    """What a pair rested: null where it never ran, the hours too where no times are known."""
    if rest is None:
        return {"rest_days": None, "rest_h": None}
    hours = None if rest.time is None else round(rest.time.total_seconds() / 3600, 2)
    return {"rest_days": rest.days, "rest_h": hours}


def choice(found: Choice, reasons: Sequence[str]) -> Json:
    """The pair to wear, with the others in their order; `reasons` are of each of them."""
    outing = found.outing
    first, *others = [
        {**_offer(offer), "reason": reason}
        for offer, reason in zip(found.offers, reasons, strict=True)
    ]
    return {
        "shoe": {"id": first["id"], "name": first["name"]},
        **{key: value for key, value in first.items() if key not in ("id", "name")},
        "assumed": {
            "date": _day(outing.on),
            "sport": str(outing.sport),
            "race": outing.race,
            "distance_m": None if outing.distance_mm is None else metres(outing.distance_mm),
            "distance_from": None if outing.known is None else str(outing.known),
            "usual_m": None if outing.usual_mm is None else metres(outing.usual_mm),
        },
        "others": others,
        "kept_for_races": [pair.name for pair in found.kept],
    }


def _offer(offer: Offer) -> Json:
    return {
        "id": offer.shoe.id,
        "name": offer.shoe.name,
        "rotation": offer.shoe.rotation or None,
        "state": offer.state,
        "owed_m": None if offer.owed_mm is None else metres(offer.owed_mm),
        **_rest(offer.rest),
        "limit_m": None if offer.limit_mm is None else metres(offer.limit_mm),
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
