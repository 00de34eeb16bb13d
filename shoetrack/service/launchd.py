"""A launchd agent: launchd.plist(5)."""

from __future__ import annotations

import plistlib
import time
from pathlib import Path

from shoetrack.service import MARK, Person, ServiceError
from shoetrack.service.calling import call, is_there, must
from shoetrack.service.program import Program

LABEL = "shoetrack.daemon"
# An agent is still there for a moment after it was taken out, and cannot be put back before.
_PATIENCE_S = 20


class Launchd:
    """The manager of the user who is logged in at the screen."""

    what = "launchd agent"
    log = "tail ~/Library/Logs/shoetrack.log"

    def __init__(self, person: Person) -> None:
        self._person = person
        self._domain = f"gui/{person.uid}"
        self._service = f"{self._domain}/{LABEL}"

    @property
    def path(self) -> Path:
        return self._person.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def content(self, program: Program) -> bytes:
        log = str(self._person.home / "Library" / "Logs" / "shoetrack.log")
        asked = {
            "Label": LABEL,
            "ProgramArguments": list(program.words),
            "EnvironmentVariables": dict(program.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 30,
            "ExitTimeOut": 20,
            "ProcessType": "Background",
            "Umask": 0o077,
            "StandardOutPath": log,
            "StandardErrorPath": log,
        }
        head, line, body = plistlib.dumps(asked, sort_keys=False).partition(b"<plist ")
        return head + f"<!-- {MARK} -->\n".encode() + line + body

    def obstacle(self) -> str:
        if not is_there("launchctl"):
            return "there is no launchd on this machine"
        if call("launchctl", "print", self._domain).status != 0:
            return "you are not logged in at this Mac's screen"
        return ""

    def start(self) -> None:
        self.stop()
        must("launchctl", "enable", self._service)
        must("launchctl", "bootstrap", self._domain, str(self.path))

    def stop(self) -> None:
        if not self._is_loaded():
            return
        must("launchctl", "bootout", self._service)
        deadline = time.monotonic() + _PATIENCE_S
        while self._is_loaded():
            if time.monotonic() > deadline:
                raise ServiceError(f"launchd does not let go of {LABEL}: log out and in again")
            time.sleep(0.2)

    def forget(self) -> None:
        pass  # it has kept nothing of it

    def hint(self) -> str:
        return ""

    def _is_loaded(self) -> bool:
        return call("launchctl", "print", self._service).status == 0
