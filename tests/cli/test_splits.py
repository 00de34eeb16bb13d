"""One run over several pairs: however it is written, and whatever the numbers, the parts sum."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shoetrack.errors import NotFoundError, RefusedError, UsageError
from shoetrack.ledger import divide, wanted
from shoetrack.model import Run, Share, Shoe
from shoetrack.names import find_shoe
from shoetrack.splits import Measure, parse, shares_of
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_KM, Unit
from tests.cli.conftest import Cli
from tests.support import NOW, make_run

SHOES = [Shoe(1, "Pegasus"), Shoe(2, "Speedgoat"), Shoe(3, "Ghost = 15"), Shoe(4, "👟")]
RUN = Run(7, NOW.date(), Sport.RUN, distance_mm=10_200_000, duration_s=3910)


def find(name: str) -> Shoe:
    return find_shoe(SHOES, name)


def split(text: str, run: Run = RUN, unit: Unit = Unit.KM) -> tuple[Share, ...]:
    return shares_of(parse(text, find, unit), run, unit)


# --- what is written ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("speed=60%,peg=40%", {2: 6000, 1: 4000}),
        ("speed = 33.33 % , peg", {2: 3333, 1: 6667}),
        ("speed=6km,peg=4.2km", {2: 6_000_000, 1: 4_200_000}),
        ("speed=6km,peg", {2: 6_000_000, 1: 4_200_000}),
        ("peg,speed=6km", {1: 4_200_000, 2: 6_000_000}),
        ("speed=400m,peg", {2: 400_000, 1: 9_800_000}),
        ("speed=40min,peg=25:10", {2: 2400, 1: 1510}),
        ("speed=1h5m,peg", {2: 3900, 1: 10}),
        ("ghost = 15=1km,👟", {3: 1_000_000, 4: 9_200_000}),
        ("speed=1mi,peg=2km,👟", {2: 1_609_344, 1: 2_000_000, 4: 6_590_656}),
        ("speed=6,5km,peg", {2: 6_500_000, 1: 3_700_000}),
        ("peg,speed=6,5 km", {1: 3_700_000, 2: 6_500_000}),
        ("speed=6,5km,peg=3,7km", {2: 6_500_000, 1: 3_700_000}),
        ("speed=33,33%,peg", {2: 3333, 1: 6667}),
        ("ghost = 15,speed=60%", {3: 4000, 2: 6000}),
        ("speed=100%", {2: 1}),
    ],
)
def test_amounts_become_weights(text: str, weights: dict[int, int]) -> None:
    assert {share.shoe_id: share.weight for share in split(text)} == weights


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("speed=60,peg=40", "does not say of what: write 60%, 6km or 40min"),
        ("speed=6km,peg=40%", "mixes distances and percentages"),
        ("speed=6km,peg=40min", "mixes distances and times"),
        ("speed,peg", "only one pair of a split can take the rest"),
        ("peg", "is no split"),
        ("speed=50%,speedgoat", "names each pair once"),
        ("speed=0km,peg", "must be above 0"),
        ("speed=-2km,peg", "must be above 0"),
        ("speed=6km,", "a part of the split is empty"),
        ("=6km,peg", "names no pair"),
        ("speed=,peg", "does not say of what"),
        ("speed=many,peg", "is no part of a split"),
        ("speed=100%,peg", "the parts sum to 100 %: there is no rest"),
        ("speed=60%,peg=50%", "these sum to 110 %"),
        ("speed=6km,peg=3km", "sum to 9.00 km; run 7 is 10.20 km: 1.20 km are left"),
        ("speed=6km,peg=5km", "sum to 11.00 km; run 7 is 10.20 km, which is 0.80 km less"),
        ("speed=10.2km,peg", "there is no rest"),
        ("speed=11km,peg", "which is 0.80 km less"),
        ("speed=40min,peg=20min", "sum to 1:00:00; run 7 is 1:05:10: 0:05:10 are left"),
        ("speed=99h,peg", "less"),
        ("speed=33.333%,peg", "'speed=33.333%' has more than the two decimals that a percentage"),
        ("speed=5,500km,peg", "'speed=5,500km' is no part of a split"),
        ("speed=60,5,peg", "'speed=60' does not say of what"),
        ("speed=1e30km,peg", "is no part of a split"),
        ("speed=9999999999999km,peg", "is no part of a split"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+$") as caught:
        split(text)
    assert said in str(caught.value)


def test_a_pair_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFoundError, match="no pair is called 'nobody'"):
        split("nobody=6km,peg")


@pytest.mark.parametrize(
    ("text", "lacking"), [("speed=6km,peg", "distance"), ("speed=6min,peg", "duration")]
)
def test_the_runs_own_amount_must_be_known(text: str, lacking: str) -> None:
    bare = Run(7, NOW.date(), Sport.RUN)
    with pytest.raises(RefusedError, match=rf"{lacking} of run 7 is unknown.*edit 7 --{lacking}"):
        split(text, bare)
    assert [share.weight for share in split("speed=1%,peg", bare)] == [100, 9900]


def test_amounts_as_they_are_shown_are_near_enough() -> None:
    """Shown as 6.3 mi, a run of 10.2 km is 60 m shorter: nobody types the rest of the digits."""
    assert len(split("speed=4mi,peg=2.3mi", unit=Unit.MI)) == 2
    with pytest.raises(UsageError):
        split("speed=4mi,peg=2.2mi", unit=Unit.MI)


# --- the parts sum --------------------------------------------------------------------------

millimetres = st.integers(1, 1_000 * MM_PER_KM)
seconds = st.integers(1, 400_000)


def written(amount: int, measure: Measure) -> str:
    if measure is Measure.PERCENT:
        return f"{amount / 100:.2f}%"
    return f"{amount}s" if measure is Measure.TIME else f"{amount // 1000}.{amount % 1000:03}m"


@given(
    total=millimetres,
    time=seconds,
    parts=st.lists(st.integers(1, 10_000), min_size=1, max_size=4),
    measure=st.sampled_from(Measure),
    with_rest=st.booleans(),
)
def test_the_parts_sum_whatever_the_numbers(
    total: int, time: int, parts: list[int], measure: Measure, with_rest: bool
) -> None:
    """Each amount is a part of the whole, typed as people can type it; the last takes the rest."""
    run = Run(1, NOW.date(), Sport.RUN, distance_mm=total, duration_s=time)
    whole = {Measure.PERCENT: 10_000, Measure.DISTANCE: total, Measure.TIME: time}[measure]
    amounts = divide(whole, parts)
    assume(min(amounts) > 0 and (len(parts) > 1 or not with_rest))
    assume(max(amounts) < (60_000 if measure is Measure.TIME else 10**12))
    pieces = [f"{shoe.name}={written(n, measure)}" for shoe, n in zip(SHOES, amounts, strict=False)]
    if with_rest:
        pieces[-1] = SHOES[len(pieces) - 1].name
    shares = split(",".join(pieces), run)
    postings = wanted(replace(run, shares=shares))
    assert sum(posting.distance_mm for posting in postings) == total
    assert sum(posting.duration_s for posting in postings) == time
    if measure is Measure.DISTANCE:
        assert [posting.distance_mm for posting in postings] == amounts
    if measure is Measure.TIME:
        assert [posting.duration_s for posting in postings] == amounts


# --- in the store ---------------------------------------------------------------------------


@pytest.fixture
def season(cli: Cli, tmp_path: Path) -> Cli:
    """Three pairs; run 1 is 10 km in an hour, run 2 is 5 km, run 3 has no distance."""
    for name in ("Pegasus", "Speedgoat", "Ghost"):
        cli("shoe", "add", name)
    folder = tmp_path / "season"
    folder.mkdir()
    for i, km in enumerate((10, 5)):
        text = make_run(1000, NOW - timedelta(days=9 - i), 3600, total_m=km * 1000)
        (folder / f"{i}.gpx").write_text(text)
    assert cli("import", folder).status == 0
    return cli


def parts(cli: Cli, run_id: int) -> dict[str, float]:
    found = cli("run", "show", str(run_id), "--json").json
    return {shoe["name"]: shoe["distance_m"] for shoe in found["shoes"]}


def test_typed_millimetres_are_kept_to_the_millimetre(season: Cli) -> None:
    answer = season("assign", "1", "--split", "speed=3333.333m,peg=2km,ghost", "--unit", "km")
    assert answer.status == 0, answer.err
    assert parts(season, 1) == {"Speedgoat": 3333.333, "Pegasus": 2000, "Ghost": 4666.667}
    assert answer.out == ("1 run moved to 3.33 km Speedgoat + 2.00 km Pegasus + 4.67 km Ghost.\n")
    shown = season("run", "show", "1", "--unit", "km").out
    assert "Pair        3.33 km Speedgoat + 2.00 km Pegasus + 4.67 km Ghost (by manual)" in shown
    assert (
        "3.33 km Speedgoat + 2.00 km Pegasus + 4.67 km Ghost" in season("runs", "--unit", "km").out
    )
    assert season("verify").status == 0


def test_a_time_divides_the_distance_in_proportion(season: Cli) -> None:
    assert season("assign", "1", "--split", "speed=15min,peg=45:00").status == 0
    assert parts(season, 1) == {"Speedgoat": 2500, "Pegasus": 7500}
    durations = {s["name"]: s["duration_s"] for s in season("status", "--json").json["shoes"]}
    assert (durations["Speedgoat"], durations["Pegasus"]) == (900, 2700)


def test_the_parts_follow_the_run(season: Cli) -> None:
    season("assign", "1", "--split", "speed=6km,peg")
    assert season("run", "edit", "1", "--distance", "20km").status == 0
    assert parts(season, 1) == {"Speedgoat": 12_000, "Pegasus": 8_000}
    assert season("verify").status == 0


def test_a_split_is_changed_reversed_and_undone_like_all_else(season: Cli) -> None:
    states = []
    for target in (
        ("peg",),
        ("--split", "speed=6km,peg"),
        ("--split", "speed=10%,ghost"),
        ("--split", "ghost=10%,speed"),
        ("peg",),
    ):
        assert season("assign", "1", *target).status == 0
        states.append((parts(season, 1), season("status", "--json").json["shoes"]))
    for state in reversed(states[:-1]):
        assert season("undo", "--yes").status == 0
        assert (parts(season, 1), season("status", "--json").json["shoes"]) == state
        assert season("verify").status == 0


def test_several_runs_are_split_by_percent_alone(season: Cli) -> None:
    answer = season("assign", "1", "2", "--split", "speed=2km,peg")
    assert (answer.status, answer.err) == (
        2,
        "shoetrack: distances divide one run: for several, write percentages\n",
    )
    assert season("assign", "1", "2", "--split", "speed=40%,peg").status == 0
    assert parts(season, 2) == {"Speedgoat": 2000, "Pegasus": 3000}


def test_a_dry_run_of_a_split_does_nothing(season: Cli) -> None:
    before = season("export").json
    answer = season("assign", "1", "--split", "speed=6km,peg", "--dry-run")
    assert "Speedgoat 60 % + Pegasus 40 %" in answer.out
    assert season("export").json == before
