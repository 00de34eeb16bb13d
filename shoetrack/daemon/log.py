"""The log: one line for a thing that happened, for a person or as JSON."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

INFO, WARNING, ERROR = "info", "warning", "error"
# Whose mail it is can be told by this much of its address.
_ADDRESS = re.compile(r"([\w.+-])[\w.+-]*@(?=[\w-]+\.)")
# A drive that is full, or a pipe whose reader has gone, takes no more lines.
_GIVE_UP_AFTER_S = 60.0


class Log:
    """Writes lines to a stream, from any thread."""

    def __init__(self, stream: TextIO, *, as_json: bool = False) -> None:
        self._stream = stream
        self._as_json = as_json
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def say(
        self,
        job: str,
        message: str,
        *,
        event: str = "done",
        level: str = INFO,
        counts: Mapping[str, int] | None = None,
    ) -> None:
        """One line: what of, what happened; `event` is the same word for the same kind of thing."""
        now = datetime.now(UTC)
        text = safe(message)
        if self._as_json:
            line = json.dumps(
                {
                    "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    "level": level,
                    "job": job,
                    "event": event,
                    "message": text,
                    "counts": dict(counts or {}),
                }
            )
        else:
            severity = "" if level == INFO else f"{level.upper()} "
            line = f"{now.astimezone():%Y-%m-%d %H:%M:%S} {severity}{job}: {text}"
        self._write(line)

    def _write(self, line: str) -> None:
        with self._lock:
            if time.monotonic() < self._silent_until:
                return
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                # There is nowhere left to say so, and what the log is about goes on.
                self._silent_until = time.monotonic() + _GIVE_UP_AFTER_S


def safe(text: str) -> str:
    """Text on one line that commands no terminal, with nobody's whole address in it."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
    return _ADDRESS.sub(r"\1…@", shown.encode("utf-8", "backslashreplace").decode())


class FromLibraries(logging.Handler):
    """Brings what libraries log into ours."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            message = f"{message}: {record.exc_info[1]!r}"
        level = ERROR if record.levelno >= logging.ERROR else WARNING
        self._log.say(record.name.partition(".")[0], message, event="library", level=level)


def listen_to_libraries(log: Log) -> None:
    """Let what libraries log come out here, and only what goes wrong."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    root.addHandler(FromLibraries(log))
    root.setLevel(logging.WARNING)
    # A job that is still at it when its time comes again is no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
