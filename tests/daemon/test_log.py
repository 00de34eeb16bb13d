"""The log: one line for one thing, whatever is in it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.daemon.log import Log, listen_to_libraries


def said(message: str, *, as_json: bool = False, level: str = "info") -> str:
    stream = io.StringIO()
    Log(stream, as_json=as_json).say("strava", message, level=level, counts={"new": 2})
    return stream.getvalue()


def test_a_line_for_a_person() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d strava: 2 new runs\n", said("2 new runs"))
    assert " ERROR strava: it fails\n" in said("it fails", level="error")


def test_a_line_for_a_program() -> None:
    found = json.loads(said("2 new runs", as_json=True))
    time = found.pop("time")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert found == {
        "level": "info",
        "job": "strava",
        "event": "done",
        "message": "2 new runs",
        "counts": {"new": 2},
    }


@given(st.text(st.characters(codec=None)))
def test_whatever_is_in_it_it_is_one_line_that_commands_nothing(message: str) -> None:
    line = said(message)
    assert line.endswith("\n")
    assert all(char.isprintable() for char in line[:-1])
    line.encode()
    assert isinstance(json.loads(said(message, as_json=True))["message"], str)


def test_no_whole_address_is_in_it() -> None:
    line = said("not to ada.lovelace+shoes@example.org, b@x.example.com: no such user")
    assert "not to a…@example.org, b…@x.example.com: no such user" in line


class Full(io.StringIO):
    """A stream on a drive that is full."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    log = Log(Full())
    log.say("strava", "one")
    log.say("strava", "two")


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.NOTSET)


def test_what_goes_wrong_in_a_library_is_not_lost(root: logging.Logger) -> None:
    stream = io.StringIO()
    listen_to_libraries(Log(stream, as_json=True))
    logging.getLogger("apscheduler.executors.default").warning("skipped")
    logging.getLogger("apscheduler.scheduler").info("Running job")
    try:
        raise ZeroDivisionError("by none")
    except ZeroDivisionError:
        logging.getLogger("apscheduler.executors.default").exception("Job raised")
    logging.getLogger("watchdog").warning("no room for %d", 3)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["job"], first["level"]) == ("apscheduler", "error")
    assert "by none" in first["message"]
    assert (second["job"], second["level"]) == ("watchdog", "warning")
    assert second["message"] == "no room for 3"
