"""The README's commands, run in its order: what it shows is what they print.

UPDATE_README=1 writes what they print into it instead.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shoetrack import demo
from tests.strava_server import WITH_WRITE, StravaServer
from tests.strava_world import World
from tests.support import run_cli, run_in_terminal
from tests.terminal import Terminal

README = Path(__file__).parent.parent / "README.md"
NOW = datetime(2026, 6, 1, 18, tzinfo=UTC)
_BLOCK = re.compile(r"(?<=```)(console|toml)\n(.*?)(?=```)", re.DOTALL)
# What is pressed in the inbox: the pair that the first run was in, and the end.
_KEYS = "2q"


def _play(block: str, home: Path) -> str:
    """The block with what its commands print under them."""
    shown = []
    for line in block.splitlines():
        if not line.startswith("$ "):
            continue
        program, *words = shlex.split(line.removeprefix("$ "))
        assert program == "shoetrack"
        if not words:  # the one glance is drawn for people
            seen = run_in_terminal([], home, {"NO_COLOR": "1"}, now=NOW)
            shown.append(f"{line}\n{_trimmed(seen)}")
            continue
        if words == ["assign"]:
            env = {"NO_COLOR": "1", "SHOETRACK_NOW": NOW.isoformat()}
            with Terminal(*words, home=home, env=env) as terminal:
                terminal.press(_KEYS)
                terminal.end()
                shown.append(f"{line}\n{_trimmed(terminal.shown)}")
            continue
        done = run_cli(*words, home=home, now=NOW, cwd=home)
        shown.append(f"{line}\n{done.stdout}{done.stderr}")
    return "\n".join(shown)


def _trimmed(seen: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in seen.splitlines())


def _at_strava() -> World:
    """A runner's account at Strava: two pairs, and eighty runs on foot."""
    world = World(now=NOW)
    world.add_shoe("g1", "Pegasus 41", "Nike", "Pegasus 41")
    world.add_shoe("g2", "Novablast 5", "Asics", "Novablast 5")
    world.add_season(80, ["g1", "g1", "g2", None])
    return world


@pytest.mark.skipif(sys.platform == "win32", reason="the words are split as a POSIX shell does")
def test_the_readme_shows_what_its_commands_print(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    for run in demo.season(NOW.date()):
        demo.write(run, folder)
    text = README.read_text(encoding="utf-8")

    def answer(match: re.Match[str]) -> str:
        kind, block = match.groups()
        if kind == "toml":
            # A block of sections adds to what was said before, one with options at the top is all.
            mode = "a" if block.startswith("[") else "w"
            with (tmp_path / "config.toml").open(mode, encoding="utf-8") as config:
                config.write(f"{block}\n")
            return match[0]
        home = connected if "shoetrack strava" in block else tmp_path
        return f"{kind}\n{_play(block, home)}"

    with StravaServer(_at_strava()) as strava:
        connected = tmp_path / "connected"
        strava.connect(connected, WITH_WRITE)
        played = _BLOCK.sub(answer, text)

    if os.environ.get("UPDATE_README"):
        README.write_text(played, encoding="utf-8")
    assert played == text


def test_the_readme_begins_with_what_it_is_for_and_the_two_commands() -> None:
    first_screen = README.read_text(encoding="utf-8").splitlines()[:24]
    assert "Know when your running shoes are done" in "\n".join(first_screen)
    assert any("scripts/quickstart" in line for line in first_screen)
    assert any("scripts/test" in line for line in first_screen)
