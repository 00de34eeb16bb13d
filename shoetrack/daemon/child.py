"""A step in a process of its own: the memory that it takes goes back to the system, and where it
hangs it can be stopped.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import Any, NamedTuple

_LOOK_S = 0.2
# Asked to stop, it keeps what it has; then it is not waited for any more.
_GRACE_S = 2.5


class Answer(NamedTuple):
    """How a child ended, and what it wrote."""

    status: int
    out: bytes
    err: bytes

    @property
    def last_words(self) -> str:
        """Of what it wrote to its standard error, which is a traceback, the end."""
        lines = self.err.decode("utf-8", "backslashreplace").strip().splitlines()
        return f" (status {self.status}){f': {lines[-1]}' if lines else ''}"


def run(
    module: str, *words: str, given: bytes = b"", stop: threading.Event, longest_s: float
) -> Answer:
    """Run a module of ours to its end; `stop`, or so long a time, ends it soon."""
    child = subprocess.Popen(  # noqa: S603 - words of ours, and a path that no shell reads
        # -P: what lies in the folder we happen to be in is not imported.
        [sys.executable, "-P", "-m", module, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **_apart(),
    )
    with child:
        try:
            out, err = _talk(child, given, stop, longest_s)
        except BaseException:
            child.kill()
            raise
    return Answer(child.returncode, out, err)


def _talk(
    child: subprocess.Popen[bytes], given: bytes, stop: threading.Event, longest_s: float
) -> tuple[bytes, bytes]:
    """Wait for the child to end by itself, or else to be stopped."""
    waited = 0.0
    left: float | None = None  # until it is killed
    words: bytes | None = given
    while True:
        try:
            return child.communicate(words, timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            words = None  # it has that
        waited += _LOOK_S
        if left is None and (stop.is_set() or waited > longest_s):
            _ask_to_stop(child)
            left = _GRACE_S
        elif left is not None:
            left -= _LOOK_S
            if left <= 0:
                child.kill()


def _ask_to_stop(child: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        child.terminate()
    else:
        child.send_signal(signal.SIGINT)


def _apart() -> dict[str, Any]:
    """A terminal's Ctrl-C is for us, and we pass it on: once."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}
