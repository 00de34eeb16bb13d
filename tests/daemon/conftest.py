"""Homes with an empty store in them: to make one takes longer than most tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shoetrack.db.location import Location
from shoetrack.db.store import Store
from tests.daemon.house import PASSWORD, USER, House
from tests.notify.test_service import Web, web
from tests.smtp_server import SmtpServer, smtp_server


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


@pytest.fixture
def house(home: Path, tmp_path: Path) -> House:
    """That home with a folder that is to be watched."""
    return House(home, tmp_path / "inbox")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmtpServer]:
    """The house's mail server."""
    with smtp_server(tmp_path, user=USER, password=PASSWORD) as server:
        yield server


@pytest.fixture
def phone() -> Iterator[Web]:
    """The house's other channel."""
    with web() as service:
        yield service
