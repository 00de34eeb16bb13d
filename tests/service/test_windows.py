"""The scheduled task: its XML is read back, and its command line as Windows takes one apart. It was
not tried on Windows.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from shoetrack.service import MARK, Person, ServiceError, manager_of
from shoetrack.service.program import Program
from shoetrack.service.windows import Tasks
from tests.service.programs import Programs
from tests.support import cli_env, run_cli

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
REST = ("-P", "-m", "shoetrack", "daemon")
PLAIN = Program(("C:\\Program Files\\Py & Co\\python.exe", *REST))


@pytest.fixture
def tasks(tmp_path: Path) -> Tasks:
    found = manager_of("win32", Person(tmp_path, tmp_path, tmp_path / "data", "PC\\Ada & <Bob>"))
    assert isinstance(found, Tasks)
    return found


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs(tmp_path / "fake", "schtasks")
    made.use(monkeypatch)
    return made


def task(tasks: Tasks, program: Program) -> dict[str, str]:
    """The texts of a task's elements by their paths; none of them comes twice."""
    root = ElementTree.fromstring(tasks.content(program))
    found: dict[str, str] = {}

    def walk(element: ElementTree.Element, path: str) -> None:
        if len(element) == 0:
            assert path not in found
            found[path] = element.text or ""
        for inner in element:
            walk(inner, f"{path}/{inner.tag.removeprefix(NAMESPACE)}")

    assert root.tag == f"{NAMESPACE}Task"
    walk(root, "")
    return found


def split(line: str) -> list[str]:
    """A command line's words, by the rules of the Microsoft C runtime."""
    words: list[str] = []
    word, quoted, started, at = "", False, False, 0
    while at < len(line):
        slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        at += slashes
        char = line[at : at + 1]
        if char == '"':
            word += "\\" * (slashes // 2)
            started = True
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
        else:
            word += "\\" * slashes
            started = started or bool(slashes)
            if char in (" ", "\t", "") and not quoted:
                if started:
                    words.append(word)
                word, started = "", False
            else:
                word += char
                started = True
        at += 1
    return [*words, word] if started else words


def test_it_says_what_the_daemon_needs(tasks: Tasks) -> None:
    found = task(tasks, PLAIN)
    assert found["/Triggers/LogonTrigger/UserId"] == "PC\\Ada & <Bob>"
    assert found["/Triggers/LogonTrigger/Repetition/Interval"] == "PT15M"
    assert found["/Principals/Principal/RunLevel"] == "LeastPrivilege"
    assert found["/Settings/ExecutionTimeLimit"] == "PT0S"
    assert found["/Settings/DisallowStartIfOnBatteries"] == "false"
    assert found["/Settings/StopIfGoingOnBatteries"] == "false"
    assert found["/Settings/MultipleInstancesPolicy"] == "IgnoreNew"
    assert found["/Settings/RestartOnFailure/Interval"] == "PT1M"
    assert found["/Actions/Exec/Command"] == PLAIN.words[0]
    assert found["/Actions/Exec/Arguments"] == "-P -m shoetrack daemon"


def test_it_is_in_the_encoding_that_schtasks_reads(tasks: Tasks) -> None:
    content = tasks.content(PLAIN)
    assert content[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = content.decode("utf-16")
    assert text.startswith('<?xml version="1.0" encoding="UTF-16"?>\r\n')
    assert f"<!-- {MARK} -->" in text


def test_settings_are_set_by_the_program_itself(tasks: Tasks, tmp_path: Path) -> None:
    """Its words are run for real, with another command than the daemon."""
    home = tmp_path / 'it\'s 100% $(Arg0) %PATH% "q" é👟 \\'
    added = run_cli("shoe", "add", "Pegasus 41", home=home)
    assert added.returncode == 0, added.stderr
    program = Program((sys.executable, *REST), (("SHOETRACK_HOME", str(home)),))
    line = task(tasks, program)["/Actions/Exec/Arguments"]
    assert line.isascii()
    assert not re.search(r"[%$]", line)
    *words, last = split(line)
    assert last == "daemon"
    done = subprocess.run(
        [sys.executable, *words, "shoe", "list", "--json"],
        env=cli_env(home, {"SHOETRACK_HOME": None, "HOME": str(tmp_path)}),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert [shoe["name"] for shoe in json.loads(done.stdout)] == ["Pegasus 41"]


def test_no_window_is_opened_where_there_is_a_python_without_one(
    tasks: Tasks, tmp_path: Path
) -> None:
    folder = f"{tmp_path}\\v\\Scripts\\"
    for name in ("python.exe", "pythonw.exe"):
        Path(folder + name).touch()
    found = task(tasks, Program((f"{folder}python.exe", *REST)))["/Actions/Exec/Command"]
    assert found == f"{folder}pythonw.exe"


def test_it_is_registered_and_started(tasks: Tasks, programs: Programs) -> None:
    assert tasks.obstacle() == ""
    programs.answer("/End", 1, text="ERROR: The system cannot find the file specified.")
    tasks.start()
    assert programs.asked == [
        "schtasks /End /TN shoetrack",
        f"schtasks /Create /TN shoetrack /XML {tasks.path} /F",
        "schtasks /Run /TN shoetrack",
    ]


def test_it_is_ended_and_deleted(tasks: Tasks, programs: Programs) -> None:
    tasks.stop()
    assert programs.asked == [
        "schtasks /Query /TN shoetrack",
        "schtasks /End /TN shoetrack",
        "schtasks /Delete /TN shoetrack /F",
    ]


def test_what_is_not_registered_is_not_deleted(tasks: Tasks, programs: Programs) -> None:
    programs.answer("/Query", 1)
    tasks.stop()
    assert programs.asked == ["schtasks /Query /TN shoetrack"]


def test_why_it_failed_is_told(tasks: Tasks, programs: Programs) -> None:
    programs.answer("/Create", 1, text="ERROR: Access is denied.")
    with pytest.raises(ServiceError, match="Access is denied"):
        tasks.start()


def test_without_a_scheduler_it_says_so(
    tasks: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tasks.obstacle() == "there is no Task Scheduler on this machine"
