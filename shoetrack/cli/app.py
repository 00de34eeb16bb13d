"""What every command shares: the store, the configuration, the unit, the clock, and options."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shoetrack.config import Config, load
from shoetrack.db.location import Location, locate
from shoetrack.errors import RefusedError, UsageError
from shoetrack.names import find_shoe
from shoetrack.paths import DATABASE, Places, places
from shoetrack.sport import Sport, parse_sport
from shoetrack.units import (
    Unit,
    as_utc,
    local_day,
    parse_distance,
    parse_duration,
    parse_range,
    parse_span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shoetrack.db.reader import Reader
    from shoetrack.db.store import Store
    from shoetrack.model import Shoe

NOW = "SHOETRACK_NOW"
_FIRST_YEAR, _LAST_YEAR = 1980, 9000
# A line of help is never so long.
_WHOLE = 1000

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class App:
    """The settings of one call."""

    database: str | None = None
    unit_given: Unit | None = None

    @cached_property
    def places(self) -> Places:
        return places()

    @cached_property
    def config(self) -> Config:
        return self.read_config()

    def read_config(self) -> Config:
        """What config.toml says now, in the unit that was asked for. Raises ConfigError."""
        config = load(self.places.config_file)
        return config if self.unit_given is None else replace(config, unit=self.unit_given)

    @property
    def unit(self) -> Unit:
        return self.config.unit

    @cached_property
    def location(self) -> Location:
        named = self.database or os.environ.get(DATABASE)
        if named:
            return locate(named)
        return Location(self.places.store_file, own_folder=True)

    @cached_property
    def now(self) -> datetime:
        """When the command was called; `SHOETRACK_NOW` sets another moment, to show a page again as
        it was.
        """
        return self.moment()

    def moment(self) -> datetime:
        """This moment, for commands that last; `SHOETRACK_NOW` sets another here too."""
        if given := os.environ.get(NOW):
            try:
                instant = as_utc(datetime.fromisoformat(given))
                if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
                    raise ValueError(given)  # a forecast would end outside of the calendar
                return instant
            except (ValueError, OverflowError) as error:
                raise UsageError(
                    f"{NOW} is {given!r}: write an instant such as 2026-05-01T08:00:00Z"
                ) from error
        return datetime.now(UTC)

    @property
    def today(self) -> date:
        return local_day(self.now, self.config.timezone)

    @contextmanager
    def reader(self) -> Iterator[Reader | None]:
        """The store for reading; None where there is none yet."""
        from shoetrack.db.reader import open_reader

        with open_reader(self.location) as reader:
            yield reader

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store for writing; made where there is none yet."""
        from shoetrack.db.store import Store

        store = Store(self.location)
        try:
            yield store
        finally:
            store.close()

    def shoes(self) -> list[Shoe]:
        from shoetrack.db import shoe_queries

        with self.reader() as reader:
            return shoe_queries.shoes(reader) if reader else []

    def shoe(self, text: str, shoes: Sequence[Shoe] | None = None) -> Shoe:
        """The pair that a text means. Raises NotFoundError, AmbiguousError."""
        return find_shoe(self.shoes() if shoes is None else shoes, text)


pass_app = click.make_pass_decorator(App)


# --- kinds of values that people type -------------------------------------------------------


class _Typed(click.ParamType[Any]):
    """A value read by one of ours; what it says of a bad one is what the user sees."""

    def __init__(self, name: str, read: Callable[[str, App], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        assert ctx is not None
        try:
            return self._read(value, ctx.find_object(App) or App())
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _date(text: str, app: App) -> date:
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}.get(text.casefold())
    if days is not None:
        return app.today + timedelta(days=days)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it like 2026-05-31") from None


def _sport(text: str, _: App) -> Sport:
    try:
        return parse_sport(text)
    except ValueError:
        known = ", ".join(Sport)
        raise ValueError(f"{text!r} is not a sport on foot: known are {known}") from None


def _run_number(text: str, _: App) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise ValueError(f"{text!r} is not a run's number: `shoetrack runs` lists them")
    return int(text)


DATE = _Typed("date", _date)
DISTANCE = _Typed("distance", lambda text, app: parse_distance(text, app.unit))
RANGE = _Typed("range", lambda text, app: parse_range(text, app.unit))
DURATION = _Typed("duration", lambda text, _: parse_duration(text))
SPAN = _Typed("span", lambda text, _: parse_span(text))
SPORT = _Typed("sport", _sport)
RUN = _Typed("run", _run_number)


# --- options that many commands have --------------------------------------------------------


def _set_database(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(App).database = value


def _set_unit(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(App).unit_given = Unit(value)


def _everywhere() -> list[click.Parameter]:
    return [
        click.Option(
            ["--db"],
            metavar="FILE",
            expose_value=False,
            is_eager=True,
            callback=_set_database,
            help="Another store than the usual one: a file, or a database URL.",
        ),
        click.Option(
            ["--unit"],
            type=click.Choice([str(unit) for unit in Unit]),
            expose_value=False,
            is_eager=True,
            callback=_set_unit,
            help="Miles or kilometres, whatever the configuration says.",
        ),
    ]


class Command(click.Command):
    """A command that takes `--db` and `--unit`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _everywhere()


class Group(click.Group):
    """A group whose commands do, and itself too."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _everywhere()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Whole lines: click would cut them at the terminal's width."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, one.get_short_help_str(_WHOLE)) for name, one in self.commands.items()]
            )


# name: (module in shoetrack.cli, attribute, the line in the help)
Commands = Mapping[str, tuple[str, str, str]]


class LazyGroup(Group):
    """A group that loads the file of a command only when it is called: start-up is what people
    wait for.
    """

    def __init__(self, *args: Any, table: Commands, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._table:
            return None
        module, attribute, _ = self._table[cmd_name]
        command = getattr(importlib.import_module(f"shoetrack.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in self._table.items()])


def json_option(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="As JSON.")(function)


def table_options(function: F) -> F:
    csv = click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
    return csv(json_option(function))


def yes_option(function: F) -> F:
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(function)


def run_filters(function: F) -> F:
    """The conditions that choose runs; all that are given must hold."""
    for option in (
        click.option("--sport", type=SPORT, help="Of this sport: run, trail-run, walk, …"),
        click.option("--until", type=DATE, help="Up to this day."),
        click.option("--since", type=DATE, help="From this day on."),
        click.option("--unassigned", is_flag=True, help="On no pair yet."),
        click.option("--shoe", "shoe_name", metavar="SHOE", help="On this pair."),
    ):
        function = option(function)
    return function


def ask(question: str, yes: bool) -> None:
    """Go on only if the user agrees; where nobody can be asked, say how to agree beforehand."""
    if yes:
        return
    if not can_ask():
        raise RefusedError(f"{question} Nothing was changed: add --yes to do it")
    if not click.confirm(question, err=True):
        raise RefusedError("nothing was changed")


def can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
