"""The inputs, from fixed seeds: files as watches, phones and exports write them."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fastcrc import crc16
from measure import NOW

PLAIN_GPX = 'xmlns="http://www.topografix.com/GPX/1/1"'
EXTENDED_GPX = (
    'xmlns:ns3="http://www.garmin.com/xmlschemas/TrackPointExtension/v1" '
    'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1" ' + PLAIN_GPX
)
Shape = Callable[[int, int, datetime], Iterator[str]]


def walk(seed: int, points: int) -> Iterator[tuple[int, float, float, float]]:
    """Seconds, latitude, longitude and height along an outing; a very long one is slow."""
    chance = random.Random(seed)
    stride = min(1.0, 100_000 / points)
    lat, lon, height = 52 + chance.random(), 13 + chance.random(), 40.0
    north, east = chance.uniform(-1, 1), chance.uniform(-1, 1)
    for second in range(points):
        north = 0.97 * north + chance.gauss(0, 0.1)
        east = 0.97 * east + chance.gauss(0, 0.1)
        lat, lon = lat + 6e-5 * stride * north, lon + 9e-5 * stride * east
        height += chance.gauss(0, 0.05)
        yield second, lat, lon, height


def stamp(start: datetime, seconds: int, tail: str) -> str:
    return (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S") + tail


# --- GPX ------------------------------------------------------------------------------------


def garmin(seed: int, points: int, start: datetime) -> Iterator[str]:
    """As Garmin Connect exports a run with a heart rate strap."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx creator="Garmin Connect" version="1.1"\n  '
        f"{EXTENDED_GPX}>\n  <metadata>\n    <time>{stamp(start, 0, '.000Z')}</time>\n"
        "  </metadata>\n  <trk>\n    <name>Berlin Running</name>\n    <type>running</type>\n"
        "    <trkseg>\n"
    )
    chance = random.Random(seed)
    for second, lat, lon, height in walk(seed, points):
        yield (
            f'      <trkpt lat="{lat:.20f}" lon="{lon:.20f}">\n'
            f"        <ele>{height:.15f}</ele>\n"
            f"        <time>{stamp(start, second, '.000Z')}</time>\n"
            "        <extensions>\n          <ns3:TrackPointExtension>\n"
            f"            <ns3:atemp>{chance.randint(18, 21)}.0</ns3:atemp>\n"
            f"            <ns3:hr>{chance.randint(140, 160)}</ns3:hr>\n"
            f"            <ns3:cad>{chance.randint(84, 90)}</ns3:cad>\n"
            "          </ns3:TrackPointExtension>\n        </extensions>\n      </trkpt>\n"
        )
    yield "    </trkseg>\n  </trk>\n</gpx>\n"


def strava(seed: int, points: int, start: datetime) -> Iterator[str]:
    """As Strava exports a run from a watch."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx creator="StravaGPX" version="1.1" '
        f"{EXTENDED_GPX}>\n <metadata>\n  <time>{stamp(start, 0, 'Z')}</time>\n </metadata>\n"
        " <trk>\n  <name>Morning Run</name>\n  <type>running</type>\n  <trkseg>\n"
    )
    chance = random.Random(seed)
    for second, lat, lon, height in walk(seed, points):
        yield (
            f'   <trkpt lat="{lat:.7f}" lon="{lon:.7f}">\n    <ele>{height:.1f}</ele>\n'
            f"    <time>{stamp(start, second, 'Z')}</time>\n    <extensions>\n"
            "     <gpxtpx:TrackPointExtension>\n"
            f"      <gpxtpx:hr>{chance.randint(140, 160)}</gpxtpx:hr>\n"
            f"      <gpxtpx:cad>{chance.randint(84, 90)}</gpxtpx:cad>\n"
            "     </gpxtpx:TrackPointExtension>\n    </extensions>\n   </trkpt>\n"
        )
    yield "  </trkseg>\n </trk>\n</gpx>\n"


def plain(seed: int, points: int, start: datetime) -> Iterator[str]:
    """As a phone's program writes it: place, height and time."""
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="a phone" {PLAIN_GPX}>'
        "\n<trk><name>Run</name><type>running</type><trkseg>\n"
    )
    for second, lat, lon, height in walk(seed, points):
        yield (
            f'<trkpt lat="{lat:.6f}" lon="{lon:.6f}"><ele>{height:.1f}</ele>'
            f"<time>{stamp(start, second, 'Z')}</time></trkpt>\n"
        )
    yield "</trkseg></trk>\n</gpx>\n"


SHAPES: tuple[Shape, ...] = (garmin, strava, plain)


def write(path: Path, parts: Iterator[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(parts)
    return path


class Outings:
    """Many outings from a few: each on a day of its own, `a_day` of them on one, backwards."""

    _DAY = date(2001, 1, 1)

    def __init__(self, points: int, a_day: int = 1, templates: int = 30) -> None:
        self._a_day = a_day
        self._made = [
            "".join(
                SHAPES[number % 3](number, points, datetime(*self._DAY.timetuple()[:3], tzinfo=UTC))
            ).encode()
            for number in range(templates)
        ]
        self._hours = [f"{hour:02}".encode() for hour in range(0, 24, 24 // a_day)]

    def one(self, number: int) -> bytes:
        """The GPX of this number, unlike any other."""
        day = (NOW - timedelta(days=1 + number // self._a_day)).date().isoformat().encode()
        made = self._made[number % len(self._made)]
        first = self._DAY.isoformat().encode() + b"T"
        if self._a_day == 1:
            return made.replace(first, day + b"T")
        return made.replace(first + b"00", day + b"T" + self._hours[number % self._a_day])

    def write(self, folder: Path, numbers: range) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            (folder / f"{number:06}.gpx").write_bytes(self.one(number))
        return folder

    def archive(self, path: Path, size: int) -> tuple[Path, int]:
        """A zip of so many bytes, not compressed, and how many outings are in it."""
        number = written = 0
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            while written < size:
                content = self.one(number)
                archive.writestr(f"activities/{number:06}.gpx", content)
                written += len(content)
                number += 1
        return path, number


# --- TCX ------------------------------------------------------------------------------------


def tcx(seed: int, points: int, start: datetime) -> Iterator[str]:
    """As Garmin Connect exports it: a lap each thousand points."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase xmlns="http://www.garmin'
        '.com/xmlschemas/TrainingCenterDatabase/v2"\n xmlns:ns3="http://www.garmin.com/xmlschemas/'
        'ActivityExtension/v2">\n <Activities>\n  <Activity Sport="Running">\n'
        f"   <Id>{stamp(start, 0, '.000Z')}</Id>\n"
    )
    lap = 1000
    for second, lat, lon, height in walk(seed, points):
        if second % lap == 0:
            within = min(lap, points - second)
            yield (
                f'   <Lap StartTime="{stamp(start, second, ".000Z")}">\n'
                f"    <TotalTimeSeconds>{within}.0</TotalTimeSeconds>\n"
                f"    <DistanceMeters>{within * 3}.0</DistanceMeters>\n"
                "    <Intensity>Active</Intensity>\n    <Track>\n"
            )
        yield (
            f"     <Trackpoint>\n      <Time>{stamp(start, second, '.000Z')}</Time>\n"
            f"      <Position>\n       <LatitudeDegrees>{lat:.14f}</LatitudeDegrees>\n"
            f"       <LongitudeDegrees>{lon:.14f}</LongitudeDegrees>\n      </Position>\n"
            f"      <AltitudeMeters>{height:.6f}</AltitudeMeters>\n"
            f"      <DistanceMeters>{second * 3}.0</DistanceMeters>\n"
            "      <HeartRateBpm>\n       <Value>150</Value>\n      </HeartRateBpm>\n"
            "      <Extensions>\n       <ns3:TPX>\n        <ns3:Speed>3.0</ns3:Speed>\n"
            "        <ns3:RunCadence>86</ns3:RunCadence>\n       </ns3:TPX>\n"
            "      </Extensions>\n     </Trackpoint>\n"
        )
        if second % lap == lap - 1 or second == points - 1:
            yield "    </Track>\n   </Lap>\n"
    yield "  </Activity>\n </Activities>\n</TrainingCenterDatabase>\n"


# --- FIT ------------------------------------------------------------------------------------

_EPOCH = datetime(1989, 12, 31, tzinfo=UTC)
_ENUM, _U8, _U16, _S32, _U32 = (0x00, "B"), (0x02, "B"), (0x84, "H"), (0x85, "i"), (0x86, "I")
# Of each message: its number, and its fields as number and type.
_FILE_ID = (0, ((0, _ENUM), (1, _U16), (2, _U16), (4, _U32)))
_DEVICE = (23, ((253, _U32), (0, _U8), (2, _U16), (4, _U16), (5, _U16)))
_RECORD = (
    20,
    (
        *((253, _U32), (0, _S32), (1, _S32), (5, _U32), (2, _U16)),
        *((6, _U16), (3, _U8), (4, _U8), (13, _U8), (39, _U16), (41, _U16)),
    ),
)
_LAP = (19, ((253, _U32), (2, _U32), (7, _U32), (8, _U32), (9, _U32), (15, _U8), (16, _U8)))
_SESSION = (
    18,
    (
        *((253, _U32), (2, _U32), (5, _ENUM), (6, _ENUM), (7, _U32), (8, _U32), (9, _U32)),
        *((11, _U16), (14, _U16), (15, _U16), (16, _U8), (17, _U8), (18, _U8)),
    ),
)
_ACTIVITY = (34, ((253, _U32), (0, _U32), (1, _U16), (2, _ENUM), (5, _U32)))


class _Fit:
    """Messages of little-endian FIT, each kind with a local number of its own."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._local: dict[int, tuple[int, struct.Struct]] = {}

    def put(self, kind: tuple[int, tuple[tuple[int, tuple[int, str]], ...]], *values: int) -> None:
        number, fields = kind
        if number not in self._local:
            local = len(self._local)
            packing = struct.Struct("<B" + "".join(letter for _, (_, letter) in fields))
            self._local[number] = (local, packing)
            self._parts.append(struct.pack("<BBBHB", 0x40 | local, 0, 0, number, len(fields)))
            self._parts += [
                bytes((field, struct.calcsize(letter), base)) for field, (base, letter) in fields
            ]
        local, packing = self._local[number]
        self._parts.append(packing.pack(local, *values))

    def file(self) -> bytes:
        body = b"".join(self._parts)
        head = struct.pack("<BBHI4s", 14, 0x20, 2140, len(body), b".FIT")
        whole = head + struct.pack("<H", crc16.arc(head)) + body
        return whole + struct.pack("<H", crc16.arc(whole))


def fit(seed: int, points: int, start: datetime) -> bytes:
    """An activity as a running watch writes it: a record a second, a lap a thousand of them."""
    chance, writer = random.Random(seed), _Fit()
    begun = int((start - _EPOCH).total_seconds())
    writer.put(_FILE_ID, 4, 1, 2691, begun)
    writer.put(_DEVICE, begun, 0, 1, 2691, 1100)
    lap = begun
    for second, lat, lon, height in walk(seed, points):
        now = begun + second
        places = round(lat * 2**31 / 180), round(lon * 2**31 / 180)
        rates = chance.randint(140, 160), chance.randint(84, 90), 20
        writer.put(
            _RECORD, now, *places, second * 300, round(height * 5 + 2500), 3000, *rates, 85, 2450
        )
        if second % 1000 == 999:
            took = (now - lap) * 1000
            writer.put(_LAP, now, lap, took, took, 300_000, 150, 160)
            lap = now
    end, took = begun + points, points * 1000
    writer.put(_SESSION, end, begun, 1, 0, took, took, points * 300, 600, 3000, 4000, 150, 160, 86)
    writer.put(_ACTIVITY, end, took, 1, 0, end + 7200)
    return writer.file()


# --- exports --------------------------------------------------------------------------------


def runkeeper(rows: int) -> bytes:
    """A cardioActivities.csv: a run a day, the newest first, now and then something else."""
    chance, out = random.Random(rows), io.StringIO()
    out.write(
        "Activity Id,Date,Type,Route Name,Distance (km),Duration,Average Pace,Average Speed (km/h),"
        "Calories Burned,Climb (m),Average Heart Rate (bpm),Friend's Tagged,Notes,GPX File\n"
    )
    for number in range(rows):
        begun = NOW - timedelta(days=number + 1, seconds=chance.randint(0, 30_000))
        km, minutes = chance.uniform(4, 20), chance.randint(300, 420)
        seconds = int(km * minutes)
        hours, rest = divmod(seconds, 3600)
        clock = (
            f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
        )
        out.write(
            f"{chance.getrandbits(64):016x},{begun:%Y-%m-%d %H:%M:%S},Running,,{km:.2f},{clock},"
            f"{minutes // 60}:{minutes % 60:02},{3600 / minutes:.2f},{km * 70:.1f},"
            f'{chance.randint(5, 200)},{chance.randint(130, 165)},"","",'
            f"{begun:%Y-%m-%d-%H%M%S}.gpx\n"
        )
    return out.getvalue().encode()


def rules(pairs: int, count: int, turn: int) -> str:
    """So many rules of every kind; the last three take what the others leave, and each `turn` names
    other pairs than the one before.
    """
    kinds = (
        'title = ["#race", "parkrun*"]',
        'folder = "Trail*"\nsport = ["trail-run", "hike"]',
        'distance = ">= 30 km"\nweekday = "Sun"',
        'pace = "< 3:00 /km"',
        'near = { lat = 55.6867, lon = 12.5701, radius = "500m" }',
        'climb = "> 20 m/km"',
        'time = "22:00-04:00"\ntreadmill = true',
        'device = "Forerunner"\nsince = 2025-01-01',
        'source = "*/races/*"',
    )
    conditions = [kinds[i % len(kinds)] for i in range(count - 3)]
    conditions += ['weekday = "Mon-Wed"', 'weekday = "Thu-Sat"', 'weekday = "Sun"']
    blocks = (
        f'[[rules]]\nname = "rule {i}"\n'
        f'shoe = "Pair {(i + 7 * turn) % pairs + 1:02}"\n{condition}\n'
        for i, condition in enumerate(conditions)
    )
    return "\n".join(blocks)
