"""The address that waits for the browser: who it listens to, and what it makes of an answer."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.importers.strava.login import Callback, Granted, LoginRefused, listen, read_answer
from shoetrack.vault import Secret

STATE = "s7ate"


@pytest.fixture
def callback() -> Iterator[Callback]:
    with listen(0, STATE) as waiting:
        yield waiting


def test_the_browser_s_answer_is_read(callback: Callback) -> None:
    page = requests.get(
        callback.redirect_uri,
        params={"state": STATE, "code": "c0de", "scope": "read,activity:read_all"},
        timeout=10,
    )
    assert page.status_code == 200
    assert "close this page" in page.text
    assert "c0de" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    found = callback.wait(5)
    assert found == Granted(Secret("c0de"), frozenset({"read", "activity:read_all"}))
    assert "c0de" not in repr(found)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is not this machine")
def test_no_other_address_is_listened_to(callback: Callback) -> None:
    port = urlsplit(callback.redirect_uri).port or 0
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/callback/x", "/callbac"])
def test_other_pages_do_not_count(callback: Callback, path: str) -> None:
    base = callback.redirect_uri.removesuffix("/callback")
    assert requests.get(f"{base}{path}?state={STATE}&code=x", timeout=10).status_code == 404
    with pytest.raises(LoginRefused, match="nobody granted access"):
        callback.wait(0.3)


def test_another_name_for_this_machine_leads_nowhere(callback: Callback) -> None:
    """A page in the browser must not reach it by a name that was made to point here."""
    parts = urlsplit(callback.redirect_uri)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=10)
    connection.request("GET", f"/callback?state={STATE}&code=x", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 404
    connection.close()


def test_a_connection_that_says_nothing_keeps_nobody_out(callback: Callback) -> None:
    """Browsers open some in advance."""
    parts = urlsplit(callback.redirect_uri)
    with socket.create_connection(("127.0.0.1", parts.port or 0)):
        requests.get(callback.redirect_uri, params={"state": STATE, "code": "c"}, timeout=10)
        assert callback.wait(5).code == Secret("c")


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LoginRefused, match=rf"port {port} .* --port"), listen(port, STATE):
            pass


def test_the_port_is_free_again_afterwards() -> None:
    with listen(0, STATE) as first:
        port = urlsplit(first.redirect_uri).port or 0
        requests.get(first.redirect_uri, timeout=10)
    with listen(port, STATE) as second:
        assert second.redirect_uri == first.redirect_uri


def test_it_does_not_wait_for_ever(callback: Callback) -> None:
    before = time.monotonic()
    with pytest.raises(LoginRefused, match=r"within \d s"):
        callback.wait(0.5)
    assert time.monotonic() - before < 5


def test_an_address_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        with listen(0, STATE, pasted=True) as callback:
            text = f"\n  {callback.redirect_uri}?state={STATE}&code=c0de&scope=read#_=_ \n"
            os.write(writer, text.encode()[:20])
            os.write(writer, text.encode()[20:])
            assert callback.wait(10) == Granted(Secret("c0de"), frozenset({"read"}))
        os.close(writer)


def test_a_terminal_that_ends_does_not_end_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with listen(0, STATE, pasted=True) as callback:
            thread = threading.Thread(
                target=requests.get,
                args=(callback.redirect_uri,),
                kwargs={"params": {"state": STATE, "code": "c"}, "timeout": 10},
            )
            thread.start()
            assert callback.wait(10).code == Secret("c")
            thread.join()


# --- the answer -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (f"state={STATE}&error=access_denied", "access was denied on Strava's page"),
        ("state=other&code=c", "not meant for this login"),
        ("code=c", "not meant for this login"),
        ("", "not meant for this login"),
        ("state=s%C3%A4&code=c", "not meant for this login"),
        (f"state={STATE}", "holds no code"),
        (f"state={STATE}&code=", "holds no code"),
        (f"state={STATE}&error=temporarily_unavailable", "holds no code"),
        ("&".join(f"a{n}=1" for n in range(500)) + f"&state={STATE}&code=c", "not meant"),
    ],
)
def test_an_answer_that_grants_nothing_is_said(query: str, said: str) -> None:
    with pytest.raises(LoginRefused, match=said):
        read_answer(query, STATE)


@given(st.text(max_size=300))
def test_no_query_can_break_it_or_grant_without_the_state(query: str) -> None:
    with pytest.raises(LoginRefused):
        read_answer(query, "a state that nobody guesses")
