"""Requests that go wrong: what is tried again, how often, and what is said in the end."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from socket import gaierror
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import NameResolutionError, NewConnectionError, ReadTimeoutError

from shoetrack.errors import ShoetrackError
from shoetrack.importers.strava.errors import (
    ClockWrong,
    RateLimited,
    StravaDown,
    StravaError,
)
from shoetrack.importers.strava.meter import Meter
from shoetrack.importers.strava.session import CONNECT_S, READ_S, TRIES, Bases, Session

NOW = datetime(2026, 6, 1, 12, 7, tzinfo=UTC)
ATHLETE = "https://www.strava.com/api/v3/athlete"
TOKEN = "https://www.strava.com/oauth/token"
_ADDRESS: Any = None  # of a connection, which the errors of urllib3 want


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def session(tmp_path: Path, pauses: list[float]) -> Session:
    return new_session(tmp_path, pauses)


def new_session(
    folder: Path,
    pauses: list[float],
    bases: Bases | None = None,
    chance: Callable[[], float] = lambda: 0.5,
) -> Session:
    meter = Meter(folder, lambda: NOW)
    return Session(bases or Bases(), meter, lambda: NOW, pauses.append, chance)


def reads(session: Session) -> int:
    return session.meter.limits().reads.used_quarter


# --- what is tried again ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521])
def test_trouble_that_passes_is_not_noticed(
    web: responses.RequestsMock, session: Session, pauses: list[float], status: int
) -> None:
    web.get(ATHLETE, status=status)
    web.get(ATHLETE, status=status)
    web.get(ATHLETE, json={"id": 1})
    assert session.get(ATHLETE).json() == {"id": 1}
    assert pauses == [0.5, 1.0]
    assert reads(session) == 3


def test_pauses_grow_and_differ(web: responses.RequestsMock, tmp_path: Path) -> None:
    web.get(ATHLETE, status=500)
    least: list[float] = []
    most: list[float] = []
    for session in (
        new_session(tmp_path, least, chance=lambda: 0.0),
        new_session(tmp_path, most, chance=lambda: 1.0),
    ):
        with pytest.raises(StravaDown):
            session.get(ATHLETE)
    assert least == [0.25, 0.5, 1.0]
    assert most == [0.75, 1.5, 3.0]


@pytest.mark.parametrize(
    ("said", "pause"), [("7", 7.0), ("3600", 20.0), ("soon", 0.5), ("-1", 0.5)]
)
def test_strava_s_own_wish_is_heeded_within_reason(
    web: responses.RequestsMock, session: Session, pauses: list[float], said: str, pause: float
) -> None:
    web.get(ATHLETE, status=503, headers={"Retry-After": said})
    web.get(ATHLETE, json={})
    session.get(ATHLETE)
    assert pauses == [pause]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_given_as_it_is(
    web: responses.RequestsMock, session: Session, pauses: list[float], status: int
) -> None:
    web.get(ATHLETE, status=status, body="<html>")
    assert session.get(ATHLETE).status_code == status
    assert pauses == []


# --- what is said in the end ------------------------------------------------------------------

FAILURES: list[tuple[Exception, str]] = [
    (requests.ConnectTimeout(), "www.strava.com cannot be reached"),
    (requests.ReadTimeout(), "Strava does not answer"),
    (requests.ConnectionError(ReadTimeoutError(_ADDRESS, "", "")), "Strava does not answer"),
    (requests.ConnectionError(ConnectionResetError(104, "x")), "the connection to Strava breaks"),
    (requests.exceptions.ChunkedEncodingError(), "the connection to Strava breaks off"),
    (requests.exceptions.ContentDecodingError(), "the connection to Strava breaks off"),
    (
        requests.ConnectionError(NameResolutionError("www.strava.com", _ADDRESS, gaierror())),
        "www.strava.com cannot be found: check the connection",
    ),
    (
        requests.ConnectionError(NewConnectionError(_ADDRESS, "refused")),
        "www.strava.com cannot be reached",
    ),
    (requests.exceptions.ProxyError("http://ada:hush@proxy"), "check HTTPS_PROXY"),
    (requests.exceptions.SSLError("hush"), "check this machine's clock"),
]


@pytest.mark.parametrize(("failure", "said"), FAILURES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("url", [ATHLETE, TOKEN])
def test_what_does_not_pass_is_said_in_a_sentence(
    web: responses.RequestsMock, session: Session, failure: Exception, said: str, url: str
) -> None:
    web.add("POST" if url == TOKEN else "GET", url, body=failure)
    with pytest.raises(StravaDown, match=said) as caught:
        session.request("POST" if url == TOKEN else "GET", url)
    assert "\n" not in str(caught.value)
    assert "hush" not in str(caught.value)
    assert len(web.calls) == (1 if isinstance(failure, requests.exceptions.SSLError) else TRIES)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"body": "<html>", "content_type": "text/html"}, "no JSON"),
        ({"body": ""}, "no JSON"),
        ({"body": "[" * 100_000}, "no JSON"),
        ({"body": '"ok"'}, "no JSON"),
        ({"status": 302, "headers": {"Location": "http://wifi.example"}}, "login page of a"),
        ({"status": 503}, "trouble of its own"),
        ({"body": b" " * (33 * 1024**2)}, "longer than 32 MB"),
    ],
)
def test_an_answer_that_is_none_is_said_so(
    web: responses.RequestsMock, session: Session, answer: dict[str, Any], said: str
) -> None:
    web.get(ATHLETE, **answer)
    with pytest.raises(StravaDown, match=said):
        session.get(ATHLETE)


def test_an_answer_that_trickles_in_is_given_up(
    web: responses.RequestsMock, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoetrack.importers.strava.session.WHOLE_S", -1.0)
    web.get(ATHLETE, json={})
    with pytest.raises(StravaDown, match="take too long"):
        session.get(ATHLETE)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_every_call_has_a_time_limit_and_follows_nobody(
    web: responses.RequestsMock, session: Session, method: str
) -> None:
    web.add(method, ATHLETE, json={})
    session.request(method, ATHLETE, timeout=None, allow_redirects=True)
    sent: Any = web.calls[0].request
    assert sent.req_kwargs["timeout"] == (CONNECT_S, READ_S)
    assert sent.req_kwargs["stream"]


def test_a_call_that_never_left_is_not_counted(
    web: responses.RequestsMock, session: Session
) -> None:
    """An hour without a network must not use up the day's calls."""
    web.get(ATHLETE, body=requests.ConnectionError(NewConnectionError(_ADDRESS, "no")))
    with pytest.raises(StravaDown):
        session.get(ATHLETE)
    assert reads(session) == 0
    web.replace("GET", ATHLETE, body=requests.ReadTimeout())
    with pytest.raises(StravaDown):
        session.get(ATHLETE)
    assert reads(session) == TRIES


@pytest.mark.parametrize("off", [timedelta(hours=-3), timedelta(minutes=11), timedelta(days=4000)])
def test_a_clock_that_is_wrong_is_said(
    web: responses.RequestsMock, session: Session, off: timedelta
) -> None:
    web.get(ATHLETE, json={}, headers={"Date": format_datetime(NOW + off, usegmt=True)})
    with pytest.raises(ClockWrong, match="behind" if off > timedelta(0) else "ahead of"):
        session.get(ATHLETE)


@pytest.mark.parametrize(
    "date", ["", "yesterday", format_datetime(NOW + timedelta(minutes=9), usegmt=True)]
)
def test_a_clock_that_may_be_right_is_left_alone(
    web: responses.RequestsMock, session: Session, date: str
) -> None:
    web.get(ATHLETE, json={}, headers={"Date": date})
    assert session.get(ATHLETE).json() == {}


def test_new_tokens_are_never_lost_to_a_wrong_clock(
    web: responses.RequestsMock, session: Session
) -> None:
    old = format_datetime(NOW - timedelta(days=400), usegmt=True)
    web.post(TOKEN, json={"access_token": "x"}, headers={"Date": old})
    assert session.post(TOKEN).json() == {"access_token": "x"}


def test_a_disk_that_is_full_is_named(
    web: responses.RequestsMock, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ShoetrackError, match=r"strava-limits\.json cannot be written: No space"):
        session.get(ATHLETE)
    assert not list(tmp_path.rglob("*.part"))


# --- limits -----------------------------------------------------------------------------------


def test_the_headers_are_taken_from_every_answer(
    web: responses.RequestsMock, session: Session, tmp_path: Path
) -> None:
    web.get(
        ATHLETE,
        status=404,
        headers={"X-RateLimit-Usage": "70,303", "X-ReadRateLimit-Usage": "60,200"},
    )
    session.get(ATHLETE)
    told = Meter(tmp_path, lambda: NOW).limits()
    assert (told.overall.used_quarter, told.reads.used_day) == (70, 200)


def test_no_call_is_made_that_would_exceed(web: responses.RequestsMock, session: Session) -> None:
    web.get(ATHLETE, json={}, headers={"X-ReadRateLimit-Usage": "97,97"})
    session.get(ATHLETE)
    with pytest.raises(RateLimited) as caught:
        session.get(ATHLETE)
    assert caught.value.goes_on == datetime(2026, 6, 1, 12, 15, tzinfo=UTC)
    assert len(web.calls) == 1
    web.put(ATHLETE, json={})
    assert session.put(ATHLETE).json() == {}  # writing has a limit of its own


def test_a_refusal_for_the_limit_stops_the_next_call_too(
    web: responses.RequestsMock, session: Session
) -> None:
    web.get(ATHLETE, status=429, json={"errors": "Rate Limit Exceeded"})
    for _ in range(2):
        with pytest.raises(RateLimited):
            session.get(ATHLETE)
    assert len(web.calls) == 1


def test_tokens_do_not_count(web: responses.RequestsMock, session: Session) -> None:
    web.post(TOKEN, json={})
    session.post(TOKEN)
    assert session.meter.limits().overall.used_quarter == 0


def test_a_count_that_cannot_be_read_is_begun_again(session: Session, tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"seen_at": "x"}', '{"seen_at": 5, "overall": [], "reads": 0}'):
        (tmp_path / "strava-limits.json").write_text(text)
        assert reads(session) == 0


def test_no_call_is_lost_from_the_count(tmp_path: Path) -> None:
    def count() -> None:
        meter = Meter(tmp_path, lambda: NOW)
        for _ in range(15):
            meter.admit(reading=True)

    threads = [threading.Thread(target=count) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Meter(tmp_path, lambda: NOW).limits().reads.used_quarter == 75


def test_the_last_call_is_given_to_one_alone(tmp_path: Path) -> None:
    admitted: list[int] = []

    def ask() -> None:
        meter = Meter(tmp_path, lambda: NOW, reserve=0)
        with suppress(RateLimited):
            while True:
                meter.admit(reading=True)
                admitted.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 100


# --- where it goes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "placed"),
    [
        (ATHLETE, "https://api-v3.strava.com/athlete"),
        (TOKEN, "https://login.example/o/token"),
        ("https://www.strava.com/api/v3evil/x", "https://www.strava.com/api/v3evil/x"),
    ],
)
def test_api_and_oauth_have_places_of_their_own(url: str, placed: str) -> None:
    bases = Bases("https://api-v3.strava.com", "https://login.example/o")
    assert bases.placed(url) == placed


def test_proxies_are_the_user_s_but_not_to_this_machine(tmp_path: Path) -> None:
    assert new_session(tmp_path, []).trust_env
    here = Bases("http://127.0.0.1:1/api", "http://localhost:1/oauth")
    assert not new_session(tmp_path, [], here).trust_env
    half = Bases("https://www.strava.com/api/v3", "http://localhost:1/oauth")
    assert new_session(tmp_path, [], half).trust_env


def test_a_netrc_does_not_take_the_place_of_our_token(
    web: responses.RequestsMock,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine www.strava.com login ada password x\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    web.get(ATHLETE, json={})
    session.get(ATHLETE, headers={"Authorization": "Bearer token"})
    assert web.calls[0].request.headers["Authorization"] == "Bearer token"


def test_nothing_but_ours_comes_out(web: responses.RequestsMock, session: Session) -> None:
    for failure, _ in FAILURES:
        web.replace("GET", ATHLETE, body=failure) if web.registered() else web.get(
            ATHLETE, body=failure
        )
        with pytest.raises(StravaError) as caught:
            session.get(ATHLETE)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
