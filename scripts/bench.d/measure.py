"""Taking times and peaks of memory, and the table that they end in."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
# What the `shoetrack` command is: a script of two lines around this.
ENTRY = ("-c", "from shoetrack.__main__ import main; main()")


@dataclass
class Table:
    """The rows, printed as they come."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def begin(self) -> None:
        print(f"{'what':<62}{'measured':>26}{'ratio':>9}   reach", flush=True)

    def add(
        self,
        what: str,
        measured: str,
        ratio: float | None = None,
        *,
        most: float | None = None,
        least: float | None = None,
        unit: str = "",
    ) -> None:
        """`most` or `least`: the reach that the ratio is held to; else it is only told."""
        verdict = shown = ""
        if ratio is not None:
            shown = f"{ratio:.2f}" if not unit else f"{ratio:.3g}{unit}"
            if most is not None:
                verdict = f"≤ {most:g}{unit}  {'ok' if ratio <= most else 'MISS'}"
            elif least is not None:
                verdict = f"≥ {least:g}{unit}  {'ok' if ratio >= least else 'MISS'}"
        self.rows.append((what, measured, shown, verdict))
        print(f"{what:<62}{measured:>26}{shown:>9}   {verdict}", flush=True)

    def note(self, what: str, why: str) -> None:
        """A row that could not be measured, and why."""
        self.rows.append((what, why, "", ""))
        print(f"{what:<62}  {why}", flush=True)

    def markdown(self) -> str:
        lines = ["| what | measured | ratio | reach |", "|---|--:|--:|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines) + "\n"


def in_turns(
    rounds: int, clock: Callable[[], float], *actions: Callable[[], object], warm: bool = True
) -> list[list[float]]:
    """The seconds that each action took, run one after the other, `rounds` times over."""
    taken: list[list[float]] = [[] for _ in actions]
    if warm:
        for action in actions:
            action()  # the first time fills caches
    for _ in range(rounds):
        for action, times in zip(actions, taken, strict=True):
            begun = clock()
            action()
            times.append(clock() - begun)
    return taken


def ratio_of(one: list[float], other: list[float]) -> float:
    """The median of the rounds' own ratios."""
    return median(a / b for a, b in zip(one, other, strict=True))


def ms(times: list[float]) -> str:
    return f"{median(times) * 1000:.1f} ms"


# --- processes ------------------------------------------------------------------------------


def environment(home: Path) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    own = {"SHOETRACK_HOME": str(home), "SHOETRACK_NOW": NOW.isoformat(), "PYTHONPATH": str(ROOT)}
    return {**kept, **own, "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def run(home: Path, *words: str) -> str:
    """Run this Python with these words, its output being a pipe; gives what it wrote."""
    done = subprocess.run(
        [sys.executable, *words], env=environment(home), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed: {done.stderr}")
    return done.stdout


def cpu_of_children() -> float:
    """CPU seconds of every process that was waited for, and of theirs."""
    times = os.times()
    return times.children_user + times.children_system


def peaks(home: Path, *words: str) -> tuple[float, float] | None:
    """The peak of resident memory of a shoetrack command, and that of its largest worker, in MB.

    The kernel keeps a process's high-water mark, so looking at it now and then misses only what is
    taken in the very last moment. None where there is no /proc.
    """
    if not Path("/proc/self/status").exists():
        return None
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, *ENTRY, *words], env=environment(home), stdout=said, stderr=said
        )
        marks: dict[int, float] = {}
        while process.poll() is None:
            for pid in (process.pid, *filter(_is_worker, _children(process.pid))):
                marks[pid] = max(marks.get(pid, 0.0), _high_water(pid))
            time.sleep(0.02)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"shoetrack {words[0]} failed: {said.read()[-300:]}")
    parent = marks.pop(process.pid, 0.0)
    return parent, max(marks.values(), default=0.0)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_worker(pid: int) -> bool:
    """Whether it has begun to be one: until then its memory is its parent's."""
    try:
        return b"multiprocessing.spawn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _high_water(pid: int) -> float:
    try:
        return _memory(pid, "VmHWM:")
    except (OSError, ValueError):
        return 0.0


def _memory(pid: int, what: str) -> float:
    words = Path(f"/proc/{pid}/status").read_text().split()
    return int(words[words.index(what) + 1]) * 1024 / 1e6


def at_rest(home: Path, sign: str, seconds: float) -> tuple[float, float] | None:
    """What the daemon takes in so many seconds after the line of its log that has the sign: its
    resident memory at their end, in MB, and the CPU seconds of it and its children. None where
    there is no /proc.
    """
    if not Path("/proc/self/stat").exists():
        return None
    with subprocess.Popen(
        [sys.executable, *ENTRY, "daemon"],
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            if not any(sign in line for line in process.stdout):
                raise SystemExit(f"the daemon never said {sign!r}")
            time.sleep(10)  # what follows that is over by then
            before = _cpu(process.pid)
            time.sleep(seconds)
            return _memory(process.pid, "VmRSS:"), _cpu(process.pid) - before
        finally:
            process.terminate()


def _cpu(pid: int) -> float:
    """CPU seconds of a process, and of its children that it has waited for."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
