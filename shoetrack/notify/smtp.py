"""A talk with a mail server in which each answer, and the whole, has only so much time."""

from __future__ import annotations

import base64
import io
import ipaddress
import queue
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from shoetrack.errors import ShoetrackError

# What we call ourselves: an address as RFC 5321 has it where one has no name, and all that it tells
# of this machine is nothing.
_OUR_NAME = "[127.0.0.1]"
_MOST_BYTES = 256 * 1024  # that a server may say
_AT_ONCE = 16 * 1024  # as much as one record of TLS holds
_FAREWELL_S = 5.0
_UNKNOWN_WAY = range(500, 505)  # the server does not know this way to log in, whatever it offered

_Reply = tuple[int, bytes]
_Place = tuple[socket.AddressFamily, socket.SocketKind, int, Any]  # and the address


class NotOfferedError(ShoetrackError):
    """The server lacks what we insist on: `what` is "STARTTLS", "AUTH" or a way to log in."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the server offers no {what}")


class NotLoopbackError(ShoetrackError):
    """A name that should be this machine's leads elsewhere."""


class Talk(smtplib.SMTP):
    """One connection. Whatever is slower than `step_s` for an answer, or `total_s` for the whole,
    raises TimeoutError, or SMTPServerDisconnected with that as its context; both are OSError.
    """

    def __init__(self, step_s: float, total_s: float) -> None:
        super().__init__(local_hostname=_OUR_NAME)
        self._step_s = step_s
        self._ends_at = time.monotonic() + total_s
        self._answer_by = min(self._ends_at, time.monotonic() + step_s)
        self._heard = 0

    def open(self, host: str, port: int, security: str) -> None:
        """Connect, encrypted unless `security` is "none", and let both sides say who they are.

        Raises NotLoopbackError where it is "none" and the host is another machine, NotOfferedError,
        SMTPException, ssl.SSLError, OSError, and UnicodeError where the host is no name.
        """
        places = _look_up(host, port, self._left())
        if security == "none" and not all(_is_loopback(place) for place in places):
            raise NotLoopbackError(host)
        self.sock = self._connect(places)
        if security == "tls":
            self._encrypt(host)
        code, text = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        self.ehlo_or_helo_if_needed()
        if security == "starttls":
            self._start_tls(host)

    def log_in(self, user: str, password: str) -> None:
        """Raises NotOfferedError, SMTPAuthenticationError, SMTPException, OSError.

        smtplib's own login tries a wrong password in each way that the server offers, which locks
        accounts, and knows no letters beyond ASCII.
        """
        offered = self.esmtp_features.get("auth", "").upper().split()
        if not offered:
            raise NotOfferedError("AUTH")
        ways: dict[str, Callable[[str, str], _Reply]] = {
            "PLAIN": self._log_in_plain,
            "LOGIN": self._log_in_login,
        }
        code, text = 0, b""
        for way in ways:
            if way in offered:
                code, text = ways[way](user, password)
                if code not in _UNKNOWN_WAY:
                    break
        if code == 0:
            raise NotOfferedError("AUTH PLAIN or LOGIN")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)

    def deliver(self, sender: str, to: Sequence[str], mail: bytes) -> dict[str, _Reply]:
        """Hand the mail over: what was said to each recipient who was refused, where others were
        not. Raises SMTPException, OSError.
        """
        return self.sendmail(sender, to, mail)

    def leave(self) -> None:
        """End the talk politely, which nobody waits long for. Raises SMTPException, OSError."""
        self._step_s = min(self._step_s, _FAREWELL_S)
        self.quit()

    # --- what smtplib calls ---

    def data(self, msg: Any) -> _Reply:
        # Some look at the mail for long before they take it; to give up then is to send it twice.
        usual, self._step_s = self._step_s, max(self._step_s, self._ends_at - time.monotonic())
        try:
            return super().data(msg)
        finally:
            self._step_s = usual

    def send(self, s: Any) -> None:
        data = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        self._answer_by = time.monotonic() + self._step_s
        for begin in range(0, len(data), _AT_ONCE):
            self._set_patience()
            super().send(data[begin : begin + _AT_ONCE])

    def getreply(self) -> _Reply:
        self._answer_by = time.monotonic() + self._step_s
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Incoming(self))
        return super().getreply()

    # --- the connection ---

    def _connect(self, places: Sequence[_Place]) -> socket.socket:
        """To the first place that answers; where IPv6 leads nowhere, there is time for the next."""
        fault: OSError | None = None
        self._answer_by = time.monotonic() + self._step_s
        for family, kind, protocol, address in places:
            found = socket.socket(family, kind, protocol)
            try:
                found.settimeout(min(self._step_s / len(places), self._left()))
                found.connect(address)
            except OSError as error:
                found.close()
                fault = fault or error
            else:
                return found
        raise fault or OSError("there is no address")

    def _start_tls(self, host: str) -> None:
        if not self.has_extn("starttls"):
            raise NotOfferedError("STARTTLS")
        code, text = self.docmd("STARTTLS")
        if code >= 500:
            raise NotOfferedError("STARTTLS")
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        self._encrypt(host)
        # RFC 3207: what was said before could be anyone's.
        self.ehlo_resp = self.helo_resp = None
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()

    def _encrypt(self, host: str) -> None:
        """Put TLS around the connection, to nobody but the host."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.file is not None:
            self.file.close()  # with what it holds: it came in plain text
            self.file = None
        assert self.sock is not None
        self._answer_by = time.monotonic() + self._step_s
        self._set_patience()
        self.sock = context.wrap_socket(self.sock, server_hostname=host)

    def _log_in_plain(self, user: str, password: str) -> _Reply:
        return self.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")

    def _log_in_login(self, user: str, password: str) -> _Reply:
        answer = self.docmd("AUTH", "LOGIN")
        for word in (user, password):
            if answer[0] != 334:
                break
            answer = self.docmd(_base64(word))
        return answer

    # --- time ---

    def _left(self) -> float:
        left = min(self._ends_at, self._answer_by) - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def _set_patience(self) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._left())

    def hear(self, buffer: Any) -> int:
        """What comes in next, waited for no longer than the answer as a whole may take."""
        if self.sock is None:
            return 0
        self._set_patience()
        count = self.sock.recv_into(buffer)
        self._heard += count
        if self._heard > _MOST_BYTES:
            raise OSError("the server does not stop talking")
        return count


class _Incoming(io.RawIOBase):
    """What the server says, as smtplib reads it. A plain socket's file would wait for each byte
    anew, and so for ever on a server that drips.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._talk.hear(buffer)


def _look_up(host: str, port: int, patience_s: float) -> list[_Place]:
    """Where a host can be reached. Raises OSError, UnicodeError.

    In a thread of its own, as nothing else bounds how long a name server is waited for.
    """
    found: queue.SimpleQueue[list[_Place] | OSError | UnicodeError] = queue.SimpleQueue()

    def look() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put([(family, kind, proto, place) for family, kind, proto, _, place in answers])
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look, name="look-up", daemon=True).start()
    try:
        places = found.get(timeout=patience_s)
    except queue.Empty:
        raise TimeoutError("timed out") from None
    if isinstance(places, Exception):
        raise places
    return places


def _is_loopback(place: _Place) -> bool:
    return ipaddress.ip_address(place[3][0]).is_loopback


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
