"""Every way shoetrack can fail on purpose.

Each class owns its exit status; its message is one sentence for a person: what, where, what to do.
One place, `shoetrack.cli.main`, catches them.
"""

from __future__ import annotations


class ShoetrackError(Exception):
    """Something failed, and the message says what and what to do."""

    exit_status = 1


class UsageError(ShoetrackError):
    """The words of the command are off; nothing was tried."""

    exit_status = 2


class ConfigError(ShoetrackError):
    """config.toml, or an environment variable that stands for it, cannot be used as it is."""


class StoreError(ShoetrackError):
    """The store cannot be opened, read or written."""


class UnreadableError(ShoetrackError):
    """A file cannot be read honestly. The message is the reason; the caller knows the path."""


class NotFoundError(ShoetrackError):
    """No pair, run or change goes by that name or number."""


class AmbiguousError(ShoetrackError):
    """A name fits several pairs; the message lists them."""


class RefusedError(ShoetrackError):
    """The change asked for would break a law of the ledger, or needs a confirmation."""
