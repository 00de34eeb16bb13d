"""Other services: apprise says it to a real HTTP server, and its failures are told honestly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from shoetrack.config.alerts import Alerts, Service
from shoetrack.notify import Bar, Message, NotifyError, Part, open_channel
from shoetrack.notify.service import ByUrl, open_service

TOKEN = "tk-s3cr3t"
WORN = Part(
    "Pegasus 41 is worn out",
    "502 of 300–500 mi <b>*x*</b> & more\nNext: Ghost 16",
    Bar("Pegasus 41", 807_000_000, (482_000_000, 804_000_000), "502 of 300-500 mi"),
)
EVEN = Part("The rotation daily is uneven", "Wear Ghost 16 next")


def message(*parts: Part, subject: str = WORN.title, urgency: int = 1) -> Message:
    return Message("k1", subject, parts or (WORN,), datetime(2026, 6, 1, 12, tzinfo=UTC), urgency)


class Web(ThreadingHTTPServer):
    """A service on the web: keeps what it is told, and answers with a status, or not at all."""

    def __init__(self, status: int, asleep: threading.Event | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = status
        self.elsewhere = ""  # where it sends those who come
        self.asleep = asleep
        self.told: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"json://ada:{TOKEN}@127.0.0.1:{self.server_port}/{TOKEN}?rto=1&cto=1"


class Handler(BaseHTTPRequestHandler):
    """Takes one message."""

    server: Web

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.asleep is not None:
            self.server.asleep.wait(20)
            return
        self.server.told.append(json.loads(body))
        self.send_response(self.server.status)
        if self.server.elsewhere:
            self.send_header("Location", self.server.elsewhere)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def web(status: int = 200, asleep: threading.Event | None = None) -> Iterator[Web]:
    with Web(status, asleep) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            if asleep is not None:
                asleep.set()
            server.shutdown()
            thread.join()


def failure(url: str, patience_s: float = 30) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        ByUrl("ntfy", url, patience_s).send(message())
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


# --- it arrives -------------------------------------------------------------------------------


def test_a_message_arrives_as_plain_text(capfd: pytest.CaptureFixture[str]) -> None:
    with web() as server:
        channel = open_service("ntfy", Service(server.url))
        before = threading.active_count()
        assert channel.send(message(urgency=2)).left_to == ()
        channel.send(message(WORN, EVEN, subject="Two things"))
        assert threading.active_count() <= before + 1  # the server's own
    one, several = server.told
    assert one["title"] == "Pegasus 41 is worn out"
    assert one["message"] == "502 of 300–500 mi <b>*x*</b> & more\nNext: Ghost 16"
    assert one["type"] == "warning"
    assert several["type"] == "info"
    assert several["message"].splitlines() == [
        "Pegasus 41 is worn out",
        "502 of 300–500 mi <b>*x*</b> & more",
        "Next: Ghost 16",
        "",
        "The rotation daily is uneven",
        "Wear Ghost 16 next",
    ]
    assert capfd.readouterr() == ("", "")


def test_a_title_alone_arrives_too() -> None:
    with web() as server:
        ByUrl("ntfy", server.url).send(message(Part("It works", ""), subject="It works"))
    assert [told["message"] for told in server.told] == ["It works"]


def test_what_is_too_long_for_the_service_comes_in_several_messages() -> None:
    text = "\n".join(f"Pair {number}: {'x' * 150}" for number in range(300))
    with web() as server:
        ByUrl("ntfy", server.url).send(message(Part("All", text), subject="All"))
    assert len(server.told) == 2  # apprise's own limit there is 32 kB
    said = "".join(told["message"] for told in server.told)
    assert all(f"Pair {number}:" in said for number in range(300))


def test_the_url_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    settings = Alerts(services=(("ntfy", Service(url_file=file)),))
    with web() as server:
        file.write_text(f"\ufeff{server.url}\nand a note\n", encoding="utf-8")
        open_channel("ntfy", settings, lambda _name: "").send(message())
    assert len(server.told) == 1


# --- it does not ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (500, "refused", "the service has refused the message (HTTP 500 Internal Server Error)"),
        (401, "auth", "the service refuses the key in its URL (HTTP 401 Unauthorized)"),
        (404, "refused", "the service does not know the address in its URL (HTTP 404 Not Found)"),
    ],
)
def test_an_answer_that_is_a_refusal(status: int, kind: str, says: str) -> None:
    with web(status) as server:
        error = failure(server.url)
    assert (error.kind, str(error)) == (kind, says)
    assert len(server.told) == 1


@pytest.mark.parametrize("status", [301, 302])
def test_what_is_sent_on_to_another_place_of_the_host_has_not_arrived(status: int) -> None:
    """As from http to https: there it would come without what it says, and be answered well."""
    with web(status) as server:
        server.elsewhere = f"http://127.0.0.1:{server.server_port}/other"
        error = failure(server.url)
    assert error.kind == "setup"
    assert f"the service sends elsewhere (HTTP {status}" in str(error)
    assert len(server.told) == 1


@pytest.mark.parametrize(("status", "host"), [(303, "127.0.0.1"), (302, "localhost")])
def test_where_the_answer_lies_elsewhere_it_is_looked_up(status: int, host: str) -> None:
    with web(status) as server:
        server.elsewhere = f"http://{host}:{server.server_port}/answer"
        ByUrl("ntfy", server.url).send(message())
    assert len(server.told) == 1


def test_a_server_that_is_gone() -> None:
    with web() as server:
        url = server.url
    error = failure(url)
    assert error.kind == "unreachable"
    assert "cannot be reached" in str(error)


def test_a_server_that_never_answers_is_left_by_apprise() -> None:
    with web(asleep=threading.Event()) as server:
        error = failure(server.url)
    assert error.kind == "unreachable"


def test_apprise_itself_is_ended_where_it_waits_too_long() -> None:
    with web(asleep=threading.Event()) as server:
        error = failure(server.url.replace("rto=1", "rto=300"), patience_s=1)
    assert (error.kind, str(error)) == (
        "unreachable",
        "the service did not answer in time",
    )


def test_a_url_that_apprise_does_not_know() -> None:
    error = failure(f"nothing://{TOKEN}@example.org")
    assert error.kind == "setup"
    assert "apprise takes no such URL" in str(error)


def test_what_apprise_says_is_told_without_the_url() -> None:
    """ntfy with a topic's name that cannot be one: it is in what apprise logs."""
    error = failure(f"ntfy://{TOKEN}@127.0.0.1:1/{'x' * 300}")
    assert error.kind == "refused"
    assert str(error) == (
        "apprise says: A specified ntfy topic (…) is invalid and will be ignored;"
        " There are no ntfy topics to notify"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe", "cannot be read: it is no text"),
        (b"\n", "is no URL"),
        (b"two words", "is no URL"),
        (b"x" * 10_000_000, "is no URL"),
    ],
)
def test_a_file_without_a_url(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "url"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NotifyError, match=says) as caught:
        open_service("ntfy", Service(url_file=file))
    assert caught.value.kind == "setup"
    assert len(str(caught.value)) < 300 + len(str(file))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among the files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "url")
    with pytest.raises(NotifyError, match="it is a pipe"):
        open_service("ntfy", Service(url_file=tmp_path / "url"))


def test_the_url_is_in_no_representation() -> None:
    assert TOKEN not in repr(open_service("ntfy", Service(f"json://{TOKEN}@127.0.0.1")))


def test_where_apprise_is_not_installed_it_says_how_to(tmp_path: Path) -> None:
    """In a process of its own, in which nothing of that name can be imported."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['apprise'] = None\n", encoding="utf-8"
    )
    program = (
        "from shoetrack.config.alerts import Service\n"
        "from shoetrack.notify import NotifyError\n"
        "from shoetrack.notify.service import open_service\n"
        "try:\n"
        "    open_service('ntfy', Service('json://127.0.0.1'))\n"
        "except NotifyError as error:\n"
        "    print(error.kind, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "setup it needs apprise: pip install 'shoetrack[apprise]'\n"
