"""The command line called within the tests' own process: fast, and all but the process is real."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shoetrack.cli.main import run
from tests.support import NOW


@dataclass(frozen=True)
class Answer:
    """What a command line gave."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.status in (0, 1, 3), self.err
        return json.loads(self.out)


Cli = Callable[..., Answer]


@pytest.fixture
def cli(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("status", "--json")`, with the store and the configuration in `home`, at `NOW`."""
    monkeypatch.setenv("SHOETRACK_HOME", str(home))
    monkeypatch.setenv("SHOETRACK_NOW", NOW.isoformat())
    monkeypatch.setenv("TZ", "UTC")

    def call(*args: str | Path) -> Answer:
        capsys.readouterr()
        status = run([os.fspath(arg) for arg in args])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Answer(status, captured.out, captured.err)

    return call
