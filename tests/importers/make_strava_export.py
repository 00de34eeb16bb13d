"""Small exports of Strava's for the tests, in the forms that activities.csv had over the years."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

ENGLISH = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,"
    "Distance,Max Heart Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,"
    "Filename,Athlete Weight,Bike Weight,Elapsed Time,Moving Time,Distance,Max Speed,"
    "Average Speed,Elevation Gain,Elevation Loss,Elevation Low,Elevation High,Max Grade,"
    "Average Grade,Average Positive Grade,Average Negative Grade,Max Cadence,Average Cadence,"
    "Max Heart Rate,Average Heart Rate,Max Watts,Average Watts,Calories,Max Temperature,"
    "Average Temperature,Relative Effort,Total Work,Number of Runs,Uphill Time,Downhill Time,"
    "Other Time,Perceived Exertion,Type,Start Time,Weighted Average Power,Power Count,"
    "Prefer Perceived Exertion,Perceived Relative Effort,Commute,Total Weight Lifted,"
    "From Upload,Grade Adjusted Distance,Weather Observation Time,Weather Condition,"
    "Weather Temperature,Apparent Temperature,Dewpoint,Humidity,Weather Pressure,Wind Speed,"
    "Wind Gust,Wind Bearing,Precipitation Intensity,Sunrise Time,Sunset Time,Moon Phase,Bike,"
    "Gear,Precipitation Probability,Precipitation Type,Cloud Cover,Weather Visibility,"
    "UV Index,Weather Ozone,Jump Count,Total Grit,Average Flow,Flagged,Average Elapsed Speed,"
    "Dirt Distance,Newly Explored Distance,Newly Explored Dirt Distance,Activity Count,"
    "Total Steps,Carbon Saved,Pool Length,Training Load,Intensity,"
    "Average Grade Adjusted Pace,Timer Time,Total Cycles,Recovery,With Pet,Competition,"
    "Long Run,For a Cause,With Kid,Downhill Distance,Total Sets,Total Reps,Media"
)
GERMAN = (
    "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Aktivitätsbeschreibung,"
    "Verstrichene Zeit,Distanz,Max. Herzfrequenz,Relative Leistung,Pendeln,"
    "Hinweis zur Privatsphäre für Aktivitäten,Aktivitätsausrüstung,Dateiname,Sportlergewicht,"
    "Fahrradgewicht,Verstrichene Zeit,Bewegungszeit,Distanz,Höchstgeschw.,"
    "Durchschnittliche Geschwindigkeit,Höhenzunahme,Höhenunterschied,Min. Höhe,Max. Höhe,"
    "Max. Steigung,Durchschnittliche Steigung,Durchschnittliche positive Steigung,"
    "Durchschnittliche negative Steigung,Max. Tritt-/Schrittfrequenz,"
    "Durchschnittliche Trittfrequenz,Max. Herzfrequenz,Durchschnittliche Herzfrequenz,"
    "Max. Watt,Durchschnittliche Watt,Kalorien,Max. Temperatur,Durchschnittliche Temperatur,"
    "Relative Leistung,Gesamtarbeit,Anzahl Läufe,Bergaufzeit,Bergabzeit,Andere Zeit,"
    "Gefühlte Anstrengung,Art,Startzeit,Gewichtete durchschnittliche Leistung,Leistungszahl,"
    "Gefühlte Anstrengung verwenden,Gefühlte relative Leistung,Pendeln,"
    "Insgesamt gestemmtes Gewicht,Von Upload,Auf Steigung angepasste Distanz,"
    "Wetterbeobachtungszeit,Wetterlage,Wetter: Temperatur,Scheinbare Temperatur,Taupunkt,"
    "Luftfeuchtigkeit,Wetter: Druck,Windgeschwindigkeit,Windböe,Windrichtung,"
    "Niederschlagsintensität,Sonnenaufgangszeit,Sonnenuntergangszeit,Mondphase,Fahrrad,"
    "Ausrüstung,Niederschlagswahrscheinlichkeit,Niederschlagsart,Wolkendecke,"
    "Wetter: Sichtbarkeit,UV-Index,Wetter: Ozon,Sprunganzahl,Schwierigkeit insgesamt,"
    "Durchschnittlicher Flow,Markiert,Durchschnittsgeschwindigkeit im Aufzeichnungszeitraum,"
    "Auf Schotter zurückgelegte Distanz,Neu getestete Distanz,Neu getestete Schotterdistanz,"
    "Aktivitätsanzahl,Schritte insgesamt,Eingesparte CO₂-Emissionen,Pool-Länge,"
    "Trainingsbelastung,Intensität,Durchschnittliches auf Steigung angepasstes Tempo,Medien"
)
FRENCH = (
    "ID de l'activité,Date de l'activité,Nom de l'activité,Type d'activité,"
    "Description de l'activité,Temps écoulé,Distance,Fréquence cardiaque max.,Effort relatif,"
    "Déplacement-transport,Note privée sur les activités,Matériel utilisé pour l'activité,"
    "Nom du fichier,Poids de l'athlète,Poids du vélo,Temps écoulé,Durée de déplacement,"
    "Distance,Vitesse max.,Vitesse moyenne,Dénivelé positif"
)
SPANISH = (
    "ID de actividad,Fecha de la actividad,Nombre de la actividad,Tipo de actividad,"
    "Descripción de la actividad,Tiempo transcurrido,Distancia,Nota privada de actividad,"
    "Nombre del archivo,Tiempo transcurrido,Tiempo en movimiento,Distancia,Desnivel positivo,"
    "Esfuerzo Percibido"
)
DUTCH = (
    "Activiteits-ID,Datum van activiteit,Naam van activiteit,Activiteitstype,Verstreken tijd,"
    "Afstand,Woon-werkverkeer,Materiaal voor activiteit,Bestandsnaam,Verstreken tijd,"
    "Beweegtijd,Afstand,Hoogtewinst"
)
CZECH = (
    "ID aktivity,Datum aktivity,Název aktivity,Typ aktivity,Popis aktivity,Uplynulý čas,"
    "Vzdálenost,Maximální tepová frekvence,Relativní úsilí,Dojíždění,"
    "Soukromá poznámka k aktivitě,Vybavení na aktivitu,Název souboru,Hmotnost sportovce,"
    "Hmotnost kola,Uplynulý čas,Aktivní čas,Vzdálenost,Maximální rychlost,Průměrná rychlost,"
    "Nastoupaná výška"
)
CHINESE = "活动 ID,活动日期,活动名称,活动类型,活动描述,全程耗时,距离,文件名"
OF_2018 = "id,date,name,type,description,elapsed_time,distance,commute,gear,filename"
OF_2019 = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,"
    "Distance,Relative Effort,Commute,Activity Gear,Filename"
)
_MISSING = "translation missing: en-US.lib.export.portability_exporter.activities.horton_values."

# Where a form has what: `distance` and `first` are as people write them.
BEGINNING = {"id": 0, "date": 1, "name": 2, "kind": 3, "first": 5, "distance": 6}
FULL = {**BEGINNING, "gear": 11, "file": 12, "elapsed": 15, "moving": 16, "metres": 17}
WITH_GEAR = {**FULL, "gear_id": 69}


@dataclass(frozen=True)
class Form:
    """One form of the table: the names of its columns, and where a row has what."""

    header: tuple[str, ...]
    at: Mapping[str, int]
    date: str = "May 29, 2022, 3:53:35 PM"
    kind: str = "Run"
    distance: str = "3.32"
    metres: str = "3322.949951171875"

    def row(self, **cells: str) -> str:
        """A row of it, of which `cells` replaces what it usually holds."""
        usual = {"id": "7", "date": self.date, "name": "Morning", "kind": self.kind,
                 "first": "1428", "distance": self.distance, "elapsed": "1428.0",
                 "moving": "1411.0", "metres": self.metres}  # fmt: skip
        row = [""] * len(self.header)
        for field, value in (usual | cells).items():
            if field in self.at:
                row[self.at[field]] = value
        return written(row)

    def table(self, *rows: str) -> str:
        return written(self.header) + "".join(rows)


def written(cells: list[str] | tuple[str, ...]) -> str:
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerow(cells)
    return held.getvalue()


def _split(header: str, size: int | None = None) -> tuple[str, ...]:
    return tuple(header.split(","))[:size]


def _html(key: str, name: str) -> str:
    return f'<span class="translation_missing" title="{_MISSING}{key}">{name}</span>'


_LATE_2020 = [*_split(ENGLISH, 77)]
_LATE_2020[44], _LATE_2020[69] = f"{_MISSING}type", f"{_MISSING}gear"
_IN_HTML = [*_split(ENGLISH, 84)]
_IN_HTML[44], _IN_HTML[16] = _html("type", "Type"), _html("moving_time", "Moving Time")

FORMS = {
    "2018": Form(_split(OF_2018), {"id": 0, "date": 1, "name": 2, "kind": 3, "first": 5,
                 "metres": 6, "gear": 8, "file": 9}, date="2022-05-29 15:53:35", metres="3322.9"),
    "2019, ten columns": Form(_split(OF_2019.replace("Relative Effort,", "")),
                              {**BEGINNING, "gear": 8, "file": 9}),
    "2019": Form(_split(OF_2019), {**BEGINNING, "gear": 9, "file": 10},
                 date="29 May 2022, 15:53:35"),
    "translation missing": Form(tuple(_LATE_2020), WITH_GEAR),
    "html": Form(tuple(_IN_HTML), WITH_GEAR),
    "86": Form(_split(ENGLISH, 86), WITH_GEAR),
    "94": Form(_split(ENGLISH, 94), WITH_GEAR),
    "99": Form(_split(ENGLISH, 99), WITH_GEAR),
    "103": Form(_split(ENGLISH), WITH_GEAR),
    "German": Form(_split(GERMAN), WITH_GEAR, "29.05.2022, 15:53:35", "Lauf", "3,32", "3322,95"),
    "French": Form(_split(FRENCH), FULL, "29 mai 2022 à 15:53:35", "Course à pied", "3,32"),
    "Spanish": Form(_split(SPANISH), {**BEGINNING, "file": 8, "elapsed": 9, "moving": 10,
                    "metres": 11}, "29 may 2022, 15:53:35", "Carrera", "3,32", "3322,95"),
    "Dutch": Form(_split(DUTCH), {"id": 0, "date": 1, "name": 2, "kind": 3, "first": 4,
                  "distance": 5, "gear": 7, "file": 8, "elapsed": 9, "moving": 10, "metres": 11},
                  "29 mei 2022 15:53:35", "Run", "3,32"),
    "Czech": Form(_split(CZECH), FULL, "29. 5. 2022 15:53:35", "Run", "3,32", "3 322,95"),
    "Chinese": Form(_split(CHINESE), {**BEGINNING, "file": 7}, "2022年5月29日 15:53:35", "Run"),
    "a language nobody knows": Form(tuple(
        f"x{name}" if name in ("Elapsed Time", "Distance") else f"c{at}"
        for at, name in enumerate(ENGLISH.split(","))
    ), WITH_GEAR, "29.05.2022, 15:53:35"),
}  # fmt: skip
LONG = FORMS["103"]

SHOES = "Shoe Name,Shoe Brand,Shoe Model,Shoe Default Sport Types\n"
BIKES = "Bike Name,Bike Brand,Bike Model,Bike Default Sport Types\n"


def export(
    *rows: str,
    form: Form = LONG,
    shoes: str = "",
    bikes: str = "",
    files: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """An export's members; `files` are those of its activities, by their names."""
    held = {
        "activities.csv": form.table(*rows).encode(),
        "shoes.csv": (SHOES + shoes).encode(),
        "bikes.csv": (BIKES + bikes).encode(),
        "profile.csv": b"Athlete ID,Email Address\n1,a@example.org\n",
    }
    return held | {f"activities/{name}": data for name, data in (files or {}).items()}
