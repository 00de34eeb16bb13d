"""Names that are no finished file: parts of downloads and syncs, hidden things, bins of a NAS."""

from __future__ import annotations

from collections.abc import Collection

# Syncthing on Windows; Office's locks. All else that is hidden begins with a dot: Syncthing's
# .syncthing.*.tmp and .stversions, rsync's .name.XXXXXX, iCloud's .name.icloud, macOS's ._name.
_BEGINNINGS = (".", "~$", "~syncthing~")
_PARTIAL = (
    ".part",  # Firefox, KDE, yt-dlp
    ".partial",  # rclone, old Edge
    ".crdownload",  # Chrome, Edge
    ".download",  # Safari; a folder
    ".opdownload",  # Opera
    ".filepart",  # WinSCP
    ".aria2",
    ".!sync",  # Resilio
    ".!ut",
    ".!qb",
    ".bc!",
    ".icloud",
)
_ENDINGS = (*_PARTIAL, ".tmp", ".temp", ".swp", "~")
# Folders that systems and NAS boxes keep for themselves, what was deleted among it.
_FOLDERS = frozenset(
    {
        "__macosx",
        "@eadir",
        "@recycle",
        "@recently-snapshot",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "system volume information",
        "lost+found",
    }
)


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of that name is none to look at."""
    folded = name.casefold()
    return folded.startswith(_BEGINNINGS) or folded.endswith(_ENDINGS) or folded in _FOLDERS


def is_awaited(name: str, size: int, beside: Collection[str]) -> bool:
    """Whether a file of `size` bytes only keeps the place of one that is on its way.

    `beside` are the other names in its folder. Firefox makes an empty file of the final name at
    once, aria2 one of the final size, and both have the part beside it until all is there.
    """
    if size == 0:
        return any(other.casefold().endswith(_PARTIAL) for other in beside)
    return f"{name}.aria2" in beside
