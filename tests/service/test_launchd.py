"""The launchd agent: read back by plistlib. It was not tried on a Mac."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from shoetrack.service import MARK, Person, ServiceError, launchd, manager_of
from shoetrack.service.launchd import Launchd
from shoetrack.service.program import Program
from tests.service.programs import Programs

ODD = '/Users/a & b/<it\'s> 100% $HOME "q" back\\slash é👟'
PROGRAM = Program((f"{ODD}/python", "-P", "-m", "shoetrack", "daemon"), (("SHOETRACK_HOME", ODD),))


@pytest.fixture
def agent(tmp_path: Path) -> Launchd:
    found = manager_of("darwin", Person(tmp_path, tmp_path / ".config", tmp_path / "d", "ada", 501))
    assert isinstance(found, Launchd)
    return found


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs(tmp_path / "fake", "launchctl")
    made.use(monkeypatch)
    return made


def test_it_says_what_the_daemon_needs(agent: Launchd, tmp_path: Path) -> None:
    content = agent.content(PROGRAM)
    found = plistlib.loads(content)
    assert found["Label"] == "shoetrack.daemon"
    assert tuple(found["ProgramArguments"]) == PROGRAM.words
    assert found["EnvironmentVariables"] == dict(PROGRAM.environment)
    assert found["RunAtLoad"] is True
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    assert found["StandardErrorPath"] == f"{tmp_path}/Library/Logs/shoetrack.log"
    assert MARK.encode() in content
    assert agent.path == tmp_path / "Library/LaunchAgents/shoetrack.daemon.plist"


def test_an_agent_that_runs_is_out_before_the_new_one_is_put_in(
    agent: Launchd, programs: Programs
) -> None:
    programs.answer("print", 0, 0, 113)  # still there after it was taken out
    agent.start()
    service = "gui/501/shoetrack.daemon"
    assert programs.asked == [
        f"launchctl print {service}",
        f"launchctl bootout {service}",
        f"launchctl print {service}",
        f"launchctl print {service}",
        f"launchctl enable {service}",
        f"launchctl bootstrap gui/501 {agent.path}",
    ]


def test_one_that_does_not_go_is_told(
    agent: Launchd, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launchd, "_PATIENCE_S", 0)
    with pytest.raises(ServiceError, match="does not let go"):
        agent.stop()
    assert programs.asked.count("launchctl bootout gui/501/shoetrack.daemon") == 1


def test_what_is_not_loaded_is_not_stopped(agent: Launchd, programs: Programs) -> None:
    programs.answer("print", 113)
    agent.stop()
    assert programs.asked == ["launchctl print gui/501/shoetrack.daemon"]


def test_why_it_failed_is_told(agent: Launchd, programs: Programs) -> None:
    programs.answer("print", 113)
    programs.answer("bootstrap", 5, text="Bootstrap failed: 5: Input/output error")
    with pytest.raises(ServiceError, match="Bootstrap failed: 5"):
        agent.start()


def test_without_a_screen_it_says_so(agent: Launchd, programs: Programs) -> None:
    assert agent.obstacle() == ""
    programs.answer("print", 125, text="Could not find domain")
    assert agent.obstacle() == "you are not logged in at this Mac's screen"


def test_without_launchd_it_says_so(
    agent: Launchd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert agent.obstacle() == "there is no launchd on this machine"
