"""A task of Windows' Task Scheduler, by its XML: [MS-TSCH], section 2.5."""

from __future__ import annotations

import ntpath
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

from shoetrack.service import MARK, Person
from shoetrack.service.calling import call, is_there, must
from shoetrack.service.program import Program

TASK = "shoetrack"

# Restarting on failure is not done for every failure, so a task that has ended is begun anew every
# quarter of an hour; one that runs is left alone. Times are ISO durations, PT0S is no limit.
_TEXT = """\
<?xml version="1.0" encoding="UTF-16"?>
<!-- {mark} -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>shoetrack: syncs, watches folders and sends alerts</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <Repetition>
        <Interval>PT15M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <UserId>{user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


class Tasks:
    """The Task Scheduler. It keeps a copy of its own; ours is kept to know what was asked for."""

    what = "scheduled task"
    log = "shoetrack daemon"  # it has no window and no log there: seen where one starts it by hand

    def __init__(self, person: Person) -> None:
        self._person = person

    @property
    def path(self) -> Path:
        return self._person.data / "shoetrack-task.xml"

    def content(self, program: Program) -> bytes:
        python, *rest = program.words
        if program.environment:
            rest = ["-P", "-c", _with_settings(dict(program.environment)), *rest[3:]]
        text = _TEXT.format(
            mark=MARK,
            user=escape(self._person.name),
            command=escape(_windowless(python)),
            arguments=escape(subprocess.list2cmdline(rest)),
        )
        # schtasks reads no other encoding reliably; with its byte order mark.
        return text.replace("\n", "\r\n").encode("utf-16")

    def obstacle(self) -> str:
        return "" if is_there("schtasks") else "there is no Task Scheduler on this machine"

    def start(self) -> None:
        self._end()
        must("schtasks", "/Create", "/TN", TASK, "/XML", str(self.path), "/F")
        must("schtasks", "/Run", "/TN", TASK)

    def stop(self) -> None:
        if call("schtasks", "/Query", "/TN", TASK).status != 0:
            return
        self._end()
        must("schtasks", "/Delete", "/TN", TASK, "/F")

    def forget(self) -> None:
        pass  # what it kept was deleted when it was stopped

    def hint(self) -> str:
        return ""

    def _end(self) -> None:
        call("schtasks", "/End", "/TN", TASK)  # which fails where it does not run


def _windowless(python: str) -> str:
    """The Python beside this one that opens no console window."""
    folder, name = ntpath.split(python)
    quiet = f"{python[: len(python) - len(name)]}pythonw.exe"
    return quiet if folder and name.casefold() == "python.exe" and Path(quiet).exists() else python


def _with_settings(settings: dict[str, str]) -> str:
    """Python that sets its own environment, as a task has none; then it is as `-m shoetrack`.

    In ASCII, without what the Task Scheduler would put something else for: %NAME% and $(Arg0).
    """
    words = ascii(settings).replace("%", r"\x25").replace("$", r"\x24")
    return f"import os; os.environ.update({words}); from shoetrack.__main__ import main; main()"
