"""Where shoetrack keeps its files on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

HOME = "SHOETRACK_HOME"
DATABASE = "SHOETRACK_DATABASE_URL"


class Places(NamedTuple):
    """The folders for the configuration and for the store. `own`: nobody else's files are there."""

    config: Path
    data: Path

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def store_file(self) -> Path:
        return self.data / "shoetrack.db"


def places() -> Places:
    """`SHOETRACK_HOME` for all of it, else the platform's own folders."""
    if home := os.environ.get(HOME):
        folder = Path(home).expanduser().absolute()
        return Places(folder, folder)
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("shoetrack", appauthor=False)
    return Places(Path(dirs.user_config_dir), Path(dirs.user_data_dir))
