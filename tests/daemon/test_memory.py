"""Memory that is free goes back to the system."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from shoetrack.daemon.memory import give_back

BLOCK = 64 * 1024  # below what is mapped alone, and unmapped by itself
COUNT = 1024


def resident() -> int:
    words = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to")
def test_what_is_free_goes_back_to_the_system() -> None:
    blocks = [b"\1" * BLOCK for _ in range(COUNT)]
    kept = blocks[-1]  # the end of the heap stays in use, so that nothing is given back by itself
    before = resident()
    del blocks
    give_back()
    assert before - resident() > BLOCK * COUNT * 0.8
    assert kept


def test_where_it_cannot_be_told_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoetrack.daemon.memory._trim", lambda: None)
    give_back()
