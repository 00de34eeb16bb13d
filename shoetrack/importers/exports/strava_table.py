"""The table of Strava's export, activities.csv, in the forms that it had since 2018.

Its columns grew from 10 to 103, and are named in the language of the account, some in HTML or as
"translation missing". From late 2020 on, two names stand there twice: the first `Distance` is in
kilometres or miles and written as people write it, the second in metres; so is `Elapsed Time`. In a
language that is not known here, these twins tell where the columns are. In 2018 the only distance
was in metres, in 2019 it was in kilometres.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers.exports.rows import lines_of
from shoetrack.importers.gpx.parser import clean
from shoetrack.importers.xml_text import start_of, utf8_chunks

MAX_ROWS = 200_000  # ten a day for 54 years
_MAX_COLUMNS = 1000
_GLANCE = 512

# Folded, as `_fold` does.
_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("activity id", "aktivitäts-id", "id de l'activité", "id de actividad",
           "activiteits-id", "id aktivity", "活动 id"),
    "date": ("activity date", "aktivitätsdatum", "date de l'activité", "fecha de la actividad",
             "datum van activiteit", "datum aktivity", "活动日期"),
    "name": ("activity name", "name der aktivität", "nom de l'activité", "nombre de la actividad",
             "naam activiteit", "naam van activiteit", "název aktivity", "活动名称"),
    "kind": ("activity type", "aktivitätsart", "type d'activité", "tipo de actividad",
             "activiteitstype", "typ aktivity", "活动类型"),
    "description": ("activity description", "aktivitätsbeschreibung",
                    "description de l'activité", "descripción de la actividad",
                    "popis aktivity", "活动描述"),
    "elapsed": ("elapsed time", "verstrichene zeit", "temps écoulé", "tiempo transcurrido",
                "verstreken tijd", "uplynulý čas", "全程耗时"),
    "moving": ("moving time", "bewegungszeit", "durée de déplacement", "tiempo en movimiento",
               "beweegtijd", "aktivní čas"),
    "distance": ("distance", "distanz", "distancia", "afstand", "vzdálenost", "距离"),
    "ascent": ("elevation gain", "höhenzunahme", "dénivelé positif", "desnivel positivo",
               "hoogtewinst", "nastoupaná výška"),
    "gear": ("activity gear", "aktivitätsausrüstung", "matériel utilisé pour l'activité",
             "uitrusting voor activiteit", "materiaal voor activiteit", "vybavení na aktivitu"),
    "gear_id": ("gear", "ausrüstung"),
    "file": ("filename", "dateiname", "nom du fichier", "nombre del archivo", "bestandsnaam",
             "název souboru", "文件名"),
}  # fmt: skip
_OF_2018 = {"id": "id", "date": "date", "name": "name", "kind": "type", "elapsed": "elapsed time",
            "description": "description", "metres": "distance", "gear": "gear",
            "file": "filename"}  # fmt: skip
_TELLING = ("id", "date", "name", "kind", "file")
# Where columns are from the second `Elapsed Time`, in the full forms; `Gear` since the longest.
_FROM_ELAPSED = {"gear": -4, "file": -3, "moving": 1, "metres": 2, "ascent": 5}
_FROM_START = {"id": 0, "date": 1, "name": 2, "kind": 3, "description": 4, "localised": 6}
_FIRST_ELAPSED, _FIRST_DISTANCE = 5, 6
_GEAR_ID_FROM_ELAPSED = 54
_LONG_FORM = 77

_KEY = re.compile(r"(?:activities|horton_values)\.(?!horton_values)(\w+)")
_TAG = re.compile(r"<[^<>]*>")
_ID = re.compile(r"(\d{1,20})(?:\.0*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """What of one activity matters, as it was written; "" where it is missing."""

    line: int
    id: str
    date: str
    name: str
    kind: str
    elapsed: str
    moving: str
    metres: str
    localised: str  # the distance in kilometres or miles
    gear: str  # the pair's name
    gear_id: str  # only digits, or ""
    file: str
    description: str
    ascent: str  # in metres


@dataclass(frozen=True, slots=True)
class CutOff:
    """A row with fewer cells than there are columns."""

    line: int


Layout = dict[str, int]  # from a field of `Row` to its column


def claims(head: bytes) -> bool:
    """Whether the first line names the columns of Strava's activities, in any known form."""
    if b"," not in head[:_GLANCE]:
        return False
    text = start_of(head)
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    if first.startswith(("<", "{", "[")) or not first[:40].isprintable():
        return False
    try:
        names = _folded(next(csv.reader([first]), []))
    except csv.Error:
        return False
    known = sum(any(name in names for name in _NAMES[field]) for field in _TELLING)
    return known >= 2 or _is_of_2018(names) or (len(names) > 12 and _twin(names) > 0)


def rows_of(stream: BinaryIO, remarks: list[str]) -> Iterator[Row | CutOff]:
    """Each row in turn. Adds to `remarks` what is odd of the whole. Raises UnreadableError."""
    reader = csv.reader(lines_of(utf8_chunks(stream, remarks)), strict=True)
    layout: Layout | None = None
    width = 0
    try:
        for count, cells in enumerate(reader):
            if layout is None:
                layout, width = _layout(_folded(cells)), len(cells)
            elif count > MAX_ROWS:
                raise UnreadableError(f"holds more than {MAX_ROWS:,} rows: refused")
            elif len(cells) >= width:
                yield _row(reader.line_num, cells, layout)
            elif cells:
                yield CutOff(reader.line_num)
    except csv.Error as error:
        raise UnreadableError(f"is malformed at line {reader.line_num} ({error})") from error


def _row(line: int, cells: Sequence[str], layout: Layout) -> Row:
    def cell(field: str) -> str:
        return cells[layout[field]].strip() if field in layout else ""

    return Row(
        line=line,
        id=match[1] if (match := _ID.fullmatch(cell("id"))) else "",
        date=clean(cell("date")),
        name=clean(cell("name")),
        kind=clean(cell("kind")),
        elapsed=cell("elapsed")[:40] or cell("first_elapsed")[:40],
        moving=cell("moving")[:40],
        metres=cell("metres")[:40],
        localised=cell("localised")[:40],
        gear=clean(cell("gear")),
        gear_id=match[1].lstrip("0") if (match := _ID.fullmatch(cell("gear_id"))) else "",
        file=cell("file")[:300],
        description=clean(cell("description")),
        ascent=cell("ascent")[:40],
    )


def _folded(names: Sequence[str]) -> list[str]:
    return [_fold(name) for name in names[:_MAX_COLUMNS]]


def _fold(name: str) -> str:
    """The name without its HTML, or the key of a translation that was missing."""
    text = unicodedata.normalize("NFKC", name.replace("\ufeff", "").replace("’", "'"))
    text = match[1] if (match := _KEY.search(text)) else _TAG.sub("", text)
    return " ".join(text.replace("_", " ").casefold().split())


def _is_of_2018(names: Sequence[str]) -> bool:
    return {"id", "date", "type", "elapsed time", "distance", "filename"} <= set(names)


def _twin(names: Sequence[str]) -> int:
    """Where the second `Elapsed Time` is, whatever it is called; 0 where there is none."""
    if len(names) <= _FIRST_DISTANCE:
        return 0
    elapsed, distance = names[_FIRST_ELAPSED], names[_FIRST_DISTANCE]
    ends = range(_FIRST_DISTANCE + 1, len(names) - 2)
    return next(
        (at for at in ends if elapsed and distance
         and (names[at], names[at + 2]) == (elapsed, distance)),
        0,
    )  # fmt: skip


def _layout(names: list[str]) -> Layout:
    if _is_of_2018(names):
        return {field: names.index(name) for field, name in _OF_2018.items() if name in names}
    columns = {
        field: [at for at, name in enumerate(names) if name in known]
        for field, known in _NAMES.items()
    }
    found = {field: at[0] for field, at in columns.items() if at and field != "distance"}
    if columns["elapsed"]:
        found["first_elapsed"], found["elapsed"] = columns["elapsed"][0], columns["elapsed"][-1]
    if columns["distance"]:
        found["localised"] = columns["distance"][0]
    if len(columns["distance"]) > 1:
        found["metres"] = columns["distance"][-1]
    if twin := _twin(names):
        in_place = {**_FROM_START, "first_elapsed": _FIRST_ELAPSED, "elapsed": twin, "moving": twin
                    + 1, "metres": twin + 2}  # fmt: skip
        if twin > 12:
            in_place |= {field: twin + by for field, by in _FROM_ELAPSED.items()}
        if len(names) >= _LONG_FORM:
            in_place["gear_id"] = twin + _GEAR_ID_FROM_ELAPSED
        found = in_place | found
    lacking = [field for field in ("id", "date", "kind") if field not in found]
    if "localised" not in found and "file" not in found:
        lacking.append("distance")
    if lacking:
        raise UnreadableError(
            "is a Strava export in a language or form that is not known here: no column for "
            f"{', '.join('sport' if one == 'kind' else one for one in lacking)}; "
            "set Strava to English and export it again"
        )
    return found
