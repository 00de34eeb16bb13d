"""Which sports are on foot, and what the many words for them mean."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import cache


class Sport(StrEnum):
    """A sport that wears shoes."""

    RUN = "run"
    TRAIL_RUN = "trail-run"
    TREADMILL = "treadmill"
    WALK = "walk"
    HIKE = "hike"


class OffFoot(StrEnum):
    """What a watch also records, and shoes are not worn out by."""

    RIDE = "ride"
    SWIM = "swim"
    OTHER = "other sport"


# Strava's GPX of 2012-2020 wrote a number where newer ones write a word.
_STRAVA_NUMBERS: dict[str, Sport | OffFoot] = {
    "1": OffFoot.RIDE,
    "2": OffFoot.OTHER,
    "3": OffFoot.OTHER,
    "4": Sport.HIKE,
    "7": OffFoot.OTHER,
    "9": Sport.RUN,
    "10": Sport.WALK,
    "16": OffFoot.SWIM,
}

# Matched in this order against the folded word: the special before the general, and what is not
# on foot before "run", because "running with a bike" is rarer than "mountain biking trail".
# Accents are taken off before. Other languages than English are those of Strava's exports.
_WORDS: tuple[tuple[str, Sport | OffFoot], ...] = (
    (
        r"treadmill|laufband|indoor ?run|tapis|virtual ?run|virtuell\w* lauf|carrera virtual|"
        r"course virtuelle|virtuele hardloop|virtualni beh|corsa virtuale|虚拟跑步",
        Sport.TREADMILL,
    ),
    (
        r"cycl|bik(e|ing)|\bride\b|riding|\bmtb\b|velo|rad(fahr|tour)|fahrrad|ciclis|bicicl|"
        r"spinning|gravel|bmx|\bfiets|\bjizda|骑行|サイクリング",
        OffFoot.RIDE,
    ),
    (r"swim|schwimm|natation|natacion|natacao|nuoto|zwem|plavani|游泳|水泳", OffFoot.SWIM),
    (
        r"\bski|skating|skate|snowboard|row(ing|er)?\b|ruder|kayak|canoe|paddl|surf|sail|"
        r"golf|tennis|yoga|strength|weight|workout|elliptical|cardio|climb|driv(e|ing)|\bcar\b|"
        r"motor|flight|flying|horse|soccer|football|wheelchair|handcycle|langlauf|eislauf|"
        r"badminton|pickleball|racquet|squash|padel|pilates|crossfit|\bhiit\b|"
        r"intensity ?interval|stair ?stepper",
        OffFoot.OTHER,
    ),
    (
        r"trail ?run|trail ?lauf|trailrunning|fell ?run|mountain ?run|ultra ?run|trailloop|"
        r"trailovy beh|carrera de montana|course de trail|越野跑",
        Sport.TRAIL_RUN,
    ),
    (
        r"hik|wander|trek|mountaineer|randonn|senderis|escursion|snow ?shoe|turistika|徒步|远足",
        Sport.HIKE,
    ),
    (
        r"walk|spazier|geh(en|t)|marche|camina|caminhada|cammin|wandel|chuze|步行|ウォーキング",
        Sport.WALK,
    ),
    (
        r"\brun|running|jog|lauf|course|corr(er|ida|sa)|corsa|carrera|orient|hardlo|\bbeh\b|\blob\b|"
        r"\blop(e|ning)|\bbieg\b|бег|跑步|ランニング|ラン\b|달리기",
        Sport.RUN,
    ),
)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Sport | OffFoot], ...]:
    """Compiled when first asked for: most commands never do."""
    return tuple((re.compile(pattern), sport) for pattern, sport in _WORDS)


def classify(word: str | None) -> Sport | OffFoot | None:
    """The sport that a file's own word names.

    Returns None where the word is missing or says nothing ("unknown", "Activity"): the caller's
    default then holds. A word that is known not to be on foot gives an `OffFoot`.
    """
    if not word:
        return None
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", word))
    folded = re.sub(r"[\s_\-/]+", " ", _plain(spaced.casefold())).strip()
    if folded in _STRAVA_NUMBERS:
        return _STRAVA_NUMBERS[folded]
    for pattern, sport in _patterns():
        if pattern.search(folded):
            return sport
    return None


def _plain(text: str) -> str:
    """Latin letters without their accents; ø, which has none to take off, as o."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text.replace("ø", "o"))
    bare = "".join(c for c in parts if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", bare)


def parse_sport(text: str) -> Sport:
    """The sport a person typed: "trail-run", "TrailRun", "trail run". Raises ValueError."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", text.strip())
    key = re.sub(r"[\s_\-]+", "-", spaced).casefold()
    return Sport(key)
