"""A terminal for programs that ask: what they show is read, keys are pressed when they wait."""

from __future__ import annotations

import fcntl
import os
import pty  # not on Windows
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.support import cli_command, cli_env

_PATIENCE = 60.0


class Terminal:
    """`shoetrack ARGS` in a terminal of `columns` by `lines`, as a context."""

    def __init__(
        self,
        *args: str,
        home: Path,
        env: Mapping[str, str] | None = None,
        columns: int = 80,
        lines: int = 24,
    ) -> None:
        self.shown = ""
        self._parent, child = pty.openpty()
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(child, termios.TIOCSWINSZ, size)
        self.process = subprocess.Popen(
            cli_command(*args),
            env={**cli_env(home), "TERM": "xterm-256color", **(env or {})},
            stdin=child,
            stdout=child,
            stderr=child,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(child)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._parent)

    def press(self, keys: str) -> str:
        """Press each key as soon as the program waits for one; gives what the last brought up."""
        before = 0
        for key in keys:
            before = self._press(key)
        self._wait(lambda: not self._lines_are_edited() or self._asks(), "to show what it did")
        return self.shown[before:]

    def _press(self, key: str) -> int:
        self._wait(lambda: not self._lines_are_edited(), "to wait for a key")
        before = len(self.shown)
        os.write(self._parent, key.encode())
        self._wait(lambda: len(self.shown) > before or self._is_over(), "to take the key")
        return before

    def type(self, text: str) -> str:
        """Type a line."""
        before = len(self.shown)
        os.write(self._parent, f"{text}\n".encode())
        self._wait(lambda: not self._lines_are_edited() or self._is_over(), "to read the line")
        return self.shown[before:]

    def send(self, text: str) -> None:
        """Type without waiting for what comes of it."""
        os.write(self._parent, text.encode())

    def interrupt(self, key: str = "\x03") -> None:
        """Press Ctrl-C, or another such key, whatever the program does."""
        os.write(self._parent, key.encode())

    def interrupted(self) -> int:
        """Press Ctrl-C, and again where it came in the instant before the program began to read a
        line, in which Python does not see it; gives the exit status. Not for right after a line was
        typed: the terminal may take that back, and readline waits on for it whatever signals say.
        """
        for _ in range(10):
            self.interrupt()
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline and not self._is_over():
                self._read(0.02)
            if self._is_over():
                break
        return self.end()

    def until(self, text: str) -> str:
        """Read until the program has shown a text."""
        self._wait(lambda: text in self.shown, f"to show {text!r}")
        return self.shown

    def end(self) -> int:
        """Wait for the end; gives the exit status."""
        self._wait(self._is_over, "to end")
        return self.process.wait(_PATIENCE)

    def kill(self) -> None:
        """Kill it as the machine would, wherever it is."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(_PATIENCE)

    # --- within -------------------------------------------------------------------------------

    def _wait(self, done: object, what: str) -> None:
        assert callable(done)
        deadline = time.monotonic() + _PATIENCE
        while not done():
            assert time.monotonic() < deadline, f"no sign of it {what}:\n{self.shown}"
            self._read(0.02)
            if self.process.poll() is not None and not self._read(0):
                assert done() or self._is_over(), self.shown
                return
        while self._read(0):
            pass

    def _read(self, patience: float) -> bool:
        """Whether there was anything to read."""
        ready, _, _ = select.select([self._parent], [], [], patience)
        if not ready:
            return False
        try:
            chunk = os.read(self._parent, 65536)
        except OSError:
            return False  # on Linux this is how the end of a terminal reads
        self.shown += chunk.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(chunk)

    def _lines_are_edited(self) -> bool:
        """Whether the terminal hands over lines, not keys."""
        return bool(termios.tcgetattr(self._parent)[3] & termios.ICANON)

    def _asks(self) -> bool:
        return self._is_over() or self.shown.rstrip(" ").endswith(("?", ":"))

    def _is_over(self) -> bool:
        return self.process.poll() is not None
