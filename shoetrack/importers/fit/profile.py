"""FIT's numbers in words: kinds of files, sports, and who made the device.

Source: the FIT profile (Garmin FIT SDK, 21.x). Only what a run needs, or a reason for a skip.
"""

from __future__ import annotations

from shoetrack.sport import OffFoot, Sport, classify

ACTIVITY = 4

# file_id.type
_FILES = {
    1: "a device's description",
    2: "settings",
    3: "the settings of a sport",
    5: "a workout's plan",
    6: "a course",
    7: "a schedule",
    9: "weight measurements",
    10: "totals",
    11: "goals",
    14: "blood pressure",
    15: "a day's monitoring",
    20: "a summary of activities",
    28: "a day's monitoring",
    32: "a day's monitoring",
    34: "a segment",
    35: "a list of segments",
    40: "a display's settings",
}

GENERIC = 0
TRANSITION = 3
MULTISPORT = 18
_FITNESS_EQUIPMENT = 4
_RUNNING, _WALKING = 1, 11

# session.sport
_SPORTS: dict[int, Sport | OffFoot] = {
    _RUNNING: Sport.RUN,
    _WALKING: Sport.WALK,
    16: Sport.HIKE,  # mountaineering
    17: Sport.HIKE,
    35: Sport.HIKE,  # snowshoeing
    2: OffFoot.RIDE,
    21: OffFoot.RIDE,
    5: OffFoot.SWIM,
}
_OTHER_SPORTS = {
    TRANSITION: "transition",
    _FITNESS_EQUIPMENT: "fitness equipment",
    6: "basketball",
    7: "soccer",
    8: "tennis",
    9: "American football",
    10: "training",
    12: "cross-country skiing",
    13: "alpine skiing",
    14: "snowboarding",
    15: "rowing",
    MULTISPORT: "multisport",
    19: "paddling",
    20: "flying",
    22: "motorcycling",
    23: "boating",
    24: "driving",
    25: "golf",
    26: "hang gliding",
    27: "horseback riding",
    28: "hunting",
    29: "fishing",
    30: "inline skating",
    31: "rock climbing",
    32: "sailing",
    33: "ice skating",
    34: "sky diving",
    36: "snowmobiling",
    37: "stand-up paddleboarding",
    38: "surfing",
    39: "wakeboarding",
    40: "water skiing",
    41: "kayaking",
    42: "rafting",
    43: "windsurfing",
    44: "kitesurfing",
    47: "boxing",
    48: "floor climbing",
    49: "baseball",
    53: "diving",
    62: "HIIT",
    64: "racket sport",
    65: "wheelchair",
    66: "wheelchair",
    67: "meditation",
    69: "disc golf",
    71: "cricket",
    72: "rugby",
    73: "hockey",
    74: "lacrosse",
    75: "volleyball",
    76: "water tubing",
    77: "wakesurfing",
    80: "mixed martial arts",
    82: "snorkeling",
    83: "dance",
    84: "jump rope",
}

_TREADMILL, _TRAIL, _INDOOR_WALKING, _INDOOR_RUNNING = 1, 3, 27, 45
_VIRTUAL, _ULTRA = 58, 67
# session.sub_sport of running; what is not here is a run like another.
_RUNS = {
    _TREADMILL: Sport.TREADMILL,
    _INDOOR_RUNNING: Sport.TREADMILL,
    _VIRTUAL: Sport.TREADMILL,
    _TRAIL: Sport.TRAIL_RUN,
    _ULTRA: Sport.TRAIL_RUN,
}
# session.sub_sport where the sport is fitness equipment, or says nothing.
_MACHINES: dict[int, Sport] = {
    _TREADMILL: Sport.TREADMILL,
    _INDOOR_RUNNING: Sport.TREADMILL,
    _INDOOR_WALKING: Sport.WALK,
}
INDOORS = frozenset({_TREADMILL, _INDOOR_RUNNING, _INDOOR_WALKING, _VIRTUAL})


def sport_of(sport: int | None, sub_sport: int | None, name: str) -> Sport | OffFoot | None:
    """What a session was. The profile's name, in any language, tells where the numbers do not.

    Returns None where nothing says, as in GPX: the caller's default then holds.
    """
    if sport == _RUNNING:
        return _RUNS.get(sub_sport or GENERIC, Sport.RUN)
    if sport in _SPORTS:
        return _SPORTS[sport]
    if sport in (None, GENERIC, _FITNESS_EQUIPMENT):
        on_machine = _MACHINES.get(sub_sport or GENERIC)
        if on_machine is not None or sport != _FITNESS_EQUIPMENT:
            return on_machine or classify(name)
    return OffFoot.OTHER


def sport_in_words(sport: int | None, kind: OffFoot, name: str) -> str:
    """Why a session is skipped."""
    if kind is not OffFoot.OTHER:
        return f"a {kind}"
    word = _OTHER_SPORTS.get(sport or GENERIC, "")
    if name and (not word or sport == _FITNESS_EQUIPMENT):
        word = name
    return f"another sport: {word or f'number {sport} in FIT'}"


def file_in_words(kind: int) -> str:
    """Why a file that is no activity is skipped."""
    return f"{_FILES.get(kind, f'FIT data of type {kind}')}, not a run"
