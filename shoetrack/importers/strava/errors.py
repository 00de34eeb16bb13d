"""How speaking to Strava fails: each message is one sentence that says what to do.

No message holds a secret, a token or the text of an answer.
"""

from __future__ import annotations

from datetime import datetime

from shoetrack.errors import ShoetrackError


class StravaError(ShoetrackError):
    """Strava could not be asked, or did not do what was asked."""


class NotConnected(StravaError):  # noqa: N818 - what is the matter, as the others
    """Nobody has logged in on this machine yet."""

    def __init__(self) -> None:
        super().__init__("not connected to Strava: run `shoetrack strava login`")


class RateLimited(StravaError):  # noqa: N818
    """Strava's limit of calls is used up until `goes_on` (aware, UTC). No call was made."""

    def __init__(self, goes_on: datetime) -> None:
        self.goes_on = goes_on
        super().__init__(
            "Strava's limit of calls is used up: it goes on at"
            f" {goes_on.astimezone():%H:%M} ({goes_on:%Y-%m-%d %H:%M} UTC)"
        )


class LoginLost(StravaError):  # noqa: N818
    """Strava does not know our tokens any more: revoked, or never taken in."""

    def __init__(self, reason: str = "Strava does not accept this login any more") -> None:
        super().__init__(f"{reason}: run `shoetrack strava login` again")


class AppInactive(StravaError):  # noqa: N818
    """The app's owner has no subscription: 403 on every call, since June 2026."""

    def __init__(self) -> None:
        super().__init__(
            "Strava has switched your API app off, as its owner has no subscription: subscribe and"
            " switch it on at https://www.strava.com/settings/api, or import files or Strava's bulk"
            " export instead"
        )


class ScopeMissing(StravaError):  # noqa: N818
    """The user did not grant what a call needs."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        write = " --write" if scope == "activity:write" else ""
        super().__init__(
            f"Strava was not allowed {scope}, which this needs: run"
            f" `shoetrack strava login{write}` and leave its box ticked"
        )


class NotThere(StravaError):  # noqa: N818
    """What was asked for is not at Strava (any more), or is someone else's."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not at Strava any more: sync, and try again")


class StravaDown(StravaError):  # noqa: N818
    """Strava could not be reached, or its answers made no sense, however often it was asked."""


class ClockWrong(StravaError):  # noqa: N818
    """This machine's clock is so far off that tokens seem to expire at the wrong time."""

    def __init__(self, off_s: float) -> None:
        self.off_s = off_s
        minutes = round(abs(off_s) / 60)
        super().__init__(
            f"this machine's clock is {minutes:,} min {'ahead of' if off_s > 0 else 'behind'}"
            " Strava's: set the clock and try again"
        )
