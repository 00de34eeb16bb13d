"""Memory that a job is done with goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Hand what is free in this process over to the system, where the C library can.

    glibc keeps for each thread what that once needed: after a large import some 7 MB, for months.
    https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # musl has none, and gives memory back by itself
        return None
