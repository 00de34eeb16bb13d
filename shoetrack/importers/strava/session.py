"""Requests to Strava that end: in time, in size, and after so many attempts.

Each question may be asked again without harm: reading changes nothing, a pair that is set twice is
set once, and a token that was renewed without our hearing of it is lost either way.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import exceptions as failures
from urllib3 import exceptions as causes

from shoetrack.importers.strava.errors import ClockWrong, StravaDown
from shoetrack.importers.strava.meter import Meter

TRIES = 4
CONNECT_S, READ_S = 10.0, 30.0  # each wait; and the whole of an answer:
HURRIED_S = 5.0  # for what can be done without
WHOLE_S = 120.0
LARGEST = 32 * 1024**2  # a page of 200 activities is 0.3 MB
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0
_CLOCK_OFF_S = 600.0  # tokens last for hours, windows of the limit for a quarter of one

# What stravalib builds its addresses of.
_API, _OAUTH = "https://www.strava.com/api/v3", "https://www.strava.com/oauth"
_PASSING = frozenset({500, 502, 503, 504, 520, 521, 522, 523, 524})

# What sending, or reading what comes, raises.
_FAILURES = (failures.RequestException, causes.HTTPError, OSError)
_NO_ANSWER = "try again later, or look at https://status.strava.com"


@dataclass(frozen=True, slots=True)
class Bases:
    """Where Strava is; each without a slash at its end."""

    api: str = _API
    oauth: str = _OAUTH

    def placed(self, url: str) -> str:
        """An address of stravalib's, as it is with these bases."""
        for prefix, base in ((_API, self.api), (_OAUTH, self.oauth)):
            if url == prefix or url.startswith(f"{prefix}/"):
                return base + url[len(prefix) :]
        return url

    def is_api(self, url: str) -> bool:
        """Whether a call counts against the limits: those of the login do not."""
        return url.startswith(f"{self.api}/") and not url.startswith(f"{self.oauth}/")

    @property
    def are_local(self) -> bool:
        return all(
            urlsplit(base).hostname in ("127.0.0.1", "localhost", "::1")
            for base in (self.api, self.oauth)
        )


class _PassingError(Exception):
    """It went wrong this time; `reason` is for a person, should it do so every time."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        self.reason = reason
        self.wait_s = wait_s
        super().__init__(reason)


class Session(requests.Session):
    """What stravalib sends its requests through. Raises StravaError and its kin alone."""

    def __init__(
        self,
        bases: Bases,
        meter: Meter,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        *,
        checks_clock: bool = True,
    ) -> None:
        super().__init__()
        self.bases = bases
        self.meter = meter
        self.now = now
        self._checks_clock = checks_clock
        self._tries, self._read_s = TRIES, READ_S
        self._sleep = sleep
        self._chance = chance
        # A ~/.netrc that knows Strava would take the place of our token.
        self.auth = _as_it_is
        self.trust_env = not bases.are_local  # proxies and certificates of the user's
        self.headers["User-Agent"] = "shoetrack"
        self.headers["Accept"] = "application/json"

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Ask once, and do not wait for long: what is asked can be done without."""
        self._tries, self._read_s = 1, HURRIED_S
        try:
            yield
        finally:
            self._tries, self._read_s = TRIES, READ_S

    def request(
        self,
        method: str | bytes,
        url: str | bytes,
        *args: Any,
        may_be_page: bool = False,
        **options: Any,
    ) -> requests.Response:
        """One answer, whole and in JSON, whatever its status but 429, 5xx and 3xx.

        `may_be_page`: whatever its form and status, but 5xx.
        """
        method, url = str(method), self.bases.placed(str(url))
        counts = self.bases.is_api(url)
        attempt = 1
        while True:
            if counts:
                self.meter.admit(reading=method == "GET")
            try:
                response = self._once(method, url, counts, *args, **options)
                if not may_be_page:
                    _check_form(response)
                return response
            except _PassingError as passing:
                if attempt >= self._tries:
                    raise StravaDown(passing.reason) from None
                self._sleep(self._pause(attempt, passing.wait_s))
            attempt += 1

    def _pause(self, attempt: int, wait_s: float) -> float:
        """Twice as long each time, and never the same for two who failed together."""
        growing = _FIRST_PAUSE_S * 2.0 ** (attempt - 1) * (0.5 + self._chance())
        return min(max(growing, wait_s), _LONGEST_PAUSE_S)

    def _once(
        self, method: str, url: str, counts: bool, *args: Any, **options: Any
    ) -> requests.Response:
        options |= {"timeout": (CONNECT_S, self._read_s), "stream": True, "allow_redirects": False}
        reading = method == "GET"
        try:
            response = super().request(method, url, *args, **options)
        except _FAILURES as error:
            if counts and _was_never_sent(error):
                self.meter.unsent(reading=reading)
            raise _told(error, urlsplit(url).hostname or "") from None
        with response:
            if counts:
                self.meter.answered(response.status_code, response.headers, reading=reading)
            try:
                response._content = _body(response)
            except _FAILURES as error:
                raise _told(error, urlsplit(url).hostname or "") from None
        _check_status(response)
        if counts and self._checks_clock:  # not of tokens: they have come, and are kept first
            self._check_clock(response.headers)
        return response

    def _check_clock(self, headers: Mapping[str, str]) -> None:
        try:
            theirs = parsedate_to_datetime(headers["Date"])
            off_s = (self.now() - theirs).total_seconds()
        except (KeyError, ValueError, TypeError):
            return  # it does not say
        if abs(off_s) > _CLOCK_OFF_S:
            raise ClockWrong(off_s)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _body(response: requests.Response) -> bytes:
    """All of it. Raises _PassingError where it is too slow, StravaDown where it is too long."""
    until = time.monotonic() + WHOLE_S
    body = bytearray()
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > LARGEST:
            raise StravaDown(
                f"Strava's answer is longer than {LARGEST // 1024**2} MB, which cannot be right:"
                f" {_NO_ANSWER}"
            )
        if time.monotonic() > until:
            raise _PassingError(f"Strava's answers take too long: {_NO_ANSWER}")
    return bytes(body)


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status in _PASSING:
        wait = response.headers.get("Retry-After", "")
        raise _PassingError(
            f"Strava has trouble of its own (status {status}): {_NO_ANSWER}",
            float(wait) if wait.isdecimal() and len(wait) < 6 else 0.0,
        )


def _check_form(response: requests.Response) -> None:
    """That a success is JSON. Errors may be anything: their status says enough."""
    if 300 <= response.status_code < 400:
        raise StravaDown(
            "something between here and Strava wants to be seen first, as the login page of a"
            " network does: open https://www.strava.com in a browser, and try again"
        )
    if response.status_code >= 400 or response.status_code == 204:
        return
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict | list):
        raise _PassingError(
            "what answers is not Strava's API (no JSON): a proxy, the login page of a network, or"
            " Strava's own trouble: open https://www.strava.com in a browser, and try again"
        )


def _was_never_sent(error: Exception) -> bool:
    return isinstance(error, failures.ConnectTimeout) or any(
        isinstance(one, causes.NewConnectionError | causes.ProxyError) for one in _chain(error)
    )


def _told(error: Exception, host: str) -> Exception:
    """What a person should know of a failure. Its own text is not shown: it may quote a request."""
    chain = _chain(error)

    def is_any(*kinds: type[BaseException]) -> bool:
        return any(isinstance(one, kinds) for one in chain)

    if is_any(failures.ProxyError, causes.ProxyError):
        return _PassingError(
            "the proxy to the internet does not answer or refuses: check HTTPS_PROXY"
        )
    if is_any(failures.SSLError, causes.SSLError):
        return StravaDown(
            f"the certificate of {host} is not to be trusted: check this machine's clock; where a"
            " proxy reads along, name its certificate in REQUESTS_CA_BUNDLE"
        )
    if is_any(causes.NameResolutionError):
        return _PassingError(f"{host} cannot be found: check the connection to the internet")
    if is_any(failures.ConnectTimeout, causes.NewConnectionError):
        return _PassingError(f"{host} cannot be reached: check the connection to the internet")
    if is_any(failures.Timeout, causes.TimeoutError):
        return _PassingError(f"Strava does not answer: {_NO_ANSWER}")
    if is_any(failures.InvalidURL, failures.InvalidSchema, failures.InvalidProxyURL):
        return StravaDown(f"{host or 'the address'} is no address: check [strava] in config.toml")
    return _PassingError(f"the connection to Strava breaks off: {_NO_ANSWER}")


def _chain(error: BaseException) -> list[BaseException]:
    """The error and those it came of, as requests and urllib3 wrap them."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(found) < 20:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found
