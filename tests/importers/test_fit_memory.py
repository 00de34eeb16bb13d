"""A FIT file of a hundred megabytes takes no more memory than a small one."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The stream is made while it is read, so that nothing but the reader can hold it.
SCRIPT = """
import io, struct, sys
sys.path[:0] = sys.argv.pop().split("\\n")
from fastcrc import crc16
from shoetrack.importers import fit

has_session = sys.argv.pop() == "session"
COUNT = 1_000_000
DEFINED = bytes([0x40, 0, 0, 20, 0, 4, 253, 4, 0x86, 5, 4, 0x86, 0, 4, 0x85, 30, 87, 13])
SESSION = bytes([0x41, 0, 0, 18, 0, 2, 5, 1, 0, 9, 4, 0x86, 1, 1]) + struct.pack("<I", 4_000_000)
SIZE = len(DEFINED) + 100 * COUNT + (len(SESSION) if has_session else 0)

class Endless(io.RawIOBase):
    def __init__(self):
        self.parts = self.make()
        self.left = b""
    def make(self):
        crc = None
        for part in self.body():
            crc = crc16.arc(part, crc) if crc is not None else crc16.arc(part)
            yield part
        yield struct.pack("<H", crc)
    def body(self):
        yield struct.pack("<BBHI4s", 12, 0x20, 2140, SIZE, b".FIT")
        yield DEFINED
        for i in range(0, COUNT, 1000):
            yield b"".join(
                struct.pack("<BIIi87x", 0, 0x40000000 + j // 4, j, j) for j in range(i, i + 1000)
            )
        if has_session:
            yield SESSION
    def read(self, size=-1):
        if not self.left:
            self.left = next(self.parts, b"")
        data, self.left = self.left[:size], self.left[size:]
        return data

(record,) = fit.read(Endless(), "huge.fit", "d")
assert record.distance_mm == (40_000_000 if has_session else (COUNT - 1) * 10), record
# On Linux ru_maxrss begins with what the parent had when it forked; VmHWM is this process's own.
try:
    status = open("/proc/self/status").read()
    print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
except OSError:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
@pytest.mark.parametrize("kind", ["session", "no session"])
def test_a_hundred_megabytes_in_constant_memory(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, kind, "\n".join(filter(None, sys.path))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 60 * 1024**2
