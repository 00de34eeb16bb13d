"""stravalib without what it does to the program around it.

Imported, it sends every Python warning to the log and shows all of them; made, its client reads
credentials of its own from the environment and warns where there are none.
"""

from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING

with warnings.catch_warnings():
    import stravalib
    from stravalib import exc

    logging.captureWarnings(False)

if TYPE_CHECKING:
    from shoetrack.importers.strava.session import Session

__all__ = ["exc", "new_client"]

_SILENCE = "SILENCE_TOKEN_WARNINGS"
_THEIRS = ("STRAVA_CLIENT_ID", "STRAVA_CLIENT_SECRET")


def new_client(session: Session, access_token: str | None = None) -> stravalib.Client:
    """A client that sends through our session, and neither waits for limits nor renews tokens."""
    before = {name: os.environ.get(name) for name in (_SILENCE, *_THEIRS)}
    os.environ[_SILENCE] = "true"
    for name in _THEIRS:
        os.environ.pop(name, None)
    try:
        return stravalib.Client(
            access_token=access_token, rate_limit_requests=False, requests_session=session
        )
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
