"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, open_reader
from shoetrack.db.store import Store

# The same examples every time: a test that fails must fail again for who looks into it.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# HYPOTHESIS_PROFILE=long looks for what the usual examples miss, with new ones each time.
settings.register_profile(
    "long",
    deadline=timedelta(seconds=60),
    max_examples=2000,
    stateful_step_count=60,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own reaches a test."""
    for name in [name for name in os.environ if name.startswith("SHOETRACK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for SHOETRACK_HOME that is not there yet."""
    return tmp_path / "home"


@pytest.fixture
def location(tmp_path: Path) -> Location:
    """Where a store may be made."""
    return Location(tmp_path / "store" / "shoetrack.db", own_folder=True)


@pytest.fixture
def store(location: Location) -> Iterator[Store]:
    """A fresh store, open for writing."""
    made = Store(location)
    yield made
    made.close()


@pytest.fixture
def reader(store: Store, location: Location) -> Iterator[Reader]:
    """The fresh store, read in one transaction that begins with the first question."""
    with open_reader(location) as found:
        assert found is not None
        yield found
