"""Fixtures of the tests of watched folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shoetrack.db.location import Location
from tests.watching.desk import Desk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to watch."""
    made = tmp_path / "watched"
    made.mkdir()
    return made


@pytest.fixture
def desk(location: Location, folder: Path) -> Iterator[Desk]:
    """A desk that watches `folder`."""
    made = Desk(location, folder)
    yield made
    made.close()
