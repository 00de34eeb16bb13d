"""What is measured, one function for each part of the table."""

from __future__ import annotations

import itertools
import random
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from xml.parsers import expat

import inputs
import peers
from backtest import forecast
from measure import (
    ENTRY,
    NOW,
    Table,
    at_rest,
    cpu_of_children,
    in_turns,
    ms,
    peaks,
    ratio_of,
    run,
)

PAIRS = 20
_SPARE = 4_000_000_000  # bytes of disk that are left alone

# A process of its own that does with files what a script around gpxpy would.
GPXPY_LOOP = """
import sys, gpxpy
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        gpxpy.parse(file).length_2d()
"""


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    points: int  # of a file that is read alone
    rounds: int
    files: int  # of 4,000 points, imported together
    sample: int  # of them, for gpxpy
    imports: int  # times over
    known: int
    runs: int  # of the smaller store; the larger has ten times as many
    asks: int
    export: int
    long: int  # points of the longest file
    many: int
    archive: int  # bytes
    runners: int  # of each kind, whose pairs are forecast
    idle: int  # seconds
    idle_files: int


FULL = Sizes(
    points=3600, rounds=9, files=500, sample=30, imports=3, known=5000, runs=10_000, asks=25,
    export=5000, long=1_000_000, many=50_000, archive=2_000_000_000, runners=150,
    idle=300, idle_files=1000,
)  # fmt: skip
QUICK = Sizes(
    points=1200, rounds=3, files=60, sample=6, imports=1, known=500, runs=1000, asks=7,
    export=1000, long=100_000, many=2000, archive=100_000_000, runners=8,
    idle=20, idle_files=50,
)  # fmt: skip


def _ours(path: Path) -> None:
    """Reading as `import` does it: found, told by its content, hashed and read."""
    from shoetrack.importers import Source, find_sources, read_source

    (source,) = find_sources([path])
    assert isinstance(source, Source)
    assert read_source(source)


def _expat(path: Path) -> None:
    with path.open("rb") as file:
        expat.ParserCreate("UTF-8").ParseFile(file)


# --- reading --------------------------------------------------------------------------------


def gpx(table: Table, place: Path, sizes: Sizes) -> None:
    """Each shape of GPX against gpxpy and against expat alone, by CPU time of this process."""
    import gpxpy

    def theirs(path: Path) -> None:
        with path.open(encoding="utf-8") as file:
            gpxpy.parse(file).length_2d()

    library = "lxml" if "lxml" in sys.modules else "ElementTree"  # it takes what there is
    total = [[0.0] * sizes.rounds for _ in range(3)]
    for number, shape in enumerate(inputs.SHAPES):
        start = NOW - timedelta(days=number + 1)
        path = inputs.write(
            place / "read" / f"{shape.__name__}.gpx", shape(number, sizes.points, start)
        )
        actions = partial(_ours, path), partial(theirs, path), partial(_expat, path)
        taken = in_turns(sizes.rounds, time.process_time, *actions)
        mine, gpxs, bare = taken
        rate = f"{sizes.points / median(mine):,.0f} points/s"
        table.add(f"GPX, {shape.__name__}: gpxpy ({library}) / ours", rate, ratio_of(gpxs, mine))
        table.add(f"GPX, {shape.__name__}: ours / bare expat", ms(mine), ratio_of(mine, bare))
        total = [
            [a + b for a, b in zip(*both, strict=True)] for both in zip(total, taken, strict=True)
        ]
    mine, gpxs, bare = total
    rate = f"{3 * sizes.points / median(mine):,.0f} points/s"
    table.add(
        f"GPX, the three: gpxpy ({library}) / ours", rate, ratio_of(gpxs, mine), least=6
    )  # fmt: skip
    table.add("GPX, the three: ours / bare expat", ms(mine), ratio_of(mine, bare), most=5)


def fit(table: Table, place: Path, sizes: Sizes) -> None:
    """A running watch's file against fitdecode, and against reading it and its checksum alone."""
    from fastcrc import crc16

    path = place / "read" / "run.fit"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(inputs.fit(1, sizes.points, NOW - timedelta(days=9)))

    def floor() -> None:
        assert crc16.arc(path.read_bytes()) == 0

    try:
        import fitdecode
    except ImportError:
        table.note("FIT: fitdecode / ours", "fitdecode is not installed")
        return

    def theirs() -> None:
        with fitdecode.FitReader(path) as reader:
            for frame in reader:
                if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "session":
                    assert frame.get_value("total_distance")

    mine, decode, bare = in_turns(
        sizes.rounds, time.process_time, partial(_ours, path), theirs, floor
    )
    kind = f"FIT, {sizes.points:,} records"
    table.add(f"{kind}: fitdecode / ours", ms(mine), ratio_of(decode, mine), least=50)
    table.add(f"{kind}: ours / reading and checksum", ms(bare), ratio_of(mine, bare))


def tcx(table: Table, place: Path, sizes: Sizes) -> None:
    start = NOW - timedelta(days=8)
    path = inputs.write(place / "read" / "run.tcx", inputs.tcx(4, sizes.points, start))
    mine, bare = in_turns(
        sizes.rounds, time.process_time, partial(_ours, path), partial(_expat, path)
    )
    rate = f"{sizes.points / median(mine):,.0f} points/s"
    table.add("TCX: ours / bare expat", rate, ratio_of(mine, bare))


# --- importing ------------------------------------------------------------------------------


def importing(table: Table, place: Path, sizes: Sizes) -> None:
    """New files through the real command in two processes, against a loop of gpxpy."""
    points = 4000
    outings = inputs.Outings(points)
    folder = outings.write(place / "files", range(sizes.files))
    every = sizes.files // sizes.sample
    # Not a multiple of three, so that the sample has the shapes in turn as the whole has.
    names = [str(path) for path in sorted(folder.iterdir())[:: every - (every % 3 == 0)]]
    names = names[: sizes.sample]
    turn = itertools.count()

    def ours() -> None:
        home = place / f"import-{next(turn)}"
        run(home, *ENTRY, "import", "--jobs", "2", str(folder))

    loop = partial(run, place, "-c", GPXPY_LOOP, *names)
    mine, theirs = in_turns(sizes.imports, time.perf_counter, ours, loop, warm=False)
    scaled = [seconds * sizes.files / len(names) for seconds in theirs]
    what = f"import, {sizes.files:,} GPX of {points:,} points, 2 processes"
    table.add(f"{what}: gpxpy's loop* / ours", f"{median(mine):.2f} s", ratio_of(scaled, mine),
              least=10)  # fmt: skip
    known(table, place, sizes, outings, folder)
    shutil.rmtree(folder)


def known(table: Table, place: Path, sizes: Sizes, outings: inputs.Outings, folder: Path) -> None:
    """The same command again, when it has nothing to read."""
    what = f"import again, {sizes.known:,} known files"
    size = sum(path.stat().st_size for path in folder.iterdir()) / sizes.files
    if size * sizes.known + _SPARE > shutil.disk_usage(place).free:
        table.note(what, "not enough room on the disk")
        return
    outings.write(folder, range(sizes.files, sizes.known))
    home = place / "known"
    words = (*ENTRY, "import", "--jobs", "2", str(folder))
    begun = time.perf_counter()
    run(home, *words)
    first = time.perf_counter() - begun
    (again,) = in_turns(5, time.perf_counter, partial(run, home, *words))
    table.add(f"{what}: first / again", f"{first:.1f} s, {ms(again)}", first / median(again),
              least=50)  # fmt: skip


def exported(table: Table, place: Path, sizes: Sizes) -> None:
    """A bulk export's table, by the CPU time of all processes."""
    path = place / "export" / "cardioActivities.csv"
    path.parent.mkdir()
    path.write_bytes(inputs.runkeeper(sizes.export))
    taken = []
    for number in range(3):
        before = cpu_of_children()
        run(place / f"export-{number}", *ENTRY, "import", str(path))
        taken.append(cpu_of_children() - before)
    what = f"import of a Runkeeper export, {sizes.export:,} runs: CPU"
    table.add(what, f"{median(taken):.2f} s", median(taken), most=3, unit=" s")


# --- asking ---------------------------------------------------------------------------------


def asking(table: Table, place: Path, sizes: Sizes) -> None:
    """`status` as a whole process, against a Python that does nothing and against others."""
    few, many = sizes.runs, sizes.runs * 10
    homes = {runs: place / f"status-{runs}" for runs in (few, many)}
    for runs, home in homes.items():
        _make_store(home, runs)
    nothing, brief, as_json, turns, next_pair, long = in_turns(
        sizes.asks,
        time.perf_counter,
        partial(run, place, "-c", "pass"),
        partial(run, homes[few], *ENTRY, "status"),
        partial(run, homes[few], *ENTRY, "status", "--json"),
        partial(run, homes[few], *ENTRY, "rotation"),
        partial(run, homes[few], *ENTRY, "next"),
        partial(run, homes[many], *ENTRY, "status"),
    )
    table.add("python -c pass", ms(nothing))
    what = f"status, {few:,} runs, {PAIRS} pairs"
    table.add(f"{what}: ours / pass", ms(brief), ratio_of(brief, nothing), most=6.5)
    table.add(f"status --json, {few:,} runs: ours / pass", ms(as_json), ratio_of(as_json, nothing))
    for name, asked in (("rotation", turns), ("next", next_pair)):
        what = f"{name}, {few:,} runs, {PAIRS} pairs: ours / status"
        table.add(what, ms(asked), ratio_of(asked, brief), most=2)
    what = f"status: {many:,} runs / {few:,} runs"
    table.add(what, ms(long), ratio_of(long, brief), most=1.5)
    for runs, home in homes.items():
        rounds = sizes.asks // 3 if runs == few else 2
        _others(table, place, home, runs, rounds, held=runs == few)


def _others(table: Table, place: Path, home: Path, runs: int, rounds: int, *, held: bool) -> None:
    reach = {"strava-offline report-bikes": 0.5, "strava-gear": 0.25}
    try:
        commands = peers.make(peers.environment(), place / f"peers-{runs}", runs, PAIRS)
        ours = partial(run, home, *ENTRY, "status")
        for name, words in commands.items():
            mine, theirs = in_turns(
                rounds, time.perf_counter, ours, partial(peers.ask, words, place)
            )
            table.add(
                f"status, {runs:,} runs: ours / {name}",
                f"{ms(mine)}, {ms(theirs)}",
                ratio_of(mine, theirs),
                most=reach[name] if held else None,
            )
    except peers.UnavailableError as error:
        table.note(f"status, {runs:,} runs: {', '.join(peers.WANTED)}", str(error))


def _make_store(home: Path, runs: int) -> None:
    """A store with so many runs on pairs worn one after another, as the product writes it."""
    from shoetrack import hand
    from shoetrack.db.location import Location
    from shoetrack.db.store import Store
    from shoetrack.model import DistanceSource, RunRecord, Shoe
    from shoetrack.placing import Pairs, add_run
    from shoetrack.sport import Sport

    chance = random.Random(20)
    store = Store(Location(home / "shoetrack.db", own_folder=True))
    first = NOW - timedelta(hours=12 * runs)
    each = timedelta(hours=12 * runs / PAIRS)
    for number in range(PAIRS):
        since = (first + number * each).date()
        pair = Shoe(0, f"Pair {number + 1:02}", rotation="daily")
        hand.add_shoe(store, pair, 0, hand.DefaultFor((Sport.RUN,), since), NOW, NOW.date())
    for begin in range(0, runs, 1000):
        with store.write("import", "runs", NOW) as tx:
            settled = Pairs.of(tx)
            for number in range(begin, min(begin + 1000, runs)):
                begun = first + timedelta(hours=12 * number)
                seconds = chance.randint(1500, 5400)
                record = RunRecord(
                    kind="gpx",
                    digest=f"{number:064x}",
                    index=0,
                    source=f"{number}.gpx",
                    sport=Sport.RUN,
                    started_at=begun,
                    ended_at=begun + timedelta(seconds=seconds),
                    local_date=begun.date(),
                    distance_mm=seconds * chance.randint(2500, 3500),
                    distance_from=DistanceSource.COMPUTED,
                    duration_s=seconds,
                )
                add_run(tx, record, settled, default_sport=Sport.RUN)
    store.close()


# --- deciding -------------------------------------------------------------------------------


def deciding(table: Table, place: Path, sizes: Sizes) -> None:
    """`assign --auto` by thirty rules, by the CPU time of the whole process: where every run moves,
    and where none does any more.
    """
    home = place / "auto"
    _make_store(home, sizes.runs)
    words = (*ENTRY, "assign", "--auto", "--yes")
    taken = []
    for number in range(3):
        (home / "config.toml").write_text(inputs.rules(PAIRS, 30, number), encoding="utf-8")
        before = cpu_of_children()
        run(home, *words)
        taken.append(cpu_of_children() - before)
    before = cpu_of_children()
    run(home, *words)
    again = cpu_of_children() - before
    what = f"assign --auto, {sizes.runs:,} runs, 30 rules"
    table.add(f"{what}, all move: CPU", f"{median(taken):.2f} s", median(taken), most=2, unit=" s")
    table.add(f"{what}, none moves: CPU", f"{again:.2f} s", again, unit=" s")


# --- memory ---------------------------------------------------------------------------------


def memory(table: Table, place: Path, sizes: Sizes) -> None:
    """Peaks of resident memory: of the command, and of the largest of its two workers."""
    folder = place / "memory"
    start = NOW - timedelta(seconds=sizes.long + 90_000)
    short = inputs.write(folder / "short.gpx", inputs.plain(1, 100, start))
    _peaks(table, place, "import of 100 points", short, held=False)
    for shape in (inputs.plain, inputs.garmin):
        path = inputs.write(folder / f"{shape.__name__}.gpx", shape(2, sizes.long, start))
        _peaks(table, place, f"import of {sizes.long:,} points, {shape.__name__}", path)
        path.unlink()
    files = inputs.Outings(12, a_day=4, templates=12).write(folder / "many", range(sizes.many))
    _peaks(table, place, f"import of {sizes.many:,} files", files)
    shutil.rmtree(files)
    if sizes.archive + _SPARE > shutil.disk_usage(place).free:
        table.note("import of a large zip: peak", "not enough room on the disk")
        return
    path, count = inputs.Outings(4000).archive(folder / "large.zip", sizes.archive)
    size = path.stat().st_size / 1e9
    _peaks(table, place, f"import of a zip of {size:.1f} GB, {count:,} files", path)
    path.unlink()


def _peaks(table: Table, place: Path, what: str, path: Path, held: bool = True) -> None:
    found = peaks(place / f"home-{path.name}", "import", "--jobs", "2", str(path))
    if found is None:
        table.note(f"{what}: peak", "needs /proc")
        return
    parent, worker = found
    table.add(f"{what}: peak", f"{parent:.0f} MB", parent, most=150 if held else None, unit=" MB")
    if worker:
        table.add(f"{what}: peak of a worker", f"{worker:.0f} MB", worker, most=80, unit=" MB")


def idling(table: Table, place: Path, sizes: Sizes) -> None:
    """The daemon when nothing happens: a store, a channel, and a watched folder that is read."""
    home = place / "home"
    _make_store(home, sizes.runs)
    watched = inputs.Outings(12).write(place / "watched", range(sizes.idle_files))
    (home / "config.toml").write_text(
        f'[folders]\nwatch = ["{watched}"]\n[alerts]\nchannels = ["desktop"]\n'
    )
    what = f"daemon at rest, {sizes.idle_files:,} watched files"
    found = at_rest(home, " folders: ", sizes.idle)
    if found is None:
        table.note(what, "needs /proc")
        return
    resident, cpu = found
    table.add(f"{what}: memory", f"{resident:.0f} MB", resident, most=80, unit=" MB")
    told = f"{cpu:.2f} s in {sizes.idle} s"
    table.add(f"{what}: CPU", told, cpu / sizes.idle * 100, most=0.2, unit=" %")


ALL = (gpx, fit, tcx, importing, exported, asking, deciding, memory, idling, forecast)
