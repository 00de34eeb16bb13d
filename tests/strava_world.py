"""An athlete as Strava's servers know them: activities, pairs, and the truth about their miles.

The shapes are those of Strava's answers; the values are made up.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .support import NOW

Json = dict[str, Any]

FIRST_ID = 16_000_000_000
ON_FOOT = {"Run", "TrailRun", "VirtualRun", "Walk", "Hike"}
_TYPES = {"TrailRun": "Run", "GravelRide": "Ride", "MountainBikeRide": "Ride"}


@dataclass
class World:
    """All that one athlete has at Strava. `now` is the time on Strava's clock."""

    now: datetime = NOW
    athlete_id: int = 26_462_176
    created_at: datetime = NOW - timedelta(days=3000)
    activities: dict[int, Json] = field(default_factory=dict)
    gears: dict[str, Json] = field(default_factory=dict)
    before_gps_m: dict[str, float] = field(default_factory=dict)  # typed in when a pair was added
    _ids: int = FIRST_ID

    # --- what the athlete does there ---

    def add_shoe(
        self,
        gear_id: str,
        name: str,
        brand: str = "",
        model: str = "",
        *,
        retired: bool = False,
        start_m: float = 0.0,
    ) -> str:
        self.gears[gear_id] = {
            "name": name,
            "brand_name": brand or name.split()[0],
            "model_name": model or name,
            "retired": retired,
        }
        self.before_gps_m[gear_id] = start_m
        return gear_id

    def add_bike(self, gear_id: str, name: str) -> str:
        return self.add_shoe(gear_id, name)

    def add(
        self,
        start: datetime,
        metres: float,
        *,
        gear: str | None = None,
        sport: str = "Run",
        seconds: int | None = None,
        name: str = "Morning Run",
        offset_s: int = 7200,
        zone: str = "(GMT+01:00) Europe/Berlin",
        activity_id: int | None = None,
        **more: Any,
    ) -> int:
        """An activity at `start` (aware); `more` overrides what Strava would tell of it."""
        if activity_id is None:
            self._ids += 1
            activity_id = self._ids
        seconds = seconds if seconds is not None else round(metres / 3)
        local = start + timedelta(seconds=offset_s)
        self.activities[activity_id] = {
            "resource_state": 2,
            "athlete": {"id": self.athlete_id, "resource_state": 1},
            "name": name,
            "distance": metres,
            "moving_time": seconds,
            "elapsed_time": seconds + 27,
            "total_elevation_gain": 34.0,
            "type": _TYPES.get(sport, sport),
            "sport_type": sport,
            "workout_type": 0,
            "id": activity_id,
            "start_date": _stamp(start),
            "start_date_local": _stamp(local),
            "timezone": zone,
            "utc_offset": float(offset_s),
            "location_city": None,
            "location_state": None,
            "location_country": None,
            "achievement_count": 1,
            "kudos_count": 7,
            "comment_count": 1,
            "athlete_count": 1,
            "photo_count": 0,
            "map": {
                "id": f"a{activity_id}",
                "summary_polyline": "y_wwFbstbM@b@DD",
                "resource_state": 2,
            },
            "trainer": False,
            "commute": False,
            "manual": False,
            "private": False,
            "visibility": "everyone",
            "flagged": False,
            "gear_id": gear,
            "start_latlng": [52.52, 13.405],
            "end_latlng": [52.521, 13.406],
            "average_speed": 3.145,
            "max_speed": 5.486,
            "average_cadence": 78.4,
            "average_temp": 18,
            "has_heartrate": True,
            "average_heartrate": 146.8,
            "max_heartrate": 162.0,
            "heartrate_opt_out": False,
            "display_hide_heartrate_option": True,
            "elev_high": 15.0,
            "elev_low": -6.2,
            "upload_id": activity_id + 1_000_000_000,
            "upload_id_str": str(activity_id + 1_000_000_000),
            "external_id": f"garmin_ping_{activity_id % 10**9}",
            "from_accepted_tag": False,
            "pr_count": 1,
            "total_photo_count": 0,
            "has_kudoed": False,
            "suffer_score": 76.0,
            **more,
        }
        return activity_id

    def add_season(self, count: int, gears: list[str | None], *, seed: int = 1) -> list[int]:
        """`count` runs, two days in three back from `now`; every seventh activity is a ride."""
        chance = random.Random(seed)
        ids = []
        for back in range(count):
            start = self.now - timedelta(hours=30 + 32 * back, minutes=chance.randrange(90))
            metres = round(chance.uniform(3000, 22000), 1)
            sport = chance.choice(["Run", "Run", "Run", "TrailRun", "Walk"])
            ids.append(
                self.add(start, metres, gear=chance.choice(gears), sport=sport, name=f"Run {back}")
            )
            if back % 7 == 6:
                self.add(start - timedelta(hours=6), 31_234.5, sport="GravelRide", name="Ride")
        return ids

    def edit(self, activity_id: int, **changes: Any) -> None:
        """Change what Strava tells of an activity: `distance`, `gear_id`, `name`, `sport_type`."""
        self.activities[activity_id].update(changes)

    def delete(self, activity_id: int) -> None:
        del self.activities[activity_id]

    # --- the truth ---

    def on_foot(self) -> list[Json]:
        return [one for one in self.activities.values() if one["sport_type"] in ON_FOOT]

    def totals_mm(self) -> dict[str | None, int]:
        """What was run on each pair, and on none (None), in millimetres; no start values."""
        totals: Counter[str | None] = Counter()
        for one in self.on_foot():
            totals[one["gear_id"]] += round(one["distance"] * 1000)
        return dict(totals)

    # --- what it tells ---

    def listed(self, *, private: bool, after: float | None, before: float | None) -> list[Json]:
        """The activities between two instants, newest first, or oldest first with `after`."""
        found = [
            one
            for one in self.activities.values()
            if (private or one["visibility"] != "only_me")
            and (after is None or _epoch(one) > after)
            and (before is None or _epoch(one) < before)
        ]
        return sorted(found, key=_epoch, reverse=after is None)

    def gear_distance_m(self, gear_id: str) -> float:
        ran = sum(
            one["distance"] for one in self.activities.values() if one.get("gear_id") == gear_id
        )
        return float(ran + self.before_gps_m.get(gear_id, 0.0))

    def summary_gear(self, gear_id: str) -> Json:
        """A pair as it stands in the athlete's list."""
        metres = self.gear_distance_m(gear_id)
        return {
            "id": gear_id,
            "primary": False,
            "name": self.gears[gear_id]["name"],
            "nickname": None,
            "resource_state": 2,
            "retired": self.gears[gear_id]["retired"],
            "distance": round(metres),
            "converted_distance": round(metres / 1609.344, 1),
        }

    def detailed_gear(self, gear_id: str) -> Json:
        gear = self.gears[gear_id]
        is_bike = gear_id.startswith("b")
        more = {"frame_type": 3, "weight": 9.0} if is_bike else {"notification_distance": 0}
        return {
            **self.summary_gear(gear_id),
            "nickname": "",
            "resource_state": 3,
            "brand_name": gear["brand_name"],
            "model_name": gear["model_name"],
            "description": "",
            **more,
        }

    def athlete(self, *, whole: bool) -> Json:
        """`whole` with the pairs: those in use, as Strava leaves retired ones out."""
        found: Json = {
            "id": self.athlete_id,
            "username": "ada",
            "resource_state": 3 if whole else 2,
            "firstname": "Ada",
            "lastname": "Læufer 🏃",
            "bio": "",
            "city": "Berlin",
            "state": "",
            "country": None,
            "sex": "F",
            "premium": True,
            "summit": True,
            "created_at": _stamp(self.created_at),
            "updated_at": _stamp(self.now),
            "badge_type_id": 1,
            "weight": 61.0,
            "profile_medium": "https://example.org/medium.jpg",
            "profile": "https://example.org/large.jpg",
            "friend": None,
            "follower": None,
        }
        if whole:
            used = [gear_id for gear_id, gear in self.gears.items() if not gear["retired"]]
            found |= {
                "blocked": False,
                "can_follow": True,
                "follower_count": 211,
                "friend_count": 286,
                "mutual_friend_count": 0,
                "athlete_type": 1,
                "date_preference": "%m/%d/%Y",
                "measurement_preference": "meters",
                "clubs": [],
                "postable_clubs_count": 0,
                "ftp": None,
                "bikes": [self.summary_gear(one) for one in used if one.startswith("b")],
                "shoes": [self.summary_gear(one) for one in used if one.startswith("g")],
            }
        return found

    def stats(self) -> Json:
        """Runs that everyone may see alone are counted, no walks or hikes."""

        def totals(kind: str) -> Json:
            counted = [
                one
                for one in self.activities.values()
                if one["type"] == kind and one["visibility"] == "everyone"
            ]
            return {
                "count": len(counted),
                "distance": round(sum(one["distance"] for one in counted)),
                "moving_time": sum(one["moving_time"] for one in counted),
                "elapsed_time": sum(one["elapsed_time"] for one in counted),
                "elevation_gain": 0,
            }

        spans = ("recent", "all", "ytd")
        kinds = {"ride": "Ride", "run": "Run", "swim": "Swim"}
        return {
            "biggest_ride_distance": None,
            "biggest_climb_elevation_gain": None,
            **{f"{span}_{word}_totals": totals(kinds[word]) for span in spans for word in kinds},
        }


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _epoch(activity: Json) -> float:
    return datetime.fromisoformat(activity["start_date"]).timestamp()
