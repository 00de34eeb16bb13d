"""The limits of calls, counted by every process of this machine in one small file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from shoetrack.errors import ShoetrackError
from shoetrack.importers.strava.errors import RateLimited
from shoetrack.importers.strava.limits import RESERVE, Budget, Limits

_LOCK_PATIENCE_S = 30
_TOO_MANY_REQUESTS = 429


class Meter:
    """Counts calls before they are made, and corrects itself by what the answers say."""

    def __init__(self, folder: Path, now: Callable[[], datetime], reserve: int = RESERVE) -> None:
        self._file = folder / "strava-limits.json"
        self._now = now
        self._reserve = reserve

    def limits(self) -> Limits:
        """What is known; where nothing is, the limits of a new app, unused."""
        return self._read() or Limits(self._now())

    @property
    def is_known(self) -> bool:
        """Whether an answer has ever said anything."""
        return self._read() is not None

    def admit(self, *, reading: bool) -> None:
        """Count a call that is about to be made. Raises RateLimited where it would exceed."""
        with self._change() as limits:
            now = self._now()
            goes_on = limits[0].goes_on(now, reading=reading, reserve=self._reserve)
            if goes_on is not None:
                raise RateLimited(goes_on)
            limits[0] = limits[0].spent(now, reading=reading)

    def unsent(self, *, reading: bool) -> None:
        """Take back a call that never left this machine."""
        with self._change() as limits:
            limits[0] = limits[0].spent(self._now(), reading=reading, calls=-1)

    def answered(self, status: int, headers: Mapping[str, str], *, reading: bool) -> None:
        """Take in what an answer says. Raises RateLimited where it is the refusal itself."""
        with self._change() as limits:
            now = self._now()
            if status != _TOO_MANY_REQUESTS:
                limits[0] = limits[0].told(headers, now)
                return
            limits[0] = limits[0].refused(headers, now)
        raise RateLimited(limits[0].goes_on(now, reading=reading, reserve=self._reserve) or now)

    @contextmanager
    def _change(self) -> Iterator[list[Limits]]:
        from filelock import FileLock, Timeout

        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self._file.with_suffix(".lock"), timeout=_LOCK_PATIENCE_S, mode=0o600):
                before = self.limits()
                holder = [before]
                yield holder
                if holder[0] != before:
                    self._write(holder[0])
        except Timeout as error:
            raise ShoetrackError(
                f"another shoetrack holds {self._file.with_suffix('.lock')}: wait for it to end"
            ) from error
        except OSError as error:
            raise ShoetrackError(f"{self._file} cannot be written: {error.strerror}") from error

    def _read(self) -> Limits | None:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return Limits(
                datetime.fromisoformat(found["seen_at"]),
                Budget(*(int(number) for number in found["overall"])),
                Budget(*(int(number) for number in found["reads"])),
            )
        except (OSError, ValueError, LookupError, TypeError):
            # A count that is lost is told again by the next answer: no reason to stop.
            return None

    def _write(self, limits: Limits) -> None:
        text = json.dumps(
            {
                "seen_at": limits.seen_at.isoformat(),
                "overall": _numbers(limits.overall),
                "reads": _numbers(limits.reads),
            }
        )
        part = self._file.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(self._file)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def _numbers(budget: Budget) -> list[int]:
    return [budget.quarter, budget.day, budget.used_quarter, budget.used_day]
