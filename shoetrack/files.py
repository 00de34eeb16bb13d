"""Files that appear whole and on the disk, or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def put_text(path: Path, text: str) -> None:
    """Replace a file at once by a 0600 one; of a link, the file that it leads to. Raises OSError.

    The text's own line ends stay as they are.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have what is written of a file on the disk. Raises OSError."""
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Have what a folder lists on the disk. Raises OSError."""
    if sys.platform == "win32":
        return  # a folder cannot be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
