"""What an option of config.toml is, and how its value is read or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shoetrack.config.lines import line_of
from shoetrack.errors import ConfigError
from shoetrack.units import Unit

_LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Option:
    """One key of config.toml: where it stands, how it is read, what it may be, what it is for."""

    key: str  # "section.name", or "name" at the top
    field: str
    read: Callable[[Any, Unit], Any]
    example: str
    doc: str
    secret: bool = False  # its value is not repeated in a message


def read(values: Mapping[str, Any], option: Option, unit: Unit, text: str, where: str) -> Any:
    """The value of an option; None where it is not written. Raises ConfigError."""
    if option.key not in values:
        return None
    value = values[option.key]
    try:
        return option.read(value, unit)
    except (ValueError, TypeError, AttributeError, KeyError, OSError, OverflowError) as error:
        # The zone database raises each of these for one or another bad name.
        shown = "that" if option.secret else _show(value)
        raise ConfigError(
            f"{where}, line {line_of(text, option.key)}: {option.key} cannot be {shown}:"
            f" write {option.example}"
        ) from error


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return shortened(f'"{value}"' if isinstance(value, str) else str(value))


def shortened(text: str) -> str:
    """As much of a text as goes into a message."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def yes_or_no(value: Any, _unit: Unit) -> bool:
    """The value of an option that is true or false. Raises ValueError."""
    if not isinstance(value, bool):
        raise ValueError
    return value
