"""A mail server on this machine: aiosmtpd with TLS and AUTH, and mails that a test can read.

    with smtp_server(tmp_path, tls="starttls", user="ada", password="hush") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        server.answers.append(Answer("RCPT", "450 try later", about="bob@"))
        ...                                             # send to 127.0.0.1, server.port
        (mail,) = server.wait_for(1)
        assert mail.message["Subject"] == "Pegasus 41 is worn out"

`python -m tests.smtp_server PORT` runs one without TLS and prints what comes in, for trying things
by hand. `talker` is a server that says whatever a test wants it to say, mail server or not.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
_PATIENCE_S = 20.0

Security = Literal["starttls", "tls", "none"]
Signer = Literal["ca", "other", "itself"]


@dataclass
class Answer:
    """What the server answers to a command instead of its own answer, `times` times.

    `about` is in what follows the command, as a recipient's address. `drop`: the connection is
    closed without an answer. `hang`: there is no answer, until the other side leaves. Of DATA, the
    mail is read first (and is not kept) unless `early`.
    """

    command: str
    says: str = ""
    about: str = ""
    times: int = 1
    drop: bool = False
    hang: bool = False
    early: bool = False


@dataclass(frozen=True)
class Received:
    """A mail as it came in."""

    sender: str
    to: tuple[str, ...]
    raw: bytes
    message: EmailMessage


@dataclass
class SmtpServer:
    """The handles by which a test sees and moves the server. `ca` is the file of the certificate
    that a client has to trust; `commands` are all that came, without secrets.
    """

    ca: Path
    port: int = 0
    user: str = ""
    password: str = ""
    answers: list[Answer] = field(default_factory=list)
    commands: list[tuple[str, str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)  # mechanism and user, tried
    mails: list[Received] = field(default_factory=list)
    _came: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = _PATIENCE_S) -> list[Received]:
        """The mails, as soon as there are so many; AssertionError where they do not come."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.mails) >= count, seconds):
                raise AssertionError(f"{len(self.mails)} of {count} mails came in {seconds} s")
            return list(self.mails)

    def count(self, command: str) -> int:
        """How many times a command came."""
        return sum(name == command for name, _ in self.commands)

    def keep(self, mail: Received) -> None:
        with self._came:
            self.mails.append(mail)
            self._came.notify_all()

    def take_answer(self, command: str, words: str, *, early: bool = False) -> Answer | None:
        """The first answer that is meant for a command, used once."""
        for answer in self.answers:
            meant = answer.command == command and answer.about in words
            if meant and answer.early is early and answer.times > 0:
                answer.times -= 1
                return answer
        return None

    def log_in(
        self,
        _smtp: SMTP,
        _session: Session,
        _envelope: Envelope,
        mechanism: str,
        found: LoginPassword,
    ) -> AuthResult:
        """aiosmtpd's authenticator."""
        user, password = found.login.decode(), found.password.decode()
        self.logins.append((mechanism, user))
        return AuthResult(success=(user, password) == (self.user, self.password), handled=False)

    async def handle_DATA(  # noqa: N802
        self, smtp: SMTP, _session: Session, envelope: Envelope
    ) -> bytes:
        """aiosmtpd's hook for a mail that has come in whole."""
        answer = self.take_answer("DATA", "")
        if answer is not None:
            return await _give(smtp, answer)
        raw = envelope.content
        assert isinstance(raw, bytes)
        parsed = message_from_bytes(raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        self.keep(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw, parsed))
        return b"250 2.0.0 taken"


async def _give(smtp: SMTP, answer: Answer) -> bytes:
    """The answer's words; where it has none, this ends when the connection does."""
    if answer.drop:
        assert isinstance(smtp.transport, asyncio.Transport)
        smtp.transport.abort()
    if answer.drop or answer.hang:
        await asyncio.Event().wait()  # aiosmtpd cancels it when the connection is lost
    return answer.says.encode()


class _Scripted(SMTP):
    """aiosmtpd's server of one connection, which a test can make answer otherwise."""

    test: SmtpServer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.test.commands.append(("CONNECT", ""))
        super().connection_made(transport)


def _command(name: str) -> Any:
    usual = getattr(SMTP, f"smtp_{name}")

    async def method(self: _Scripted, arg: str | None) -> None:
        shown = (arg or "").partition(" ")[0] if name == "AUTH" else arg or ""
        self.test.commands.append((name, shown))
        assert self.session is not None
        answer = self.test.take_answer(name, arg or "", early=name == "DATA")
        if answer is not None:
            await self.push(await _give(self, answer))
        elif name == "MAIL" and self.test.user and not self.session.authenticated:
            # aiosmtpd's own `auth_required` warns without STARTTLS, and does not know TLS from the
            # beginning on.
            await self.push("530 5.7.0 Authentication required")
        else:
            await usual(self, arg)

    return method


for _name in ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"):
    setattr(_Scripted, f"smtp_{_name}", _command(_name))


@contextmanager
def smtp_server(
    folder: Path,
    tls: Security = "starttls",
    *,
    user: str = "",
    password: str = "",
    port: int = 0,
    certified: str = HOST,
    signed_by: Signer = "ca",
    expired: bool = False,
    largest: int = 2**25,
    without: tuple[str, ...] = (),
) -> Iterator[SmtpServer]:
    """A server that runs until the block ends; `user`: it wants a login.

    Its certificate is for the host `certified`, by the authority whose certificate is in `folder`,
    by another one, or by itself. `largest` is the mail that it takes, in bytes; `without` are ways
    to log in that it does not know (PLAIN, LOGIN).
    """
    context, ca = certificate(folder, certified, signed_by, expired=expired)
    server = SmtpServer(ca, user=user, password=password)
    options: dict[str, Any] = {
        "hostname": "mail.test",
        "ident": "shoetrack's test",
        "data_size_limit": largest,
        "authenticator": server.log_in,
        "auth_require_tls": tls == "starttls",
        "auth_exclude_mechanism": [*without, *(() if user else ("PLAIN", "LOGIN"))],
        "tls_context": context if tls == "starttls" else None,
        "require_starttls": tls == "starttls",
    }

    def factory() -> _Scripted:
        made = _Scripted(server, loop=asyncio.get_running_loop(), **options)
        made.test = server
        return made

    with _running(factory, port, context if tls == "tls" else None) as server.port:
        yield server


@contextmanager
def _running(
    factory: Callable[[], SMTP], port: int, context: ssl.SSLContext | None
) -> Iterator[int]:
    """Serve in a thread of its own; what it is at when the block ends is cancelled and awaited."""
    ready = threading.Event()
    made: list[SMTP] = []
    handles: dict[str, Any] = {}

    def build() -> SMTP:
        made.append(factory())
        return made[-1]

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        listening = await loop.create_server(build, HOST, port, ssl=context)
        handles.update(
            port=listening.sockets[0].getsockname()[1],
            stop=lambda: loop.call_soon_threadsafe(stop.set),
        )
        ready.set()
        await stop.wait()
        listening.close()
        for protocol in made:
            if isinstance(protocol.transport, asyncio.Transport):
                protocol.transport.abort()
        await asyncio.sleep(0.01)  # transports end in the loop's next rounds

    def run() -> None:
        try:
            asyncio.run(serve())
        except OSError as error:
            handles["error"] = error
            ready.set()

    thread = threading.Thread(target=run, name="smtp-server", daemon=True)
    thread.start()
    assert ready.wait(_PATIENCE_S)
    if "error" in handles:
        raise handles["error"]
    try:
        yield handles["port"]
    finally:
        handles["stop"]()
        thread.join(_PATIENCE_S)
        assert not thread.is_alive()


def certificate(
    folder: Path, host: str = HOST, signed_by: Signer = "ca", *, expired: bool = False
) -> tuple[ssl.SSLContext, Path]:
    """The server's side of TLS, and the file of the authority that a client has to trust."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if signed_by == "itself":
        alone = trustme.CA()
        both = folder / "alone.pem"
        both.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
        context.load_cert_chain(both)
        return context, path
    signer = authority if signed_by == "ca" else trustme.CA()
    ends = datetime(2020, 1, 1, tzinfo=UTC) if expired else None
    signer.issue_cert(host, not_after=ends).configure_cert(context)
    return context, path


@contextmanager
def talker(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that has `talk` speak with each who connects, until it returns; what it
    meets when the other side has gone ends it.
    """
    with socket.create_server((HOST, 0)) as listening:
        listening.settimeout(0.05)  # so that it is seen when this is over
        over = threading.Event()
        open_ones: list[socket.socket] = []

        def speak(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                talk(connection)

        def serve() -> None:
            speakers = []
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = listening.accept()
                    open_ones.append(connection)
                    speakers.append(threading.Thread(target=speak, args=(connection,)))
                    speakers[-1].start()
            for speaker in speakers:
                speaker.join(_PATIENCE_S)
                assert not speaker.is_alive()

        thread = threading.Thread(target=serve, name="talker")
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            for each in open_ones:
                with suppress(OSError):  # closed already
                    each.shutdown(socket.SHUT_RDWR)
            thread.join(_PATIENCE_S)
            assert not thread.is_alive()


def show(mail: Received) -> str:
    """A mail for a person: the head, and the plain text."""
    body = mail.message.get_body(("plain",))
    text = body.get_content() if body is not None else "(no plain text)\n"
    head = "".join(f"{name}: {value}\n" for name, value in mail.message.items())
    return (
        f"--- from {mail.sender} to {', '.join(mail.to)}, {len(mail.raw):,} bytes\n{head}\n{text}"
    )


def main() -> None:
    """Print mails until interrupted, and keep them as files where a folder is named."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8025
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        smtp_server(Path(scratch), "none", port=port) as server,
    ):
        sys.stdout.write(f"listening on {HOST}:{server.port}\n")
        sys.stdout.flush()
        shown = 0
        try:
            while True:
                for mail in server.mails[shown:]:
                    shown += 1
                    sys.stdout.write(show(mail))
                    if folder is not None:
                        (folder / f"{shown}.eml").write_bytes(mail.raw)
                sys.stdout.flush()
                time.sleep(0.2)
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
