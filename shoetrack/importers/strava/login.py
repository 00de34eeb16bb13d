"""Waiting for the browser to come back from Strava's page, on this machine alone.

The browser is sent to an address of ours, with a code. Where it runs on another machine, as over
ssh, that address leads nowhere there; then it can be copied from the browser and pasted here.
"""

from __future__ import annotations

import hmac
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shoetrack.importers.strava.errors import StravaError
from shoetrack.importers.strava.tokens import split_scopes
from shoetrack.vault import Secret

HOST = "127.0.0.1"
_PATH = "/callback"
_LONGEST = 4096
_TICK_S = 0.2

_PAGE = b"""<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>shoetrack</title>
<p>shoetrack has Strava's answer: see in the terminal what comes of it. You can close this page.
"""


class LoginRefused(StravaError):  # noqa: N818 - what is the matter, as the others
    """No access was granted, or not to us."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What came back: a code to trade once, and the scopes that were left ticked; None where it
    does not say, which in OAuth means all that were asked for.
    """

    code: Secret
    scopes: frozenset[str] | None


class Callback:
    """The address that waits; see `listen`."""

    def __init__(self, port: int, state: str) -> None:
        self.redirect_uri = f"http://{HOST}:{port}{_PATH}"
        self._state = state
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def offer(self, query: str) -> None:
        """Hand over the query of an address that the browser was sent to."""
        self._answers.put(query)

    def wait(self, timeout_s: float) -> Granted:
        """The first answer. Raises LoginRefused where it is none, or does not come in time."""
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            try:
                # In small steps: on Windows, nothing interrupts a longer wait.
                return read_answer(self._answers.get(timeout=min(left, _TICK_S)), self._state)
            except queue.Empty:
                continue
        raise LoginRefused(
            f"nobody granted access within {round(timeout_s):,} s: run the command again"
        )


@contextmanager
def listen(port: int, state: str, *, pasted: bool = False) -> Iterator[Callback]:
    """Wait at a port of this machine, 0 for any that is free; with `pasted` at the terminal too.

    Raises LoginRefused where the port is taken.
    """
    try:
        server = _Server((HOST, port), _Handler)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "there is no such port"
        raise LoginRefused(
            f"port {port} of this machine cannot be used ({reason}): name another with --port"
        ) from error
    server.callback = callback = Callback(int(server.server_address[1]), state)
    thread = threading.Thread(target=server.serve_forever, args=(_TICK_S,), daemon=True)
    thread.start()
    if pasted:
        threading.Thread(target=_read_pasted, args=(callback,), daemon=True).start()
    try:
        yield callback
    finally:
        server.shutdown()
        server.server_close()


def read_answer(query: str, state: str) -> Granted:
    """What an answer's query says. Raises LoginRefused."""
    asked = parse_qs(query[:_LONGEST], True, max_num_fields=20) if query.count("&") < 20 else {}
    found = {name: values[0] for name, values in asked.items()}
    if not hmac.compare_digest(found.get("state", "").encode(), state.encode()):
        raise LoginRefused(
            "this answer was not meant for this login (its state differs): run the command again,"
            " and use the page that it opens"
        )
    if found.get("error") == "access_denied":
        raise LoginRefused("access was denied on Strava's page: nothing has changed")
    if not found.get("code"):
        raise LoginRefused("Strava's answer holds no code: run the command again")
    scopes = split_scopes(found["scope"]) if "scope" in asked else None
    return Granted(Secret(found["code"]), scopes)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # Else two programs can wait at one port on some systems, and the wrong one hears the answer.
    allow_reuse_address = os.name == "posix"
    callback: Callback


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10  # browsers open connections that they may never use

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != _PATH or not self._is_for_us():
            self._answer(404, b"")
            return
        self._answer(200, _PAGE)
        self.server.callback.offer(parts.query)

    def _is_for_us(self) -> bool:
        """Whether it was addressed by our number: no other name may lead a browser here."""
        port = self.server.server_address[1]
        return self.headers.get("Host") in (f"{HOST}:{port}", f"localhost:{port}")

    def _answer(self, status: int, page: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Referrer-Policy", "no-referrer")  # the address holds the code
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the address holds the code."""


def _read_pasted(callback: Callback) -> None:
    """Take whole lines from the terminal, as long as there is one, for addresses."""
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return  # there is no standard input
    pending = b""
    # Not by `sys.stdin`: its lock, held while waiting, would keep the program from ending.
    while chunk := _read_some(descriptor):
        *lines, pending = (pending + chunk)[-2 * _LONGEST :].split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            if text:
                callback.offer(text.partition("?")[2].partition("#")[0] or text)


def _read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _LONGEST)
    except OSError:
        return b""
