"""Writing the file and starting what it says, all of it or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoetrack.service import MARK, Person, ServiceError
from shoetrack.service.installing import Found, find, install, refuse_foreign, uninstall
from shoetrack.service.program import Program
from shoetrack.service.systemd import Systemd
from shoetrack.service.windows import Tasks
from tests.service.programs import Programs

PROGRAM = Program(("/usr/bin/python3", "-P", "-m", "shoetrack", "daemon"))


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path, tmp_path / ".config", tmp_path / "data", "ada", 501)


@pytest.fixture
def systemd(person: Person) -> Systemd:
    return Systemd(person)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs(tmp_path / "fake", "systemctl")
    made.use(monkeypatch)
    return made


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and "fake" not in path.parts]


def test_it_is_written_before_it_is_started(
    systemd: Systemd, programs: Programs, tmp_path: Path
) -> None:
    content = systemd.content(PROGRAM)
    assert find(systemd, content) is Found.NOTHING
    install(systemd, content)
    assert systemd.path.read_bytes() == content
    assert find(systemd, content) is Found.SAME
    assert find(systemd) is Found.OTHER
    assert files(tmp_path) == ["shoetrack.service"]
    assert programs.asked[-1] == "systemctl --user restart shoetrack.service"


def test_where_it_does_not_start_nothing_is_left(
    systemd: Systemd, programs: Programs, tmp_path: Path
) -> None:
    programs.answer("restart", 1, text="Job failed.")
    with pytest.raises(ServiceError, match="Job failed"):
        install(systemd, systemd.content(PROGRAM))
    assert files(tmp_path) == []
    assert programs.asked[-2:] == [
        "systemctl --user disable --now shoetrack.service",
        "systemctl --user daemon-reload",
    ]


def test_where_a_new_one_does_not_start_the_old_one_does(
    systemd: Systemd, programs: Programs
) -> None:
    old = systemd.content(PROGRAM._replace(environment=(("SHOETRACK_KEYRING", "off"),)))
    install(systemd, old)
    programs.answer("restart", 1, 0, text="Job failed.")
    with pytest.raises(ServiceError, match="Job failed"):
        install(systemd, systemd.content(PROGRAM))
    assert systemd.path.read_bytes() == old
    assert programs.asked.count("systemctl --user restart shoetrack.service") == 3


def test_a_folder_that_cannot_be_made_is_told(systemd: Systemd, programs: Programs) -> None:
    systemd.path.parent.parent.mkdir(parents=True)
    systemd.path.parent.symlink_to("/dev/null/nowhere")
    with pytest.raises(ServiceError, match="cannot be"):
        install(systemd, systemd.content(PROGRAM))
    assert programs.asked == []


def test_what_another_wrote_is_left_alone(systemd: Systemd) -> None:
    systemd.path.parent.mkdir(parents=True)
    systemd.path.write_text("[Service]\nExecStart=/bin/true\n")
    found = find(systemd, systemd.content(PROGRAM))
    assert found is Found.FOREIGN
    with pytest.raises(ServiceError, match="move it away"):
        refuse_foreign(systemd, found)


def test_ours_is_known_in_every_encoding(person: Person) -> None:
    tasks = Tasks(person)
    tasks.path.parent.mkdir(parents=True)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-8"):
        tasks.path.write_bytes(f"<!-- {MARK} -->".encode(encoding))
        assert find(tasks, b"") is Found.OTHER


def test_it_is_stopped_before_it_is_removed(systemd: Systemd, programs: Programs) -> None:
    install(systemd, systemd.content(PROGRAM))
    programs.answer("disable", 1, 0, text="Failed to disable unit.")
    with pytest.raises(ServiceError, match="Failed to disable"):
        uninstall(systemd)
    assert systemd.path.exists()
    uninstall(systemd)
    assert not systemd.path.exists()
    assert programs.asked[-1] == "systemctl --user daemon-reload"


def test_where_nothing_can_run_the_file_is_removed_all_the_same(
    systemd: Systemd, programs: Programs
) -> None:
    install(systemd, systemd.content(PROGRAM))
    programs.answer("show", 1, text="Failed to connect to bus")
    before = len(programs.asked)
    uninstall(systemd)
    assert not systemd.path.exists()
    assert programs.asked[before:] == ["systemctl --user show --property=Version"]
