"""What the many words for a sport mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.sport import OffFoot, Sport, classify, parse_sport

# As Garmin Connect, Strava, Polar, Suunto, OpenTracks and people write them.
ON_FOOT = {
    Sport.RUN: "running Run street_running track_running obstacle_run Jogging Laufen Correr"
    " Course 9 RUNNING Ｒｕｎｎｉｎｇ Waldlauf orienteering corrida",
    Sport.TRAIL_RUN: "trail_running TrailRun trail-run Traillauf ultra_run fell_running",
    Sport.TREADMILL: "treadmill_running Treadmill indoor_running VirtualRun virtual_run Laufband",
    Sport.WALK: "walking Walk casual_walking speed_walking Spaziergang Gehen marche 10",
    Sport.HIKE: "hiking Hike Wanderung Trekking mountaineering Snowshoe randonnée 4",
}
OFF_FOOT = {
    OffFoot.RIDE: "cycling Ride VirtualRide EBikeRide EMountainBikeRide GravelRide road_biking"
    " Radfahrt Velomobile indoor_cycling mountain_biking 1",
    OffFoot.SWIM: "lap_swimming Swim open_water_swimming Schwimmen 16",
    OffFoot.OTHER: "NordicSki AlpineSki BackcountrySki RollerSki cross_country_skiing InlineSkate"
    " VirtualRow Rowing Kayaking StandUpPaddling Golf disc_golf Yoga WeightTraining Elliptical"
    " StairStepper Crossfit HighIntensityIntervalTraining Badminton Pickleball Squash Pilates"
    " RockClimbing Wheelchair Windsurf TableTennis Langlauf driving 2 3 7",
}


def _cases(words: dict[Sport, str] | dict[OffFoot, str]) -> list[tuple[str, Sport | OffFoot]]:
    return [(word, sport) for sport, line in words.items() for word in line.split()]


@pytest.mark.parametrize(("word", "sport"), _cases(ON_FOOT) + _cases(OFF_FOOT))
def test_a_word_names_its_sport(word: str, sport: Sport | OffFoot) -> None:
    assert classify(word) is sport


@pytest.mark.parametrize(
    "word", [None, "", " ", "unknown", "Activity", "uncategorized", "🏃", "99"]
)
def test_a_word_that_says_nothing_leaves_it_to_the_default(word: str | None) -> None:
    assert classify(word) is None


@given(
    st.sampled_from(_cases(ON_FOOT) + _cases(OFF_FOOT)), st.sampled_from(["", " ", "\t", "\u00a0"])
)
def test_case_and_blanks_around_a_word_do_not_matter(
    case: tuple[str, Sport | OffFoot], blank: str
) -> None:
    word, sport = case
    assert classify(f"{blank}{word}{blank}") is sport
    if "_" in word or word.islower():
        assert classify(word.upper()) is sport
        assert classify(word.replace("_", " ")) is sport


@given(st.text(max_size=60))
def test_any_text_is_a_sport_or_nothing(text: str) -> None:
    assert isinstance(classify(text), Sport | OffFoot | None)


@pytest.mark.parametrize("sport", list(Sport))
def test_a_sport_can_be_typed_as_it_is_shown(sport: Sport) -> None:
    assert parse_sport(str(sport)) is sport
    assert parse_sport(f" {str(sport).upper()} ") is sport
    assert classify(str(sport)) is sport


@pytest.mark.parametrize("text", ["trail-run", "TrailRun", "trail run", "trail_run", "Trail Run"])
def test_a_trail_run_can_be_typed_in_many_ways(text: str) -> None:
    assert parse_sport(text) is Sport.TRAIL_RUN


@pytest.mark.parametrize("text", ["", "ride", "swim", "running shoes", "run!", "🏃"])
def test_what_is_no_sport_on_foot_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a valid"):
        parse_sport(text)
