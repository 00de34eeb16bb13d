"""Homes with an empty store in them: to make one takes longer than most tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shoetrack.db.location import Location
from shoetrack.db.store import Store


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with nothing in it."""
    path = tmp_path_factory.mktemp("empty") / "shoetrack.db"
    Store(Location(path)).close()
    return path


@pytest.fixture
def home(tmp_path: Path, empty_store: Path) -> Path:
    """A home with an empty store."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(empty_store, home)
    return home
