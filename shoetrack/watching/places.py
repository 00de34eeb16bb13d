"""What kind of place a folder is in: one that comes and goes, one that tells of no changes."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

# Where what is plugged in appears.
_MOUNTS = (("/", "media"), ("/", "run", "media"), ("/", "mnt"), ("/", "Volumes"))
# The folder that every Garmin watch shows when it is plugged in is written so.
_GARMIN = "GARMIN"

# Of changes that another machine makes there, inotify hears nothing.
_SILENT = re.compile(
    r"nfs4?|cifs|smb3|smbfs|ncp(fs)?|afs|coda|ceph|glusterfs|lustre|gfs2|ocfs2|orangefs|beegfs|"
    r"davfs2?|fuse|fuse\..*|9p|virtiofs|drvfs|vboxsf|vmhgfs|prl_fs|shfs|autofs"
)
_MOUNTINFO = Path("/proc/self/mountinfo")


def is_removable(folder: Path) -> bool:
    """Whether a folder may come and go without anything being wrong: a watch, a stick, a card."""
    return any(_is_removable(path) for path in (folder, Path(os.path.realpath(folder))))


def _is_removable(path: Path) -> bool:
    if _GARMIN in path.parts or any(path.parts[: len(top)] == top for top in _MOUNTS):
        return True
    drive = path.drive.casefold()
    return bool(drive) and drive != os.environ.get("SystemDrive", "C:").casefold()  # noqa: SIM112


def tells_changes(folder: Path) -> bool:
    """Whether the system tells of all changes in a folder: not where others make them, as on a
    network drive.
    """
    path = os.path.realpath(folder)
    if sys.platform == "win32":
        import ctypes

        remote = 4  # DRIVE_REMOTE
        drive = os.path.splitdrive(path)[0]
        return not drive.startswith("\\\\") and (
            ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") != remote
        )
    if sys.platform == "darwin":
        return not path.startswith("/Volumes/")  # a stick, or a network drive: who can tell
    try:
        mounts = _MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return True  # a system without mounts; what it does not tell, the slow round finds
    return not _SILENT.fullmatch(kind_of_mount(path, mounts))


def kind_of_mount(path: str, mounts: str) -> str:
    """The type of the file system that a real path is on, by /proc/self/mountinfo; "" is unknown.

    Its lines are `36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/sdb1 rw`, blanks
    in names written as \\040; of two mounts at one place the later one is seen.
    """
    found, longest = "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        below = point.rstrip("/") + "/"
        if (path == point or path.startswith(below)) and len(point) >= longest:
            found, longest = after.split(" ")[0], len(point)
    return found
