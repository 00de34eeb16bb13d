"""Any other channel, by a URL that apprise knows: ntfy, Telegram, Discord, and many more.

apprise works in a process of its own: it is the only way to end it in time whatever a service does,
it keeps a thread once it was used, and the memory that it takes (30 MB) is free again.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from shoetrack.config.alerts import Service
from shoetrack.notify import Channel, Message, NotifyError, Sent
from shoetrack.notify.text import lines, one_line

# apprise itself waits 4 s to connect and 4 s for each answer, unless the URL says otherwise (cto,
# rto); some services are asked several times.
_PATIENCE_S = 30.0
# Starting Python and loading apprise is not the service's fault.
_START_S = 20.0
_LONGEST_URL = 4096
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
# Parts of a URL that are shorter tell nothing, and are in too many words.
_SHORTEST_SECRET = 3


def open_service(name: str, service: Service) -> Channel:
    """The channel of a name. Raises NotifyError where apprise or the URL is missing."""
    if find_spec("apprise") is None:
        raise NotifyError("setup", "it needs apprise: pip install 'shoetrack[apprise]'")
    return ByUrl(name, _url_of(service))


class ByUrl:
    """A service that apprise says things to. Its URL may hold a secret, and is never shown."""

    def __init__(self, name: str, url: str, patience_s: float = _PATIENCE_S) -> None:
        self._name = name
        self._url = url
        self._patience_s = patience_s

    def __repr__(self) -> str:
        return f"ByUrl({self._name})"

    def send(self, message: Message, only: Sequence[str] = ()) -> Sent:
        """Say it, in text only. Raises NotifyError."""
        answer = _ask(self._request(message), self._patience_s)
        if not answer.arrived:
            kind, why = _reason(answer, self._url)
            raise NotifyError(kind, why)
        return Sent()

    def _request(self, message: Message) -> dict[str, Any]:
        return {
            "url": self._url,
            "title": one_line(message.subject),
            "body": _body(message),
            "urgent": message.urgency > 1,
            "patience_s": self._patience_s,
        }


def _url_of(service: Service) -> str:
    if service.url_file is None:
        return service.url
    try:
        if service.url_file.is_fifo():  # whose writer would be waited for
            raise OSError(0, "it is a pipe")
        with service.url_file.open(encoding="utf-8-sig") as file:
            url = file.readline(_LONGEST_URL).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise NotifyError("setup", f"{service.url_file} cannot be read: {why}") from None
    if not _URL.fullmatch(url):
        raise NotifyError("setup", f"the first line of {service.url_file} is no URL")
    return url


def _body(message: Message) -> str:
    """The message as text; of one part, the title is not said twice."""
    parts = []
    for part in message.parts:
        title = one_line(part.title)
        head = [] if title == one_line(message.subject) else [title]
        parts.append("\n".join([*head, *lines(part.body.strip("\n"))]).strip("\n"))
    # A service refuses a message of a title alone.
    return "\n\n".join(part for part in parts if part) or one_line(message.subject)


# --- the other process ------------------------------------------------------------------------


class _Answer(NamedTuple):
    """What apprise says: whether it has arrived, or whether it did not even know the URL, and what
    it has logged. `late`: it did not end in time.
    """

    arrived: bool = False
    known: bool = True
    heard: tuple[str, ...] = ()
    late: bool = False


def _ask(request: dict[str, Any], patience_s: float) -> _Answer:
    try:
        # By pipes: a process list shows arguments, and environments can be read too. -P: what
        # lies in the folder we happen to be in is not imported.
        done = subprocess.run(
            [sys.executable, "-P", "-m", "shoetrack.notify.service"],
            input=json.dumps(request),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=patience_s + _START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Answer(late=True)
    except OSError as error:
        return _Answer(heard=(f"{sys.executable} cannot be started: {error.strerror}",))
    if done.returncode == _LATE:
        return _Answer(late=True)
    try:
        said = json.loads(done.stdout.splitlines()[-1])
        return _Answer(said["arrived"], said["known"], tuple(said["heard"]))
    except (ValueError, LookupError, TypeError):
        return _Answer()  # it broke: what it says of that may hold a secret


def _reason(answer: _Answer, url: str) -> tuple[str, str]:
    """Of what kind a failure is, and a sentence about it that holds no part of the URL."""
    if answer.late:
        return "unreachable", "the service did not answer in time"
    if not answer.known:
        return "setup", "apprise takes no such URL: https://github.com/caronc/apprise lists them"
    heard = "; ".join(said.rstrip(". ") for said in answer.heard)
    if found := re.search(r"error=(\d{3})\b", heard):
        return _refusal(int(found[1]))
    if "connection error" in heard.casefold():
        return "unreachable", "the service cannot be reached, or did not answer in time"
    if not heard:
        return "refused", "apprise could not deliver the message, and does not say why"
    return "refused", f"apprise says: {one_line(_masked(heard, url))}"


def _refusal(status: int) -> tuple[str, str]:
    try:
        said = f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        said = f"HTTP {status}"
    if 300 <= status < 400:
        return "setup", (
            f"the service sends elsewhere ({said}): check its URL; where it is reached by https,"
            " that begins otherwise, as with ntfys:// or jsons://"
        )
    if status in (401, 403):
        return "auth", f"the service refuses the key in its URL ({said})"
    if status == 404:
        return "refused", f"the service does not know the address in its URL ({said})"
    return "refused", f"the service has refused the message ({said})"


def _masked(text: str, url: str) -> str:
    """Text without any part of the URL."""
    secret = url.partition("://")[2]
    forms = (secret, unquote(secret))
    pieces = {piece for form in forms for piece in re.split(r"[/:@?&=#,;\s]+", form)}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= _SHORTEST_SECRET:
            text = re.sub(re.escape(piece), "…", text, flags=re.IGNORECASE)
    return text


# --- in the other process ---------------------------------------------------------------------

_LATE = 3


def answer() -> None:
    """Say for another process what it writes to our standard input."""
    # Ctrl-C is for who has started us: they wait for our end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    request = json.load(sys.stdin)
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    import apprise

    _stay()
    logger = logging.getLogger("apprise")
    logger.addHandler(Ear(logging.WARNING))
    # Also where the other process is gone, and waits for nothing any more.
    end = threading.Timer(request["patience_s"], os._exit, (_LATE,))
    end.daemon = True
    end.start()
    service = apprise.Apprise()
    known = service.add(request["url"])
    for one in service:
        # What is longer than the service takes comes as several messages, rather than never.
        if one.overflow_mode == apprise.OverflowMode.UPSTREAM:
            one.overflow_mode = apprise.OverflowMode.SPLIT
    kind = apprise.NotifyType.WARNING if request["urgent"] else apprise.NotifyType.INFO
    arrived = known and service.notify(
        request["body"], request["title"], kind, body_format=apprise.NotifyFormat.TEXT
    )
    end.cancel()
    json.dump({"arrived": bool(arrived), "known": known, "heard": heard}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # a thread of apprise's that still waits changes nothing


def _stay() -> None:
    """Have messages not sent on to another place of the same host, as from http to https: what is
    sent on without its content is answered well there, and has arrived nowhere.
    """
    import requests

    sessions = requests.sessions.SessionRedirectMixin
    usual = sessions.get_redirect_target

    def target(
        session: requests.sessions.SessionRedirectMixin, response: requests.Response
    ) -> str | None:
        place = usual(session, response)
        if place is None or not response.request.body or response.status_code > 302:
            return place
        here, there = (urlsplit(urljoin(response.url, url)).hostname for url in ("", place))
        return None if here == there else place

    sessions.get_redirect_target = target  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    answer()
