"""What a FIT file says in its summaries: its kind, device and zone, and its sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from shoetrack.errors import UnreadableError
from shoetrack.importers.fit.devices import maker_of
from shoetrack.importers.fit.layout import Values
from shoetrack.importers.fit.profile import MULTISPORT, TRANSITION
from shoetrack.importers.fit.walk import TIMESTAMP, DamagedError, Walker
from shoetrack.importers.places import place_of
from shoetrack.model import Place

# A triathlon has five, with its transitions.
MAX_SESSIONS = 1_000

_EPOCH_S = int(datetime(1989, 12, 31, tzinfo=UTC).timestamp())
# Below this a time counts the seconds since the device was switched on (profile, `date_time`).
_FIRST_TIME = 0x1000_0000
_LAST_TIME = 0xFFFF_FFFE  # of the 32 bits that a time has; some garbage has more
_QUARTER_S = 15 * 60
_ZONES_S = range(-12 * 3600, 14 * 3600 + 1)
_ZONE_JITTER_S = 60  # two clocks of one device, read one after the other

_FILE_ID, _SPORT, _SESSION, _DEVICE_INFO, _ACTIVITY = 0, 12, 18, 23, 34
_FILE_TYPE, _MAKER, _PRODUCT, _CREATED, _PRODUCT_NAME = 0, 1, 2, 4, 8
_SPORT_SPORT, _SPORT_SUB_SPORT, _SPORT_NAME = 0, 1, 3
_START, _KIND, _SUB_KIND, _ELAPSED, _TIMER, _DISTANCE = 2, 5, 6, 7, 8, 9
_TRIGGER, _PROFILE = 28, 110
_START_LAT, _START_LON, _END_LAT, _END_LON, _ASCENT = 3, 4, 38, 39, 22
_INFO_INDEX, _INFO_MAKER, _INFO_PRODUCT, _INFO_NAME = 0, 2, 4, 27
_ACTIVITY_TYPE, _LOCAL = 2, 5
_AUTO_MULTISPORT_TYPE, _AUTO_MULTISPORT_TRIGGER = 1, 2
_CREATOR_INDEX = 0

_DEGREES = 180 / 2**31  # of a semicircle

_WANTED = {
    _FILE_ID: frozenset({_FILE_TYPE, _MAKER, _PRODUCT, _CREATED, _PRODUCT_NAME}),
    _SPORT: frozenset({_SPORT_SPORT, _SPORT_SUB_SPORT, _SPORT_NAME}),
    _SESSION: frozenset(
        {TIMESTAMP, _START, _KIND, _SUB_KIND, _ELAPSED, _TIMER, _DISTANCE, _TRIGGER, _PROFILE}
        | {_START_LAT, _START_LON, _END_LAT, _END_LON, _ASCENT}
    ),
    _DEVICE_INFO: frozenset({_INFO_INDEX, _INFO_MAKER, _INFO_PRODUCT, _INFO_NAME}),
    _ACTIVITY: frozenset({TIMESTAMP, _ACTIVITY_TYPE, _LOCAL}),
}


@dataclass(frozen=True, slots=True)
class Session:
    """One session as the device summed it up; None is not known, and so is 0 of an amount.

    Times are FIT's: seconds since the end of 1989 in UTC, or since the device was switched on.
    """

    sport: int | None = None
    sub_sport: int | None = None
    start: int | None = None
    end: int | None = None  # when the summary was written
    elapsed_ms: int | None = None
    timer_ms: int | None = None
    distance_cm: int | None = None
    name: str = ""  # of the sport's profile on the watch
    is_leg: bool = False  # the watch itself says: of a multisport activity
    first_place: Place | None = None
    last_place: Place | None = None  # older watches do not tell
    ascent_m: int | None = None  # 0 is known


class Summary:
    """Gathers the summaries of one part. `fault` is "" or where its messages stop making sense."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.fault = ""
        self._file: Values = {}
        self._sport: Values = {}
        self._info: Values = {}
        self._activity: Values = {}
        self._walker = Walker(_WANTED, self._take)

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the body. Raises UnreadableError on more sessions than anyone has."""
        try:
            if not self.fault:
                self._walker.feed(chunk)
        except DamagedError as error:
            self.fault = str(error)

    def finish(self) -> None:
        """There is no more."""
        try:
            if not self.fault:
                self._walker.finish()
        except DamagedError as error:
            self.fault = str(error)

    @property
    def file_type(self) -> int | None:
        """The kind of file, in FIT's numbers."""
        return _number(self._file, _FILE_TYPE)

    @property
    def created(self) -> int | None:
        """When the file was begun, in FIT's seconds."""
        return _number(self._file, _CREATED)

    @property
    def sport(self) -> tuple[int | None, int | None, str]:
        """The profile that the watch was set to: sport, sub-sport, name."""
        name = _text(self._sport, _SPORT_NAME)
        return _number(self._sport, _SPORT_SPORT), _number(self._sport, _SPORT_SUB_SPORT), name

    @property
    def is_multisport(self) -> bool:
        """Whether the sessions are the legs of one race, and not parts of one outing."""
        return (
            self._activity.get(_ACTIVITY_TYPE) == _AUTO_MULTISPORT_TYPE
            or any(one.is_leg for one in self.sessions)
            or len({one.sport for one in self.sessions}) > 1
        )

    def maker(self) -> tuple[str, str]:
        """What made the file, and on which device; each "" where nobody knows."""
        name = _text(self._file, _PRODUCT_NAME) or _text(self._info, _INFO_NAME)
        if maker := _number(self._file, _MAKER):
            return maker_of(maker, _number(self._file, _PRODUCT), name)
        return maker_of(_number(self._info, _INFO_MAKER), _number(self._info, _INFO_PRODUCT), name)

    def utc_offset_s(self) -> int | None:
        """How far the device's local time was from UTC: a whole quarter of an hour, or unknown.

        Zwift writes 0 for a local time, and old watches one that says nothing of the other.
        """
        local, time = _number(self._activity, _LOCAL), _number(self._activity, TIMESTAMP)
        if local is None or time is None or min(local, time) < _FIRST_TIME:
            return None
        offset = round((local - time) / _QUARTER_S) * _QUARTER_S
        if offset not in _ZONES_S or abs(local - time - offset) > _ZONE_JITTER_S:
            return None
        return offset

    def _take(self, number: int, values: Values) -> None:
        if number == _SESSION:
            self._take_session(_session(values))
        elif number == _FILE_ID:
            self._file = self._file or values
        elif number == _SPORT:
            self._sport = values
        elif number == _ACTIVITY:
            self._activity = values
        elif values.get(_INFO_INDEX) == _CREATOR_INDEX:
            self._info = self._info | values

    def _take_session(self, session: Session) -> None:
        """Written again, a session is corrected: two cannot have begun at once."""
        if session.start is not None:
            for at, earlier in enumerate(self.sessions):
                if (earlier.start, earlier.sport) == (session.start, session.sport):
                    self.sessions[at] = session
                    return
        self.sessions.append(session)
        if len(self.sessions) > MAX_SESSIONS:
            raise UnreadableError(f"holds more than {MAX_SESSIONS:,} sessions, which no one runs")


def instant(seconds: int | None) -> datetime | None:
    """A FIT time as an aware one; None where it is unknown, or counts since switching on."""
    if seconds is None or not _FIRST_TIME <= seconds <= _LAST_TIME:
        return None
    return datetime.fromtimestamp(_EPOCH_S + seconds, UTC)


def _session(values: Values) -> Session:
    sport = _number(values, _KIND)
    return Session(
        sport=sport,
        sub_sport=_number(values, _SUB_KIND),
        start=_number(values, _START),
        end=_number(values, TIMESTAMP),
        elapsed_ms=_number(values, _ELAPSED) or None,
        timer_ms=_number(values, _TIMER) or None,
        distance_cm=_number(values, _DISTANCE) or None,
        name=_text(values, _PROFILE),
        is_leg=sport in (TRANSITION, MULTISPORT)
        or values.get(_TRIGGER) == _AUTO_MULTISPORT_TRIGGER,
        first_place=place_in(values, _START_LAT, _START_LON),
        last_place=place_in(values, _END_LAT, _END_LON),
        ascent_m=_number(values, _ASCENT),
    )


def place_in(values: Values, lat: int, lon: int) -> Place | None:
    """The place that two fields tell in semicircles; None where it is not known, or none."""
    north, east = values.get(lat), values.get(lon)
    if not isinstance(north, int) or not isinstance(east, int):
        return None
    return place_of(north * _DEGREES, east * _DEGREES)


def _number(values: Values, field: int) -> int | None:
    value = values.get(field)
    return value if isinstance(value, int) and value >= 0 else None


def _text(values: Values, field: int) -> str:
    value = values.get(field)
    return value if isinstance(value, str) else ""
