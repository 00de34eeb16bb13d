"""The systemd user unit: read back by systemd's rules, and where it is installed, by itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.service import MARK, Person, ServiceError
from shoetrack.service.program import Program
from shoetrack.service.systemd import Systemd, quoted
from tests.service.programs import Programs

ODD = '/srv/it\'s 100% $HOME ${X} "q" back\\slash\\n é👟 ;#'
REST = ("-P", "-m", "shoetrack", "daemon")


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path, tmp_path / ".config", tmp_path / "data", "nobody-here", os.getuid())


def unit(person: Person, program: Program) -> RawConfigParser:
    """The unit as a parser of its sections reads it; a key that comes twice is an error."""
    parser = RawConfigParser(strict=True, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(Systemd(person).content(program).decode())
    return parser


def split(text: str) -> list[str]:
    """Words as systemd.syntax(7) and systemd.unit(5) have them: quotes, escapes, specifiers."""
    words = re.findall(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+', text)
    found = []
    for word in words:
        plain = re.sub(r'\\(.)|"', lambda match: match[1] or "", word)
        assert not re.search(r"(?<!%)(%%)*%(?!%)", plain), f"a specifier in {word}"
        found.append(plain.replace("%%", "%"))
    return found


def started(text: str) -> list[str]:
    """The words that ExecStart runs, in an environment that has no variables."""
    first, *rest = split(text)
    return [first, *(re.sub(r"\$\$|\$\w+|\$\{\w+\}", _variable, word) for word in rest)]


def _variable(match: re.Match[str]) -> str:
    return "$" if match[0] == "$$" else ""


def test_it_says_what_the_daemon_needs(person: Person) -> None:
    found = unit(person, Program(("/usr/bin/python3", *REST)))
    service = dict(found["Service"])
    assert service["Type"] == "exec"
    assert service["ExecStart"] == "/usr/bin/python3 -P -m shoetrack daemon"
    assert service["ExecReload"] == "kill -HUP $MAINPID"
    assert service["Restart"] == "on-failure"
    assert service["NoNewPrivileges"] == "yes"
    assert "Environment" not in service
    assert found["Install"]["WantedBy"] == "default.target"
    # What a user's unit cannot wait for, and what would hide home, drives or the bus from it.
    text = Systemd(person).content(Program(("/usr/bin/python3", *REST))).decode()
    assert not re.search("network|ProtectHome|ProtectSystem|Private|User=", text)
    assert text.startswith(f"# {MARK}\n")


@pytest.mark.parametrize(
    "python", ["/usr/bin/python3", "/opt/my venv/bin/python", "/opt/100%h/é👟;#/python"]
)
def test_a_path_is_started_as_it_is(person: Person, python: str) -> None:
    found = unit(person, Program((python, *REST)))["Service"]["ExecStart"]
    assert started(found) == [python, *REST]


@pytest.mark.parametrize("odd", ["$HOME", '"', "'", "\\", "$$", "\\x20"])
def test_one_that_systemd_does_not_start_itself_is_started_by_a_shell(
    person: Person, odd: str
) -> None:
    python = f"/opt/a{odd}b/python"
    found = unit(person, Program((python, *REST)))["Service"]["ExecStart"]
    assert started(found) == ["/bin/sh", "-c", 'exec "$0" "$@"', python, *REST]


def test_the_shell_becomes_the_program(tmp_path: Path, person: Person) -> None:
    odd = tmp_path / 'it\'s $HOME "x" \\n'
    odd.mkdir()
    python = odd / "python"
    python.symlink_to(sys.executable)
    found = unit(
        person, Program((str(python), "-c", "import os, sys; print(os.getpid(), sys.argv)"))
    )
    words = started(found["Service"]["ExecStart"])
    with subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8") as process:
        out, _ = process.communicate(timeout=30)
    assert out == f"{process.pid} ['-c']\n"


def test_settings_come_through(person: Person) -> None:
    program = Program(("/usr/bin/python3", *REST), (("SHOETRACK_HOME", ODD),))
    found = unit(person, program)["Service"]["Environment"]
    assert split(found) == [f"SHOETRACK_HOME={ODD}"]


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1))
def test_any_word_reads_back(word: str) -> None:
    assert split(quoted(word)) == [word]
    assert "\n" not in quoted(word)


@pytest.mark.parametrize("python", ["/opt/my venv/bin/python", ODD])
def test_systemd_itself_finds_no_fault(tmp_path: Path, person: Person, python: str) -> None:
    """`systemd-analyze verify` also looks whether the program is there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    program = tmp_path / python.removeprefix("/")
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/true", program)
    manager = Systemd(person)
    manager.path.parent.mkdir(parents=True)
    settings = (("SHOETRACK_HOME", ODD), ("SHOETRACK_KEYRING", "off"))
    manager.path.write_bytes(manager.content(Program((str(program), *REST), settings)))
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(manager.path)],
        env={**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("systemd's manager does not work here")
    assert (done.returncode, done.stderr) == (0, "")


def test_it_goes_where_the_users_units_are(tmp_path: Path, person: Person) -> None:
    assert Systemd(person).path == tmp_path / ".config/systemd/user/shoetrack.service"


# --- systemctl ------------------------------------------------------------------------------


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs(tmp_path / "fake", "systemctl")
    made.use(monkeypatch)
    return made


def test_it_is_started_now_and_from_now_on(programs: Programs, person: Person) -> None:
    manager = Systemd(person)
    assert manager.obstacle() == ""
    manager.start()
    assert programs.asked == [
        "systemctl --user show --property=Version",
        "systemctl --user daemon-reload",
        "systemctl --user enable shoetrack.service",
        "systemctl --user restart shoetrack.service",
    ]


def test_it_is_stopped_for_good(programs: Programs, person: Person) -> None:
    manager = Systemd(person)
    manager.stop()
    manager.forget()
    assert programs.asked[1:] == [
        "systemctl --user disable --now shoetrack.service",
        "systemctl --user daemon-reload",
    ]


def test_what_systemd_does_not_know_is_not_stopped(programs: Programs, person: Person) -> None:
    programs.answer("cat", 1, text="No files found for shoetrack.service.")
    Systemd(person).stop()
    assert programs.asked == ["systemctl --user cat shoetrack.service"]


def test_why_it_failed_is_told(programs: Programs, person: Person) -> None:
    programs.answer("restart", 1, text="Job for shoetrack.service failed.\nSee the logs.")
    with pytest.raises(ServiceError, match=r"restart shoetrack.service` failed: Job for"):
        Systemd(person).start()


def test_without_a_session_it_says_so(programs: Programs, person: Person) -> None:
    programs.answer("show", 1, text="Failed to connect to bus: No medium found")
    found = Systemd(person).obstacle()
    assert found == (
        "there is no systemd session of yours here (Failed to connect to bus: No medium found)"
    )


def test_without_systemd_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, person: Person
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Systemd(person).obstacle() == "there is no systemd on this machine"


def test_lingering_is_spoken_of_where_it_is_off(person: Person) -> None:
    assert "loginctl enable-linger" in Systemd(person).hint()
