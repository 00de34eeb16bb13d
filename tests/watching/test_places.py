"""Which folders come and go, and of which the system tells nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoetrack.watching import places
from shoetrack.watching.places import is_removable, kind_of_mount, tells_changes

MOUNTS = r"""21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:20 / /home/ada/net rw shared:2 - autofs systemd-1 rw,fd=30
30 22 0:40 / /home/ada/net rw shared:3 - nfs4 nas:/ada rw,vers=4.2
31 21 0:41 / /home/ada/My\040drive rw - cifs //nas/My\040drive rw
32 21 0:42 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw
33 21 8:17 / /media/ada/GARMIN rw - vfat /dev/sdb1 rw
34 21 8:33 / /mnt/stick rw - fuseblk /dev/sdc1 rw
35 21 0:50 / /home/ada/s rw - fuse.sshfs host: rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/ada/runs", "ext4"),
        ("/home/ada/net/runs", "nfs4"),
        ("/home/ada/network", "ext4"),
        ("/home/ada/My drive", "cifs"),
        ("/home/ada/My drive/runs", "cifs"),
        ("/run/user/1000/gvfs/mtp:host=Garmin", "fuse.gvfsd-fuse"),
        ("/media/ada/GARMIN/Activity", "vfat"),
        ("/mnt/stick", "fuseblk"),
        ("/", "ext4"),
    ],
)
def test_the_kind_of_a_mount(path: str, expected: str) -> None:
    assert kind_of_mount(path, MOUNTS) == expected


def test_nothing_is_known_without_mounts() -> None:
    assert kind_of_mount("/home/ada", "") == ""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/ada/runs", True),
        ("/home/ada/net/runs", False),
        ("/home/ada/My drive", False),
        ("/home/ada/s/runs", False),
        ("/media/ada/GARMIN/Activity", True),
        ("/mnt/stick", True),
        ("/run/user/1000/gvfs/mtp:host=Garmin", False),
    ],
)
def test_which_tell_of_changes(
    path: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    monkeypatch.setattr(places, "_MOUNTINFO", table)
    assert tells_changes(Path(path)) is expected


def test_the_real_table_can_be_read(tmp_path: Path) -> None:
    assert tells_changes(tmp_path) in (True, False)
    if places._MOUNTINFO.exists():
        assert kind_of_mount(str(tmp_path), places._MOUNTINFO.read_text())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/media/ada/GARMIN/Activity", True),
        ("/run/media/ada/stick", True),
        ("/mnt/card", True),
        ("/Volumes/GARMIN/Activity", True),
        ("/home/ada/GARMIN/Activity", True),
        ("/home/ada/Garmin/Activity", False),
        ("/home/ada/runs", False),
        ("/mntx/runs", False),
    ],
)
def test_what_comes_and_goes(path: str, expected: bool) -> None:
    assert is_removable(Path(path)) is expected


def test_a_link_to_what_comes_and_goes(tmp_path: Path) -> None:
    link = tmp_path / "watch"
    link.symlink_to("/media/ada/GARMIN/Activity")
    assert is_removable(link)
