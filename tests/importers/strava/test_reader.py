"""Strava's JSON, as it is and as it should not be."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.importers.exports.rows import row_digest
from shoetrack.importers.strava import reader
from shoetrack.importers.strava.protocol import Activity, Gear
from shoetrack.model import DistanceSource, RunRecord
from shoetrack.sport import Sport
from tests.strava_world import World

START = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)
_DATA = os.environ.get("SHOETRACK_REAL_DATA") or Path(__file__).parents[4] / "shared" / "data"
REAL = Path(_DATA) / "strava-api"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the shared data is not here")


def made(**more: Any) -> dict[str, Any]:
    """An activity as Strava lists it, with these fields in it."""
    world = World()
    return world.activities[world.add(START, 5012.3, gear="g1", activity_id=77)] | more


def record_of(**more: Any) -> RunRecord:
    found = reader.activity(made(**more))
    assert found.record is not None, found.off_foot
    return found.record


def real(name: str) -> Any:
    return json.loads((REAL / name).read_text(encoding="utf-8"))


# --- what is read -----------------------------------------------------------------------------


def test_an_activity_is_read_whole() -> None:
    found = reader.activity(made(description="easy", device_name="Garmin Forerunner 255"))
    assert found.record is not None
    assert found == Activity(77, found.record, "", "g1", START, False, date(2026, 5, 1))
    assert found.record == RunRecord(
        kind="strava",
        digest=row_digest("strava", "77"),
        index=0,
        source="Strava activity 77",
        sport=Sport.RUN,
        started_at=START,
        ended_at=START + timedelta(seconds=1671 + 27),
        utc_offset_s=7200,
        local_date=date(2026, 5, 1),
        distance_mm=5_012_300,
        distance_from=DistanceSource.STRAVA,
        duration_s=1671,
        name="Morning Run",
        creator="Strava",
        device="Garmin Forerunner 255",
        description="easy",
        start=(52.52, 13.405),
        finish=(52.521, 13.406),
        ascent_mm=34_000,
    )


@pytest.mark.parametrize(
    ("sport_type", "kind", "sport"),
    [
        ("Run", "Run", Sport.RUN),
        ("TrailRun", "Run", Sport.TRAIL_RUN),
        ("VirtualRun", "VirtualRun", Sport.TREADMILL),
        ("Walk", "Walk", Sport.WALK),
        ("Hike", "Hike", Sport.HIKE),
        ("Snowshoe", "Snowshoe", Sport.HIKE),
        ("MoonHop", "Run", Sport.RUN),
        ("MoonHop", "Workday", None),
        ("NightRun2031", "Unheard", Sport.RUN),
        (None, "TrailRun", Sport.TRAIL_RUN),
        (None, None, None),
        (7.5, ["Run"], None),
    ],
)
def test_a_sport_is_known_by_either_field_or_left_to_the_default(
    sport_type: Any, kind: Any, sport: Sport | None
) -> None:
    assert record_of(sport_type=sport_type, type=kind).sport is sport


def test_a_run_on_a_trainer_is_one_on_a_treadmill() -> None:
    assert record_of(trainer=True).sport is Sport.TREADMILL
    assert record_of(trainer=True, sport_type="Walk").sport is Sport.WALK
    assert record_of(trainer="yes").sport is Sport.RUN


@pytest.mark.parametrize(
    ("sport", "reason"),
    [
        ("Ride", "a ride"),
        ("EBikeRide", "a ride"),
        ("VirtualRide", "a ride"),
        ("Swim", "a swim"),
        ("Yoga", "another sport: Yoga"),
        ("WeightTraining", "another sport: WeightTraining"),
        ("NordicSki", "another sport: NordicSki"),
        ("Rowing", "another sport: Rowing"),
        ("Wheelchair", "another sport: Wheelchair"),
    ],
)
def test_what_is_not_on_foot_says_so(sport: str, reason: str) -> None:
    found = reader.activity(made(sport_type=sport, type=sport))
    assert (found.record, found.off_foot, found.id) == (None, reason, 77)


def test_a_hidden_start_leaves_the_day_alone() -> None:
    found = reader.activity(
        made(start_date="2026-04-30T22:00:01Z", start_date_local="2026-05-01T00:00:01Z")
    )
    assert found.hidden_start
    assert found.local_date == date(2026, 5, 1)
    assert found.record is not None
    assert (found.record.started_at, found.record.ended_at) == (None, None)
    assert (found.record.local_date, found.record.duration_s) == (date(2026, 5, 1), 1671)


def test_times_are_read_without_a_z_too() -> None:
    record = record_of(start_date="2026-05-01T06:30:00", start_date_local="2026-05-01 08:30:00")
    assert (record.started_at, record.local_date) == (START, date(2026, 5, 1))


def test_the_local_day_is_the_source_s_own() -> None:
    record = record_of(
        start_date="2026-05-01T20:30:00Z", start_date_local="2026-05-02T05:30:00Z", utc_offset=32400
    )
    assert (record.local_date, record.utc_offset_s) == (date(2026, 5, 2), 32400)


@pytest.mark.parametrize(
    ("fields", "offset"),
    [
        ({"utc_offset": 7200.0}, 7200),
        ({"utc_offset": None}, 7200),  # by both times
        ({"utc_offset": "x", "start_date_local": None}, 7200),  # by the zone, in summer
        ({"utc_offset": None, "start_date_local": None, "timezone": "(GMT+01:00)"}, None),
        ({"utc_offset": None, "start_date_local": None, "timezone": "(GMT) ../etc/passwd"}, None),
        ({"utc_offset": None, "start_date_local": None, "timezone": 5}, None),
    ],
)
def test_the_offset_is_found_where_it_can_be(fields: dict[str, Any], offset: int | None) -> None:
    record = record_of(**fields)
    assert record.utc_offset_s == offset
    assert record.local_date == date(2026, 5, 1)


def test_an_instant_is_found_by_the_local_time_and_the_offset() -> None:
    assert record_of(start_date=None).started_at == START


def test_a_manual_entry_has_no_places_and_no_ascent() -> None:
    record = record_of(
        manual=True, start_latlng=[], end_latlng=None, total_elevation_gain=None, external_id=None
    )
    assert (record.start, record.finish, record.ascent_mm) == (None, None, None)
    assert record.distance_mm == 5_012_300


@pytest.mark.parametrize("distance", [0, 0.0, None, "", -5, True, float("nan"), 1e300, [5], {}])
def test_a_distance_that_is_none_is_not_known(distance: Any) -> None:
    record = record_of(distance=distance)
    assert (record.distance_mm, record.distance_from) == (None, None)


@pytest.mark.parametrize(
    ("moving", "elapsed", "duration", "lasted"),
    [
        (1500, 1600, 1500, 1600),
        (1500.4, 1600.6, 1500, 1601),
        ("1500", "1600", 1500, 1600),
        (0, 1600, 1600, 1600),
        (None, 1600, 1600, 1600),
        (1500, None, 1500, None),
        (None, None, None, None),
        (-1, 10**12, None, None),
        (10**400, float("inf"), None, None),
    ],
)
def test_it_lasts_as_long_as_it_moved_and_ends_when_it_was_over(
    moving: Any, elapsed: Any, duration: int | None, lasted: int | None
) -> None:
    record = record_of(moving_time=moving, elapsed_time=elapsed)
    assert record.duration_s == duration
    assert record.ended_at == (START + timedelta(seconds=lasted) if lasted else None)


@pytest.mark.parametrize(
    "place", [[0.0, 0.0], [91, 0], [1], [1, 2, 3], ["1", "2"], [True, 5], [10**400, 1], {}, "1,2"]
)
def test_a_place_that_is_none_is_not_known(place: Any) -> None:
    assert record_of(start_latlng=place).start is None


def test_names_keep_their_emoji_and_lose_what_commands_terminals() -> None:
    record = record_of(name="Lauf 🏃‍♀️ \x1b[31mred\n", description="a\ud800b")
    assert record.name == "Lauf 🏃‍♀️ [31mred"
    assert record.description == "a?b"


def test_a_pair_may_stand_in_a_field_of_its_own() -> None:
    assert reader.activity(made(gear_id=None, gear={"id": "g9"})).gear_id == "g9"
    assert reader.activity(made(gear_id="../g1")).gear_id is None
    assert reader.activity(made(gear_id=None)).gear_id is None


@pytest.mark.parametrize("number", ["77", 77.0, 77])
def test_an_id_is_read_however_it_is_written(number: Any) -> None:
    assert reader.activity(made(id=number)).id == 77


@pytest.mark.parametrize("number", [None, 0, -1, 1.5, True, "x", 2**70, "²", [], float("nan")])
def test_without_an_id_it_stays_in_its_page_and_is_no_run(number: Any) -> None:
    found = reader.activity(made(id=number))
    assert (found.id, found.record, found.off_foot) == (0, None, "an activity without an id")


def test_without_any_date_it_is_no_run() -> None:
    found = reader.activity(made(start_date="soon", start_date_local=None))
    assert found.record is None
    assert "no date" in found.off_foot


@pytest.mark.parametrize("odd", [None, 5, "x", [1], [[2]], True])
def test_a_page_keeps_its_length_whatever_is_in_it(odd: Any) -> None:
    page = reader.activities([made(), odd, made(athlete_count=0)])
    assert [one.record is not None for one in page] == [True, False, True]


def test_what_is_no_list_is_an_empty_page() -> None:
    assert reader.activities({"errors": []}) == []


def test_an_athlete_has_their_pairs_once() -> None:
    world = World()
    world.add_shoe("g1", "Pegasus 41 🐎", start_m=1234.0)
    world.add_shoe("g2", "Old", retired=True)
    world.add_bike("b1", "Trek")
    found = world.athlete(whole=True)
    found["shoes"] += [found["shoes"][0], None, {"id": [5]}, found["bikes"][0]]
    athlete = reader.athlete(found)
    assert athlete.id == world.athlete_id
    assert athlete.name == "Ada Læufer 🏃"
    assert athlete.shoes == (Gear("g1", "Pegasus 41 🐎", distance_m=1234.0),)
    assert athlete.created_at == world.created_at


def test_a_pair_s_brand_model_and_end_are_read() -> None:
    world = World()
    world.add_shoe("g2", "Old faithful", "Asics", "Cumulus 22", retired=True)
    assert reader.gear(world.detailed_gear("g2")) == Gear(
        "g2", "Old faithful", "Asics", "Cumulus 22", retired=True
    )


def test_a_pair_without_a_name_is_called_by_what_it_is() -> None:
    assert reader.gear({"id": "g1", "brand_name": "Asics", "model_name": "X"}) == Gear(
        "g1", "Asics X", "Asics", "X"
    )
    assert reader.gear({"id": "g1"}) == Gear("g1", "g1")
    assert reader.gear({"name": "no id"}) is None


def test_a_bike_is_one_by_its_id() -> None:
    found = reader.gear({"id": "b1", "name": "Trek"})
    assert found is not None
    assert found.is_bike


def test_runs_are_counted_where_strava_counts() -> None:
    world = World()
    world.add_season(20, [None])
    expected = sum(one["type"] == "Run" for one in world.activities.values())
    assert reader.run_count(world.stats()) == expected
    odd: list[Any] = [None, [], {}, {"all_run_totals": None}, {"all_run_totals": {"count": "x"}}]
    assert [reader.run_count(one) for one in odd] == [None] * 5


# --- nothing is relied on ---------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=30)
    | st.sampled_from(["2026-05-01T06:30:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                       "2026-05-01T00:00:01", "(GMT+01:00) Europe/Paris", "1e400", "g1", 10**500])
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = sorted(made())


@given(st.dictionaries(st.sampled_from([*FIELDS, "device_name", "gear", "description"]), anything))
def test_no_field_of_an_activity_can_break_it(odd: dict[str, Any]) -> None:
    found = reader.activity(made() | odd)
    assert (found.record is None) == bool(found.off_foot)
    if found.record is not None:
        _check(found.record)
    assert not odd.keys().isdisjoint(FIELDS) or found.record is not None


@given(anything)
def test_no_json_can_break_the_reader(odd: Any) -> None:
    reader.activity(odd)
    reader.activities(odd)
    reader.athlete(odd)
    reader.gear(odd)
    reader.run_count(odd)
    reader.athlete({"shoes": odd, "id": odd, "firstname": odd, "created_at": odd})
    reader.gear({"id": "g1", "name": odd, "brand_name": odd, "retired": odd, "distance": odd})


@given(st.dictionaries(st.text(min_size=1), anything))
def test_new_fields_change_nothing(new: dict[str, Any]) -> None:
    known = {*FIELDS, "device_name", "gear", "description"}
    fields = {name: value for name, value in new.items() if name not in known}
    assert reader.activity(made() | fields) == reader.activity(made())


def _check(record: RunRecord) -> None:
    """What the model promises of every record."""
    for instant in (record.started_at, record.ended_at):
        assert instant is None or instant.utcoffset() == timedelta(0)
    assert record.distance_mm is None or 0 < record.distance_mm < 2**63
    assert record.duration_s is None or 0 < record.duration_s < 2**31
    assert record.local_date is not None
    for text in (record.name, record.device, record.description):
        text.encode()
    if record.started_at and record.ended_at:
        assert record.started_at < record.ended_at
    assert replace(record) == record


# --- recorded answers -------------------------------------------------------------------------


@needs_real
def test_a_recorded_page_is_read_whole() -> None:
    body = real("all_athlete_activities_0.json")["body"]
    page = reader.activities(body)
    assert len(page) == len(body) == 30
    for one, raw in zip(page, body, strict=True):
        assert one.record is not None
        assert one.id == raw["id"]
        assert one.gear_id == raw["gear_id"]
        assert one.record.distance_mm == round(raw["distance"] * 1000)
        assert one.record.duration_s == raw["moving_time"]
        assert one.record.utc_offset_s == raw["utc_offset"]
        assert str(one.record.local_date) == raw["start_date_local"][:10]
        _check(one.record)


@needs_real
def test_a_recorded_activity_tells_its_device() -> None:
    raw = real("activity_0.json")["body"]
    record = reader.activity(raw).record
    assert record is not None
    assert record.device == raw["device_name"]
    assert reader.activity(raw).gear_id == raw["gear_id"]


@needs_real
def test_recorded_pairs_and_bikes_are_read() -> None:
    assert reader.gear(real("gear_0.json")["body"]) == Gear(
        "g3423618", "Adidas Supernova ST", "Adidas", "Supernova ST", True, 966309.0
    )
    bike = reader.gear(real("gear_1.json")["body"])
    assert bike is not None
    assert bike.is_bike


@needs_real
def test_a_recorded_athlete_is_read() -> None:
    found = reader.athlete(real("detailed_athlete.json"))
    assert (found.id, found.name, len(found.shoes)) == (26462176, "Daniel Doubrovkine", 5)
    assert all(shoe.name and shoe.distance_m > 0 for shoe in found.shoes)


@pytest.mark.parametrize(
    ("told", "known"),
    [("g123", "g123"), ("g-1_a", "g-1_a"), (123, "123"), ("", None), (None, None), (True, None),
     ("../g1", None), ("g1?x", None), ("g" * 41, None)],
)  # fmt: skip
def test_a_pair_s_id_is_what_can_stand_in_an_address(told: Any, known: str | None) -> None:
    assert reader.activity(made(gear_id=told)).gear_id == known


def test_a_sport_nobody_knows_is_no_run_where_it_was_on_a_bike() -> None:
    odd = {"sport_type": "Quidditch", "type": "Quidditch"}
    assert reader.activity(made(**odd, gear_id="g1")).record is not None
    found = reader.activity(made(**odd, gear_id="b1"))
    assert (found.record, found.off_foot) == (None, "a ride")
