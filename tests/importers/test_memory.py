"""A file of a million points takes no more memory than a small one."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The stream is made while it is read, so that nothing but the reader can hold it.
SCRIPT = """
import io, resource, sys
sys.path[:0] = sys.argv.pop().split("\\n")
from shoetrack.importers import gpx

COUNT = 1_000_000

class Endless(io.RawIOBase):
    def __init__(self):
        self.parts = self.make()
        self.left = b""
    def make(self):
        yield b'<?xml version="1.0"?><gpx creator="Garmin Connect"><trk><type>run</type><trkseg>'
        for i in range(0, COUNT, 1000):
            yield "".join(
                f'<trkpt lat="{52 + (j % 100000) / 1e5:.5f}" lon="13.{j % 997:03}"><time>'
                f'2026-05-{1 + j // 86400:02}T{j // 3600 % 24:02}:{j // 60 % 60:02}:{j % 60:02}Z'
                '</time></trkpt>'
                for j in range(i, i + 1000)
            ).encode()
        yield b"</trkseg></trk></gpx>"
    def read(self, size=-1):
        if not self.left:
            self.left = next(self.parts, b"")
        data, self.left = self.left[:size], self.left[size:]
        return data

(record,) = gpx.read(Endless(), "million.gpx", "d")
assert record.duration_s == COUNT - 1, record
# On Linux ru_maxrss begins with what the parent had when it forked; VmHWM is this process's own.
try:
    status = open("/proc/self/status").read()
    print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
except OSError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
def test_a_million_points_in_constant_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "\n".join(filter(None, sys.path))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 60 * 1024**2
