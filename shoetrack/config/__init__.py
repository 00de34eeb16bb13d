"""config.toml: what the user has set. How it is read, `options` knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from shoetrack.config.alerts import NO_ALERTS, Alerts
from shoetrack.errors import ConfigError
from shoetrack.sport import Sport
from shoetrack.units import Unit

if TYPE_CHECKING:
    from shoetrack.model.rules import Guide, Rule

# Whose word on a run's distance is believed: a watch's session, a total in a file, Strava's, the
# track's sum.
DISTANCE_ORDER = ("session", "device", "strava", "computed")


@dataclass(frozen=True, slots=True)
class Config:
    """What the user has set. `timezone` None is the zone that the machine is set to."""

    unit: Unit = Unit.MI
    timezone: tzinfo | None = None
    sport: Sport = Sport.RUN
    range_mm: tuple[int, int] = (482_803_200, 804_672_000)
    near: float = 0.9
    window: timedelta = timedelta(days=28)
    tolerance: float = 0.20
    order: tuple[str, ...] = DISTANCE_ORDER
    trust_gear: bool = True
    strava_api: str = "https://www.strava.com/api/v3"
    strava_oauth: str = "https://www.strava.com/oauth"
    strava_window: timedelta = timedelta(days=30)
    strava_every: timedelta = timedelta(minutes=15)
    watch: tuple[Path, ...] = ()
    alerts: Alerts = NO_ALERTS
    rules: tuple[Rule, ...] = ()

    @property
    def guide(self) -> Guide:
        """What automatic decisions are made by."""
        from shoetrack.model.rules import Guide

        return Guide(self.rules, self.trust_gear, self.timezone)


def load(path: Path) -> Config:
    """Read config.toml; without one all is as by default. Raises ConfigError."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is not a file")  # reading a pipe would wait for ever
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Config()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    from shoetrack.config.options import parse  # many have no such file

    return parse(text, str(path))
