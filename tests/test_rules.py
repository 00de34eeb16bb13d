"""Rules: each condition as it is written in config.toml, against runs."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack import rules
from shoetrack.config.options import parse
from shoetrack.config.rules import CONDITIONS
from shoetrack.errors import ConfigError
from shoetrack.match import EARTH_MM, apart_mm, fold
from shoetrack.model import Place, Run, RunRecord, Share, Shoe, Sighting
from shoetrack.model.rules import Rule
from shoetrack.rules import Finding, Traits
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_KM, MM_PER_MILE, Unit

DAY = date(2026, 5, 1)  # a Friday
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PEG = {1: Shoe(1, "Pegasus 41")}


def rules_of(*blocks: str, unit: str = "km") -> tuple[Rule, ...]:
    """Rules for the Pegasus, each with the conditions of a block."""
    text = "".join(
        f'[[rules]]\nname = "rule {i}"\nshoe = "Peg"\n{block}\n' for i, block in enumerate(blocks)
    )
    return parse(f'unit = "{unit}"\n{text}').rules


def a_run(
    *,
    on: date = DAY,
    start: datetime | None = NOON,
    sport: Sport = Sport.RUN,
    km: float | None = 10,
    minutes: float | None = 50,
    name: str = "",
) -> Run:
    return Run(
        id=1,
        local_date=on,
        sport=sport,
        started_at=start,
        name=name,
        distance_mm=None if km is None else round(km * MM_PER_KM),
        duration_s=None if minutes is None else round(minutes * 60),
    )


def seen(
    source: str = "/runs/a.gpx",
    *,
    kind: str = "gpx",
    name: str = "",
    description: str = "",
    device: str = "",
    creator: str = "",
    km: float | None = 10,
    offset_h: float | None = None,
    start: Place | None = None,
    finish: Place | None = None,
    climb_m: float | None = None,
) -> Sighting:
    return Sighting(
        run_id=1,
        local_date=DAY,
        started_at=NOON,
        ended_at=None,
        sport=None,
        distance_mm=None if km is None else round(km * MM_PER_KM),
        distance_from=None,
        duration_s=None,
        kind=kind,
        source=source,
        name=name,
        description=description,
        device=device,
        creator=creator,
        utc_offset_s=None if offset_h is None else round(offset_h * 3600),
        start=start,
        finish=finish,
        ascent_mm=None if climb_m is None else round(climb_m * 1000),
    )


def holds(
    condition: str,
    run: Run | None = None,
    *sightings: Sighting | RunRecord,
    zone: ZoneInfo | None = None,
    unit: str = "km",
) -> bool:
    """Whether a condition holds; deciding and explaining must say the same."""
    (rule,) = rules_of(condition, unit=unit)
    traits = rules.Traits(run or a_run(), sightings or (seen(),), zone or ZoneInfo("UTC"))
    (bound,) = rules.bind([rule], PEG)
    told = all(finding.holds for finding in rules.check(rule, traits, Unit.KM))
    assert bound.fits(traits) is told
    assert (rules.first([bound], traits) is not None) is told
    return told


def found(condition: str, run: Run | None = None, *sightings: Sighting) -> str:
    (rule,) = rules_of(condition)
    traits = rules.Traits(run or a_run(), sightings, ZoneInfo("UTC"))
    (finding,) = rules.check(rule, traits, Unit.KM)
    return finding.found


def test_every_condition_that_can_be_written_can_be_looked_up() -> None:
    assert {one.key for one in CONDITIONS} == set(rules.KEYS)


# --- sport, words and globs -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "sport", "expected"),
    [
        ('sport = "TrailRun"', Sport.TRAIL_RUN, True),
        ('sport = "trail run"', Sport.RUN, False),
        ('sport = ["walk", "hike"]', Sport.HIKE, True),
        ('sport = ["walk", "hike"]', Sport.RUN, False),
        ("treadmill = true", Sport.TREADMILL, True),
        ("treadmill = false", Sport.TREADMILL, False),
        ("treadmill = true", Sport.RUN, False),
        ("treadmill = false", Sport.RUN, True),
    ],
)
def test_sport(condition: str, sport: Sport, expected: bool) -> None:
    assert holds(condition, a_run(sport=sport)) is expected


def test_a_file_without_a_track_and_a_distance_is_of_a_treadmill() -> None:
    bare = seen(km=None)
    assert holds("treadmill = true", a_run(km=None), bare)
    assert holds("treadmill = true", a_run(km=5), bare)  # a hand said how far it was
    assert holds("treadmill = false", a_run(), bare, seen(start=(1, 1)))
    assert holds("treadmill = false", a_run(km=None), seen(km=None, kind="strava-export"))


@pytest.mark.parametrize(
    ("wanted", "name", "expected"),
    [
        ("race", "Race day", True),
        ("RACE", "the race!", True),
        ("race", "racewalk", False),
        ("race", "embrace", False),
        ("race", "race_day", True),
        ("race", "#race", True),
        ("day race", "Race day in May", True),
        ("day race", "Race in May", False),
        ("#race", "Great #race!", True),
        ("#race", "(#Race)", True),
        ("#race", "#race, then home", True),
        ("#race", "#race-day", True),
        ("#race", "#racewalk", False),
        ("#race", "#race_2026", False),
        ("#race", "a race", False),
        ("läufe", "Lange Laufe", True),
        ("cafe", "Café run", True),
        ("smorrebrod", "Smørrebrød 10k", True),
        ("strasse", "Straße", True),
        ("🏃", "run🏃fast", True),
        ("❤", "I ❤️ hills", True),
        ("👨‍👩", "with 👨‍👩 today", True),
        ("跑步", "晨间跑步", True),
        ("4x1000", "4x1000 m", True),
        ("tempo*", "Tempo run", True),
        ("tempo*", "my tempo run", False),
        ("*tempo*", "my Tempo run", True),
        ("*a*a*a*b", "a" * 60, False),
        ("r?n", "run", True),
        ("r?n", "ruin", False),
        ("why?", "whys", True),
        ("(a+", "what (a+ b", True),
        ("[x]*", "[X] y", True),
        ("*ü*", "Mu\u0308nchen", True),
        ("race", "", False),
        ("kim's loop", "Kim’s loop", True),
        ('"tempo"', "„Tempo“ am Abend", True),
        ("out-and-back", "out–and–back", True),
        ("か", "がけ", False),
        ("가", "각", False),
        ("강", "한강", True),
    ],
)
def test_words_and_globs(wanted: str, name: str, expected: bool) -> None:
    assert holds(f"title = '''{wanted}'''", a_run(name=name)) is expected
    assert holds(f"title = ['xyzzy', '''{wanted}''']", a_run(name=name)) is expected
    as_seen = seen(description=name, device=name, creator=name)
    for key in ("description", "device", "creator"):
        assert holds(f"{key} = '''{wanted}'''", None, seen(), as_seen) is expected


def test_the_words_are_of_one_name() -> None:
    assert not holds('title = "day race"', a_run(name="race"), seen(name="day"))
    assert holds('title = "race"', a_run(name="Morning"), seen(name="#race"))


def test_a_name_that_a_hand_has_set_is_the_only_one() -> None:
    run = replace(a_run(name="easy"), set_by_hand=frozenset({"name"}))
    assert not holds('title = "race"', run, seen(name="race"))
    assert holds('title = "easy"', run, seen(name="race"))


@given(st.text(max_size=20))
def test_case_and_coding_make_no_difference(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
    assert fold(fold(text)) == fold(text)


@given(st.text("ab*?", min_size=1, max_size=8), st.text("ab", max_size=10))
def test_a_glob_is_what_it_is_by_definition(glob: str, text: str) -> None:
    if "*" not in glob and "?" not in glob:
        return

    def fits(pattern: str, rest: str) -> bool:
        if not pattern:
            return not rest
        if pattern[0] == "*":
            return fits(pattern[1:], rest) or (rest != "" and fits(pattern, rest[1:]))
        return rest != "" and pattern[0] in ("?", rest[0]) and fits(pattern[1:], rest[1:])

    # A title in front: a run without any is unknown.
    assert holds(f'title = "x{glob}"', a_run(name=f"x{text}")) is fits(glob, text)


# --- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "source", "expected"),
    [
        ("Brooks Caldera 5", "/a/Runs/Brooks Caldera 5/x.fit", True),
        ("brooks caldera 5", "/a/Brooks Caldera 5/2026/x.fit", True),
        ("Brooks", "/a/Brooks Caldera 5/x.fit", False),
        ("Brooks*", "/a/Brooks Caldera 5/x.fit", True),
        ("x.fit", "/a/x.fit", False),
        ("Barfuß", unicodedata.normalize("NFD", "/a/Barfuß/x.gpx"), True),
        ("Grüne", unicodedata.normalize("NFD", "/a/Grüne/x.gpx"), True),
        ("shoes.zip", "/a/shoes.zip/Peg/x.fit", True),
        ("Peg", "/a/shoes.zip/Peg/x.fit", True),
        ("Peg", "C:\\runs\\Peg\\x.fit", True),
        ("hand", "by hand", False),
    ],
)
def test_folder(wanted: str, source: str, expected: bool) -> None:
    assert holds(f'folder = "{wanted}"', None, seen(source)) is expected
    assert holds(f'folder = ["nowhere", "{wanted}"]', None, seen("/b/c.gpx"), seen(source)) is (
        expected
    )


@pytest.mark.parametrize(
    ("wanted", "kind", "source", "expected"),
    [
        ("fit", "fit", "/a/x.gz", True),
        ("FIT", "fit", "/a/x.fit", True),
        ("fit", "gpx", "/a/x.fit", False),
        ("strava", "strava-export", "/a/activities.csv", True),
        ("hand", "hand", "by hand", True),
        ("*/races/*", "gpx", "/a/Races/2026/x.gpx", True),
        ("races/*", "gpx", "/a/Races/2026/x.gpx", True),
        ("races/*", "gpx", "/a/OldRaces/x.gpx", False),
        ("/a/*.gpx", "gpx", "/a/b/x.gpx", True),
        ("/b/*.gpx", "gpx", "/a/b/x.gpx", False),
    ],
)
def test_source(wanted: str, kind: str, source: str, expected: bool) -> None:
    assert holds(f'source = "{wanted}"', None, seen(source, kind=kind)) is expected


# --- numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "km", "expected"),
    [
        ("5-12 km", 5, True),
        ("5-12 km", 12, True),
        ("5-12 km", 12.001, False),
        ("5 km – 12km", 4.999, False),
        (">= 20km", 20, True),
        ("> 20km", 20, False),
        ("<= 5", 5, True),
        ("< 3 mi", 3 * MM_PER_MILE / MM_PER_KM, False),
        ("< 3 mi", 4.8, True),
        ("5-12 km", None, False),
        ("< 5 km", None, False),
    ],
)
def test_distance(wanted: str, km: float | None, expected: bool) -> None:
    assert holds(f'distance = "{wanted}"', a_run(km=km)) is expected


def test_a_bare_number_is_in_the_configured_unit() -> None:
    assert holds('distance = "> 5"', a_run(km=6), unit="km")
    assert not holds('distance = "> 5"', a_run(km=6), unit="mi")
    assert holds('pace = "< 6:00"', a_run(km=10, minutes=50), unit="km")
    assert not holds('pace = "< 6:00"', a_run(km=10, minutes=50), unit="mi")


@pytest.mark.parametrize(
    ("wanted", "minutes", "expected"),
    [
        ("30min-60min", 30, True),
        ("30-60 min", 60, True),
        ("30-60min", 60.1, False),
        ("> 1h30m", 90, False),
        ("> 1h30m", 91, True),
        ("45:00-1:00:00", 50, True),
        ("< 20min", None, False),
    ],
)
def test_duration(wanted: str, minutes: float | None, expected: bool) -> None:
    assert holds(f'duration = "{wanted}"', a_run(minutes=minutes)) is expected


@pytest.mark.parametrize(
    ("wanted", "minutes", "expected"),
    [
        ("4:30-5:30 /km", 45, True),
        ("4:30-5:30/km", 55, True),
        ("4:30-5:30 min/km", 56, False),
        ("< 5:00 /km", 50, False),
        ("< 5:01 /km", 50, True),
        ("< 9:00 /mi", 50, True),
        ("> 9:00 /mi", 50, False),
        ("> 1:00 /km", None, False),
    ],
)
def test_pace(wanted: str, minutes: float | None, expected: bool) -> None:
    assert holds(f'pace = "{wanted}"', a_run(km=10, minutes=minutes)) is expected


@pytest.mark.parametrize(
    ("wanted", "metres", "expected"),
    [
        ("> 20 m/km", 200, False),
        ("> 20 m/km", 201, True),
        ("20-40 m/km", 200, True),
        (">= 100 ft/mi", 190, True),
        (">= 100 ft/mi", 189, False),
        ("< 5 m/km", None, False),
        ("< 5 m/km", 0, True),
    ],
)
def test_climb(wanted: str, metres: float | None, expected: bool) -> None:
    assert holds(f'climb = "{wanted}"', a_run(km=10), seen(km=10, climb_m=metres)) is expected


# --- days, and times of day -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "days"),
    [
        ('"Fri"', {4}),
        ('["sat", "sun"]', {5, 6}),
        ('"Sat, Sun"', {5, 6}),
        ('"Mon-Fri"', {0, 1, 2, 3, 4}),
        ('"Fri-Mon"', {4, 5, 6, 0}),
        ('"weekend"', {5, 6}),
        ('["tuesday", "Thurs"]', {1, 3}),
    ],
)
def test_weekday(wanted: str, days: set[int]) -> None:
    week = [DAY + timedelta(days=i) for i in range(7)]
    assert {on.weekday() for on in week if holds(f"weekday = {wanted}", a_run(on=on))} == days


def test_since_and_until_have_their_days() -> None:
    for wanted in ("2026-05-01", '"2026-05-01"'):
        assert holds(f"since = {wanted}")
        assert holds(f"until = {wanted}")
        assert not holds(f"since = {wanted}", a_run(on=DAY - timedelta(1)))
        assert not holds(f"until = {wanted}", a_run(on=DAY + timedelta(1)))


@pytest.mark.parametrize(
    ("wanted", "clock", "expected"),
    [
        ("05:00-09:00", "05:00", True),
        ("05:00-09:00", "08:59", True),
        ("05:00-09:00", "09:00", False),
        ("5:00-9:00", "04:59", False),
        ("22:00-04:00", "23:30", True),
        ("22:00-04:00", "00:00", True),
        ("22:00-04:00", "04:00", False),
        ("22:00-24:00", "23:59", True),
        (">= 17:00", "17:00", True),
        ("< 07:00", "07:00", False),
    ],
)
def test_time(wanted: str, clock: str, expected: bool) -> None:
    start = datetime.fromisoformat(f"2026-05-01T{clock}:00+00:00")
    assert holds(f'time = "{wanted}"', a_run(start=start)) is expected
    assert not holds(f'time = "{wanted}"', a_run(start=None))


def test_the_source_s_own_zone_comes_before_home() -> None:
    home = ZoneInfo("America/New_York")
    assert holds('time = "08:00-08:01"', None, zone=home)
    assert holds('time = "21:00-21:01"', None, seen(offset_h=9), zone=home)


def test_the_hour_that_comes_twice() -> None:
    """On the first of November 2026 New York's clocks went back: half past one was there twice."""
    home = ZoneInfo("America/New_York")
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    for start in (first, first + timedelta(hours=1)):
        run = a_run(on=date(2026, 11, 1), start=start)
        assert holds('time = "01:30-01:31"', run, zone=home)
        assert holds('weekday = "Sun"', run, zone=home)
    assert holds('time = "00:30-00:31"', a_run(start=first - timedelta(hours=1)), zone=home)
    assert holds('time = "02:30-02:31"', a_run(start=first + timedelta(hours=2)), zone=home)


def test_the_hour_that_is_left_out() -> None:
    """On the eighth of March 2026 New York went from two to three."""
    home = ZoneInfo("America/New_York")
    before = datetime(2026, 3, 8, 6, 59, tzinfo=UTC)
    assert holds('time = "01:59-02:00"', a_run(start=before), zone=home)
    assert holds('time = "03:00-03:01"', a_run(start=before + timedelta(minutes=1)), zone=home)


@pytest.mark.parametrize(
    ("offset_h", "local", "weekday"),
    [(14, "2026-05-02T01:30+14:00", "Sat"), (-11, "2026-05-01T00:30-11:00", "Fri")],
    ids=["Kiritimati", "Pago Pago"],
)
def test_about_the_date_line_the_day_is_that_of_the_place(
    offset_h: int, local: str, weekday: str
) -> None:
    """At 11:30 UTC on Friday it is Saturday night on Kiritimati, and Friday night in Pago Pago."""
    there = datetime.fromisoformat(local)
    assert there == datetime(2026, 5, 1, 11, 30, tzinfo=UTC)
    run = a_run(on=there.date(), start=there.astimezone(UTC))
    told = seen(offset_h=offset_h)
    assert holds(f'weekday = "{weekday}"', run, told)
    assert holds(f'time = "{there:%H:%M}-{there:%H}:59"', run, told)
    assert holds(f"since = {there.date()}\nuntil = {there.date()}", run, told)


def test_a_day_that_a_hand_has_set_is_the_one_that_counts() -> None:
    run = replace(a_run(on=DAY + timedelta(1)), set_by_hand=frozenset({"local_date"}))
    assert holds('weekday = "Sat"', run)


# --- places ---------------------------------------------------------------------------------

LAKE = (55.6867, 12.5701)
degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize("key", ["start", "finish", "near"])
@pytest.mark.parametrize(
    "wanted",
    [
        '{ lat = 55.6867, lon = 12.5701, radius = "500m" }',
        '"55.6867, 12.5701 within 500m"',
        '"55.6867,12.5701 within 0.5 km"',
    ],
)
def test_a_radius(key: str, wanted: str) -> None:
    near, far = (LAKE[0] + 0.0044, LAKE[1]), (LAKE[0] + 0.0046, LAKE[1])  # 489 m and 511 m
    assert holds(f"{key} = {wanted}", None, seen(start=near, finish=near))
    assert not holds(f"{key} = {wanted}", None, seen(start=far, finish=far))
    assert holds(f"{key} = {wanted}", None, seen(start=near, finish=far)) is (key != "finish")
    assert holds(f"{key} = {wanted}", None, seen(start=far, finish=near)) is (key != "start")
    assert not holds(f"{key} = {wanted}", None, seen())


def test_a_radius_goes_over_the_antimeridian_and_the_pole() -> None:
    assert holds('near = "-16.8, 179.99 within 3km"', None, seen(start=(-16.8, -179.99)))
    assert not holds('near = "-16.8, 179.99 within 1km"', None, seen(start=(-16.8, -179.99)))
    assert holds('near = "89.99, 0 within 3km"', None, seen(start=(89.99, 180)))


@given(degrees, degrees)
def test_how_far_apart_two_places_are(one: Place, other: Place) -> None:
    assert apart_mm(one, one) == 0
    assert apart_mm(one, other) == pytest.approx(apart_mm(other, one))
    assert 0 <= apart_mm(one, other) <= 3.1416 * EARTH_MM
    turned = (one[0], one[1] - 360)
    assert apart_mm(turned, other) == pytest.approx(apart_mm(one, other), abs=1000)


# --- several sightings, unknown facts, explaining -------------------------------------------


def test_what_any_file_of_a_run_says_counts() -> None:
    files = (seen("/a/x.gpx", creator="OpenTracks"), seen("/Peg/y.fit", kind="fit", device="Venu"))
    for condition in ('folder = "Peg"', 'source = "fit"', 'device = "venu"', 'creator = "open*"'):
        assert holds(condition, None, *files)
        assert holds(condition, None, *files[::-1])


def test_what_nobody_says_is_unknown() -> None:
    bare = a_run(start=None, km=None, minutes=None)
    for condition in (
        'title = "*"',
        'description = "*"',
        'distance = "> 0"',
        'duration = "> 0s"',
        'pace = "> 0:01 /km"',
        'climb = ">= 0 m/km"',
        'time = "00:00-24:00"',
        'device = "*"',
        'creator = "*"',
        'near = "0, 0 within 20000km"',
    ):
        assert not holds(condition, bare)
        assert found(condition, bare, seen(km=None)) == "unknown"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('weekday = "Sat"', "Friday"),
        ('pace = "< 5:00 /km"', "5:00 /km"),
        ('distance = "> 5 km"', "10.00 km"),
        ('duration = "> 1h"', "0:50:00"),
        ('time = "05:00-09:00"', "12:00"),
        ('title = "race"', "Läufe; #Race"),
        ('climb = "> 5 m/km"', "12 m/km"),
        ('folder = "x"', "/Runs/Peg"),
        ('source = "fit"', "gpx, /Runs/Peg/a.gpx"),
        ("treadmill = true", "no"),
        ('start = "55.6867, 12.5701 within 500m"', "0.00 km away"),
    ],
)
def test_what_was_found_is_said_as_it_was_written(condition: str, expected: str) -> None:
    one = seen("/Runs/Peg/a.gpx", name="#Race", start=LAKE, climb_m=120)
    assert found(condition, a_run(name="Läufe"), one) == expected


@pytest.mark.parametrize(
    ("wanted", "km", "holding", "expected"),
    [
        ("5-12 km", 12, True, "12.00 km"),
        ("5-12 km", 12.001, False, "12.001 km"),
        ("5-12 km", 12.0004, False, "12.0004 km"),
        ("5-12 km", 4.9996, False, "4.9996 km"),
        ("> 5 km", 5.004, True, "5.004 km"),
        ("< 5 km", 4.996, True, "4.996 km"),
        ("5-12 km", 12.5, False, "12.50 km"),
    ],
)
def test_a_distance_at_the_end_of_a_span_is_told_so_that_one_sees_why(
    wanted: str, km: float, holding: bool, expected: str
) -> None:
    (rule,) = rules_of(f'distance = "{wanted}"')
    (one,) = rules.check(rule, rules.Traits(a_run(km=km), [], None), Unit.KM)
    assert (one.holds, one.found) == (holding, expected)


def test_each_condition_is_told_in_the_order_it_was_written() -> None:
    (rule,) = rules_of('weekday = "Fri"\ndistance = "> 12 km"\nsport = "run"')
    assert rules.check(rule, rules.Traits(a_run(), [], None), Unit.KM) == [
        Finding('weekday = "Fri"', True, "Friday"),
        Finding('distance = "> 12 km"', False, "10.00 km"),
        Finding('sport = "run"', True, "run"),
    ]


# --- rules and pairs ------------------------------------------------------------------------


def test_the_first_rule_that_fits_decides_and_all_its_conditions_must_hold() -> None:
    written = rules_of('sport = "hike"', 'sport = "run"\nweekday = "Sat"', 'sport = "run"')
    bound = rules.bind(written, PEG)
    assert rules.first(bound, Traits(a_run())) is bound[2]
    assert rules.first(bound, Traits(a_run(on=DAY + timedelta(1)))) is bound[1]
    assert rules.first(bound, Traits(a_run(sport=Sport.WALK))) is None


def test_a_split_has_its_weights() -> None:
    written = parse(
        '[[rules]]\nname = "a"\nsplit = "Speed=60%, Peg=40%"\nsport = "run"\n'
        '[[rules]]\nname = "b"\nsport = "run"\nsplit = { Speed = 33.5, Peg = "66.5%" }\n'
    ).rules
    both = {**PEG, 2: Shoe(2, "Speedgoat 6")}
    a, b = rules.bind(written, both)
    assert a.shares == (Share(2, 6000), Share(1, 4000))
    assert b.shares == (Share(2, 3350), Share(1, 6650))
    assert a.decision.by == "rule:a"
    assert rules.faults(written, list(both.values())) == []


def test_a_rule_whose_pair_is_not_here_is_passed_over_and_named() -> None:
    text = "".join(
        f'[[rules]]\nname = "{name}"\nshoe = "{shoe}"\nsport = "run"\n'
        for name, shoe in (("a", "Endorphin"), ("b", "Peg"), ("c", "Speed"), ("d", "Peg"))
    )
    text = text.replace('shoe = "Peg"', 'split = "Ghost=50%,host 15=50%"', 1)
    shoes = [Shoe(1, "Pegasus 41"), Shoe(2, "Speedgoat 5"), Shoe(3, "Speedgoat 6")]
    shoes.append(Shoe(4, "Ghost 15"))
    written = parse(text).rules
    bound = rules.bind(written, {shoe.id: shoe for shoe in shoes})
    assert [one.rule.name for one in bound] == ["d"]
    unknown, twice, ambiguous = rules.faults(written, shoes)
    assert unknown.startswith("rule 'a' is passed over: no pair is called 'Endorphin'")
    assert "names one pair twice" in twice
    assert "could be Speedgoat 5 and Speedgoat 6" in ambiguous
    assert len(rules.faults(written, [])) == 4


def test_of_many_faults_the_first_are_said() -> None:
    written = rules_of(*(f'title = "{i}"' for i in range(9)))
    found = rules.faults(written, [Shoe(1, "Ghost")])
    assert len(found) == 6
    assert found[-1] == "rules with such a fault beside these: 4 (`shoetrack rules check`)"
    assert len(rules.faults(written, [Shoe(1, "Ghost")], most=9)) == 9
    assert len(rules.faults(written[:5], [Shoe(1, "Ghost")])) == 5


def test_a_retired_pair_takes_older_runs_and_then_the_next_rule_is_tried() -> None:
    shoes = {1: Shoe(1, "Pegasus 41", retired_on=DAY), 2: Shoe(2, "Ghost 15")}
    written = parse(
        '[[rules]]\nname = "a"\nshoe = "Peg"\nsport = "run"\n'
        '[[rules]]\nname = "b"\nshoe = "Ghost"\nsport = "run"\n'
    ).rules
    bound = rules.bind(written, shoes)
    assert rules.first(bound, Traits(a_run(on=DAY))) is bound[0]
    assert rules.first(bound, Traits(a_run(on=DAY + timedelta(1)))) is bound[1]
    (said,) = rules.faults(written, list(shoes.values()))
    assert said.startswith("rule 'a' takes no run after 2026-05-01, when Pegasus 41 was retired")


def test_a_rule_that_ends_with_its_pair_is_in_order() -> None:
    shoes = [Shoe(1, "Pegasus 41", retired_on=DAY)]
    assert rules.faults(rules_of("until = 2026-05-01"), shoes) == []
    assert len(rules.faults(rules_of("until = 2026-05-02"), shoes)) == 1


some_conditions = st.lists(
    st.sampled_from(
        [
            'sport = "run"',
            'weekday = "Fri"',
            'distance = "> 5 km"',
            'title = "race"',
            'folder = "Peg"',
            'time = "< 13:00"',
        ]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)


@given(
    st.lists(some_conditions, max_size=4),
    st.builds(a_run, km=st.sampled_from([None, 3, 8]), name=st.sampled_from(["", "race"])),
    st.permutations([seen("/Peg/a.gpx"), seen("/b/c.fit", kind="fit"), seen(name="race")]),
)
def test_deciding_is_the_first_of_which_all_conditions_hold(
    blocks: list[list[str]], run: Run, sightings: list[Sighting]
) -> None:
    written = rules_of(*("\n".join(block) for block in blocks))
    traits = rules.Traits(run, sightings, ZoneInfo("UTC"))
    expected = next(
        (
            rule.name
            for rule in written
            if all(one.holds for one in rules.check(rule, traits, Unit.KM))
        ),
        None,
    )
    decided = rules.first(rules.bind(written, PEG), traits)
    assert (decided.rule.name if decided else None) == expected


# --- what is wrong in a rule ----------------------------------------------------------------

BAD = {
    "sport": ['"ride"', "[]", '["run", 3]', "true"],
    "title": ['""', '" "', "[]", "3"],
    "description": ["{}", "[[]]"],
    "distance": ['"5"', '"12-5 km"', '"5-5"', "5", '"> far"', '"< 0"', '"> -5km"', '"5-"', '"-5"'],
    "duration": ['"90"', '"> 90"', '"1h-30min"', "90", '"long"'],
    "pace": ['"fast"', '"5:30-4:30 /km"', '"< 9:00 /yd"', "5"],
    "climb": ['"> 20"', '"> 20 m"', '"steep m/km"', "20"],
    "weekday": ['"Someday"', '"s"', '"Mon-"', "6", '"Mon,,Tue"'],
    "time": ['"25:00-26:00"', '"05:00"', '"05:00-05:00"', "5", '"24:00-05:00"', "05:00:00"],
    "since": ['"May"', "3", "2026-05-01T10:00:00Z", "true"],
    "until": ['"2026-02-30"', "[]"],
    "device": ["1"],
    "creator": ["false"],
    "source": ['"fitt"', '""', "1"],
    "folder": ['"a/b"', '"/"', "1"],
    "treadmill": ['"yes"', "1"],
    "start": [
        '"here"',
        '{ lat = 1, lon = 2 }',
        '{ lat = 91, lon = 2, radius = "5m" }',
        '{ lat = 1, lon = 2, radius = "500" }',
        '{ lat = nan, lon = 2, radius = "5m" }',
        '{ lat = "1", lon = 2, radius = "5m" }',
        '{ lat = true, lon = 2, radius = "5m" }',
        '{ lat = 1, lon = 2, radius = 500 }',
        '{ lat = 1, lon = 2, radius = "0m" }',
        '{ lat = 1, lon = 2, radius = "5m", x = 1 }',
        '"1, 2"',
        '"1, 2 within 500"',
    ],
    "finish": ["3", "[]"],
    "near": ['"1, 200 within 5m"'],
}  # fmt: skip


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return str(caught.value)


def test_every_condition_is_tried_with_bad_values() -> None:
    assert set(BAD) == {one.key for one in CONDITIONS}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in BAD.items() for value in values]
)
def test_a_bad_value_is_named_with_its_line_its_rule_and_what_to_write(
    key: str, value: str
) -> None:
    good = '[[rules]]\nname = "good"\nshoe = "Peg"\ntitle = "x"\nsport = "run"\n'
    example = next(one.example for one in CONDITIONS if one.key == key)
    message = refusal(f'{good}\n[[rules]]\nname = "bad"\n# {key}\nshoe = "Peg"\n{key} = {value}\n')
    assert message.startswith(f'config.toml, line 11: rule "bad": {key} cannot be ')
    assert message.endswith(f": write {example}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[rules]]\nshoe = "a"\nsport = "run"', "line 1: a rule: name is missing"),
        ('[[rules]]\nname = 3\nshoe = "a"', "line 2: a rule: name cannot be 3"),
        ('[[rules]]\nname = " "\nshoe = "a"', 'line 2: a rule: name cannot be " "'),
        ('\n[[rules]]\nname = "a"\nsport = "run"', 'line 2: rule "a": shoe is missing'),
        ('[[rules]]\nname = "a"\nshoe = ""', 'line 3: rule "a": shoe cannot be ""'),
        ('[[rules]]\nname = "a"\nshoe = "b"\nsplit = "c=100%"', "line 4: rule"),
        ('[[rules]]\nname = "a"\nsplit = "b=60%,c=50%"', 'line 3: rule "a": split cannot be'),
        ('[[rules]]\nname = "a"\nsplit = "b=100%"', "split cannot be"),
        ('[[rules]]\nname = "a"\n[rules.split]\nb = 60\nc = 41', "line 3: rule"),
        ('[[rules]]\nname = "a"\nshoe = "b"', 'it has no condition, and would take every run'),
        (
            '[[rules]]\nname = "a"\nshoe = "b"\nsport = "run"\n'
            '[[rules]]\nshoe = "b"\nsport = "run"\nname = "A"',
            'line 8: rule "A": another rule has that name',
        ),
        (
            '[[rules]]\nname = "a"\nshoe = "b"\nfolders = "x"',
            'line 4: rule "a": folders is not a condition; did you mean folder?',
        ),
        (
            '[[rules]]\nname = "a"\nshoe = "b"\nxyzzy = 1',
            "xyzzy is not a condition; known are name, shoe, split, sport, title",
        ),
        (
            '[[rules]]\nname = "a"\nshoe = "b"\n[rules.start]\nlat = 1',
            'line 4: rule "a": start cannot be { lat = 1 }',
        ),
        ("[rules]\nname = 1", "line 1: rules are written as [[rules]]"),
        ("\nrules = 3", "line 2: rules are written as [[rules]]"),
        ('rules = [{ name = "a", shoe = "b", sport = 3 }]', 'line 1: rule "a": sport cannot be 3'),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_rule_is_named_with_its_line(text: str, message: str) -> None:
    assert message in refusal(text)


def test_rules_may_be_written_in_any_of_toml_s_ways() -> None:
    one = parse('rules = [{ name = "a", shoe = "b", start = { lat=1, lon=2, radius="5m" } }]')
    other = parse(
        '[["rules"]]\n"name" = "a"\nshoe = "b"\n[rules.start]\nlat = 1\nlon = 2\nradius = "5m"'
    )
    assert one == other
