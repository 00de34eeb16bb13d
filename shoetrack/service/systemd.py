"""A systemd user unit. How its values are escaped: systemd.syntax(7), systemd.service(5)."""

from __future__ import annotations

import os
from pathlib import Path

from shoetrack.service import MARK, Person
from shoetrack.service.calling import Answer, call, is_there, must
from shoetrack.service.program import Program

UNIT = "shoetrack.service"
# No program's path may have these (systemd 252: "Executable name contains special characters"), and
# a $NAME in it is replaced in what the program is told of itself, by which Python finds its virtual
# environment. Words behind the first may have them all, so a shell puts itself in their place.
_ODD = frozenset("'\"\\$")
_SHELL = '/bin/sh -c "exec \\"$$0\\" \\"$$@\\""'
# Where systemd notes who has services that run without a login.
_LINGER = Path("/var/lib/systemd/linger")

# A user's unit cannot ask for what needs a mount namespace everywhere (ProtectSystem, PrivateTmp
# fail on some systems with 226/NAMESPACE), and folders, drives and the bus have to stay in reach.
# There is no network-online.target in a user's session; the daemon tries again by itself. A wrong
# command line, which is status 2, does not get better by another try.
_TEXT = """\
# {mark}
[Unit]
Description=shoetrack: syncs, watches folders and sends alerts

[Service]
Type=exec
{environment}ExecStart={start}
ExecReload=kill -HUP $MAINPID
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2
TimeoutStopSec=20
Nice=10
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


class Systemd:
    """The user's own manager."""

    what = "systemd user unit"
    log = f"journalctl --user -u {UNIT.removesuffix('.service')}"

    def __init__(self, person: Person) -> None:
        self._person = person

    @property
    def path(self) -> Path:
        return self._person.config / "systemd" / "user" / UNIT

    def content(self, program: Program) -> bytes:
        words = [_argument(word) for word in program.words]
        if set(program.words[0]) & _ODD:
            words = [_SHELL, *words]
        else:
            words[0] = quoted(program.words[0])
        settings = "".join(
            f"Environment={quoted(f'{name}={value}')}\n" for name, value in program.environment
        )
        text = _TEXT.format(mark=MARK, environment=settings, start=" ".join(words))
        return text.encode()

    def obstacle(self) -> str:
        if not is_there("systemctl"):
            return "there is no systemd on this machine"
        answer = self._ask("show", "--property=Version")
        if answer.status == 0:
            return ""
        return f"there is no systemd session of yours here ({answer.first})"

    def start(self) -> None:
        self._do("daemon-reload")
        self._do("enable", UNIT)
        self._do("restart", UNIT)

    def stop(self) -> None:
        if self._ask("cat", UNIT).status == 0:
            self._do("disable", "--now", UNIT)

    def forget(self) -> None:
        self._do("daemon-reload")

    def hint(self) -> str:
        if (_LINGER / self._person.name).exists():
            return ""
        return "To have it run while you are logged out too: loginctl enable-linger"

    def _ask(self, *words: str) -> Answer:
        return call("systemctl", "--user", *words, env=self._environment())

    def _do(self, *words: str) -> None:
        must("systemctl", "--user", *words, env=self._environment())

    def _environment(self) -> dict[str, str]:
        """Ours, with the way to the user's session where `su` or cron has dropped it."""
        env = dict(os.environ)
        session = Path(f"/run/user/{self._person.uid}")
        if not env.get("XDG_RUNTIME_DIR") and session.is_dir():
            env["XDG_RUNTIME_DIR"] = str(session)
        return env


def _argument(word: str) -> str:
    """A word of ExecStart behind the first, in which $NAME is replaced."""
    return quoted(word.replace("$", "$$"))


def quoted(word: str) -> str:
    """A word of ExecStart or Environment, as it is meant: % begins a specifier, \\ an escape."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    plain = word.replace("/", "").replace(".", "").replace("-", "").replace("_", "")
    return safe if plain.isascii() and plain.isalnum() else f'"{safe}"'
