"""Mail is handed to a real server by TLS and AUTH; and what is said when that cannot be."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shoetrack.notify import NotifyError, Sent
from shoetrack.vault import VaultError

from ..smtp_server import HOST, Answer, Security, SmtpServer, certificate, smtp_server, talker
from .letters import mail, message

PASSWORD = "correct horse ü"
LOGIN: dict[str, Any] = {"user": "ada", "password": PASSWORD}


@contextmanager
def trusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tls: Security = "starttls", **options: Any
) -> Iterator[SmtpServer]:
    """A server whose authority this machine trusts, whether or not it has signed the server's."""
    with smtp_server(folder, tls, **options) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        yield server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    """One with STARTTLS, and no login."""
    with trusted(tmp_path, monkeypatch) as made:
        yield made


def fails(channel: Any, kind: str, *words: str, only: tuple[str, ...] = ()) -> str:
    """The one sentence of a failure, which says these words and is fit to be shown."""
    with pytest.raises(NotifyError) as caught:
        channel.send(message(), only)
    sentence = str(caught.value)
    assert caught.value.kind == kind, sentence
    for word in words:
        assert word in sentence
    assert sentence.isprintable()
    assert len(sentence) < 500
    # What a log of the whole error would show.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return sentence


# --- it arrives ---


@pytest.mark.parametrize("tls", ["starttls", "tls", "none"])
def test_a_mail_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Security) -> None:
    with trusted(tmp_path, monkeypatch, tls, **LOGIN) as server:
        assert mail(server.port, security=tls, **LOGIN).send(message()) == Sent()
    (came,) = server.mails
    assert came.sender == "shoes@example.org"
    assert came.to == ("ada@example.org",)
    assert came.message["Subject"] == "Worn out"
    assert server.logins == [("PLAIN", "ada")]
    encrypted = [("STARTTLS", "")] if tls == "starttls" else []
    assert [each for each in server.commands if each[0] == "STARTTLS"] == encrypted


def test_without_a_user_there_is_no_login_and_no_password_is_asked_for(
    server: SmtpServer,
) -> None:
    channel = mail(server.port, password=AssertionError("asked for"))
    channel.send(message())
    assert len(server.mails) == 1
    assert server.count("AUTH") == 0


def test_the_only_name_that_is_told_says_nothing_of_this_machine(server: SmtpServer) -> None:
    mail(server.port).send(message())
    names = {words for command, words in server.commands if command == "EHLO"}
    assert names == {"[127.0.0.1]"}
    assert socket.gethostname().encode() not in server.mails[0].raw


def test_several_get_it_at_once(server: SmtpServer) -> None:
    everyone = ("ada@example.org", "bob@example.org", "eve@example.net")
    assert mail(server.port, *everyone).send(message()) == Sent()
    (came,) = server.mails
    assert came.to == everyone
    assert came.message["To"] == "ada@example.org, bob@example.org, eve@example.net"
    assert server.count("DATA") == 1


def test_a_server_that_knows_only_the_older_login_gets_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusted(tmp_path, monkeypatch, **LOGIN, without=("PLAIN",)) as server:
        mail(server.port, **LOGIN).send(message())
    assert server.logins == [("LOGIN", "ada")]
    assert len(server.mails) == 1


def test_a_way_to_log_in_that_is_offered_but_not_known_is_not_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusted(tmp_path, monkeypatch, **LOGIN) as server:
        server.answers.append(Answer("AUTH", "504 5.5.4 unknown", about="PLAIN"))
        mail(server.port, **LOGIN).send(message())
    assert [words for command, words in server.commands if command == "AUTH"] == ["PLAIN", "LOGIN"]
    assert len(server.mails) == 1


def test_what_happens_after_the_mail_was_taken_does_not_matter(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers.append(Answer("QUIT", drop=True))
    assert mail(server.port).send(message()) == Sent()
    server.answers.append(Answer("QUIT", hang=True))
    monkeypatch.setattr("shoetrack.notify.smtp._FAREWELL_S", 0.2)
    began = time.monotonic()
    assert mail(server.port).send(message()) == Sent()
    assert time.monotonic() - began < 10
    server.answers.append(Answer("QUIT", "500 what?"))
    assert mail(server.port).send(message()) == Sent()
    assert len(server.mails) == 3


def test_a_place_of_the_server_that_is_dead_is_not_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def two(_asked: Any, *args: Any, **kwargs: Any) -> Any:
        return real("127.0.0.2", *args, **kwargs) + real(HOST, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with trusted(tmp_path, monkeypatch, certified="mail.example.org") as server:
        mail(server.port, host="mail.example.org").send(message())
    assert len(server.mails) == 1


# --- the login ---


@pytest.mark.parametrize("tls", ["starttls", "tls", "none"])
def test_a_wrong_password_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Security
) -> None:
    with trusted(tmp_path, monkeypatch, tls, **LOGIN) as server:
        channel = mail(server.port, security=tls, user="ada", password="wrong-one")
        sentence = fails(channel, "auth", "the login of ada", "535", "shoetrack alerts password")
    assert "wrong-one" not in sentence
    assert server.mails == []
    # To try it in each way that is offered locks the accounts of some providers.
    assert server.count("AUTH") == 1


def test_a_password_that_the_server_says_is_not_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusted(tmp_path, monkeypatch, user="ada", password="right") as server:
        for said in ("hush-5ec7e7", "aHVzaC01ZWM3ZTc=", "AGFkYQBodXNoLTVlYzdlNw=="):
            server.answers.append(Answer("AUTH", f"535-no\r\n535 not {said}"))
            channel = mail(server.port, user="ada", password="hush-5ec7e7")
            sentence = fails(channel, "auth", "535")
            assert said not in sentence


@pytest.mark.parametrize(
    ("host", "hint"),
    [
        ("smtp.gmail.com", "https://myaccount.google.com/apppasswords"),
        ("smtp.fastmail.com", "Fastmail wants an app password"),
        ("SMTP.MAIL.ME.COM", "https://account.apple.com"),
    ],
)
def test_who_wants_an_app_password_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, hint: str
) -> None:
    real = socket.getaddrinfo

    def here(asked: Any, *args: Any, **kwargs: Any) -> Any:
        return real(HOST if asked == host else asked, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    with trusted(tmp_path, monkeypatch, user="ada", password="x", certified=host.lower()) as server:
        fails(mail(server.port, host=host, user="ada", password="y"), "auth", hint)


def test_a_server_that_wants_a_login_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusted(tmp_path, monkeypatch, **LOGIN) as server:
        fails(mail(server.port), "auth", "wants a login", "530", "set user in [alerts.email]")
        server.answers.append(Answer("MAIL", "250 ok"))
        server.answers.append(Answer("RCPT", "530 5.7.0 log in"))
        fails(mail(server.port), "auth", "wants a login", "530")
        # Some say no more than that.
        server.answers.append(Answer("MAIL", "250 ok"))
        server.answers.append(Answer("RCPT", "550 relay not permitted"))
        fails(mail(server.port), "refused", "relay not permitted", "check to", "set user")
    assert server.mails == []


def test_a_server_without_any_login_is_told_apart(server: SmtpServer) -> None:
    channel = mail(server.port, user="ada", password="hush")
    fails(channel, "auth", "offers no login", "take user out of [alerts.email]")


def test_a_login_that_fails_for_now_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusted(tmp_path, monkeypatch, **LOGIN) as server:
        server.answers.append(Answer("AUTH", "454 4.7.0 the directory sleeps"))
        fails(mail(server.port, **LOGIN), "later", "454", "try again later")
        mail(server.port, **LOGIN).send(message())
    assert len(server.mails) == 1


def test_no_password_says_where_it_is_looked_for() -> None:
    fails(
        mail(9, user="ada"),
        "setup",
        "SHOETRACK_SMTP_PASSWORD",
        "`shoetrack alerts password`",
        "password_file",
    )


def test_the_password_file_is_read_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "smtp"
    with trusted(tmp_path / "tls", monkeypatch, **LOGIN) as server:
        channel = mail(server.port, user="ada", password_file=path)
        fails(channel, "setup", str(path), "no such file")
        path.write_text("old one\n", encoding="utf-8")
        fails(channel, "auth")
        path.write_text(f"\ufeff  {PASSWORD}\t\r\nand a note\n", encoding="utf-8")
        channel.send(message())
        # A keyring that cannot be opened does not keep the file from being used.
        locked = mail(server.port, user="ada", password=VaultError("locked"), password_file=path)
        locked.send(message())
    assert len(server.mails) == 2


def test_a_password_file_that_holds_none_is_said(tmp_path: Path) -> None:
    path = tmp_path / "smtp"
    channel = mail(9, user="ada", password_file=path)
    for content, reason in (
        (b"", "empty"),
        (b"\nhush\n", "empty"),
        (b"\xff\xfe\x00", "no text"),
        (b"x" * 5000, "too large"),
    ):
        path.write_bytes(content)
        fails(channel, "setup", reason, "password_file")
    path.unlink()
    path.mkdir()
    fails(channel, "setup", "password_file")
    path.rmdir()
    os.mkfifo(path)
    fails(channel, "setup", "password_file")  # and is not waited for


def test_secrets_that_cannot_be_read_are_said() -> None:
    channel = mail(9, user="ada", password=VaultError("the keyring cannot be opened: unlock it"))
    assert fails(channel, "setup") == "the keyring cannot be opened: unlock it"


def test_a_password_that_cannot_be_sent_is_said() -> None:
    fails(mail(9, user="ada", password="a\0b"), "setup", "no text")
    fails(mail(9, user="ada", password="a\udc80"), "setup", "no text")


def test_an_app_password_keeps_its_spaces_as_a_web_page_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusted(tmp_path, monkeypatch, user="ada", password="abcd efgh") as server:
        mail(server.port, user="ada", password="abcd\u00a0efgh").send(message())
    assert len(server.mails) == 1


# --- encryption ---


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"signed_by": "other"}, "unable to get local issuer certificate"),
        ({"signed_by": "itself"}, "self-signed certificate"),
        ({"certified": "mail.example.org"}, "IP address mismatch"),
        ({"expired": True}, "certificate has expired"),
    ],
)
def test_a_certificate_that_is_not_the_hosts_ends_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tls: Security,
    options: dict[str, Any],
    reason: str,
) -> None:
    with trusted(tmp_path, monkeypatch, tls, **LOGIN, **options) as server:
        fails(mail(server.port, security=tls, **LOGIN), "certificate", reason, f":{server.port}")
    assert server.mails == []
    assert server.count("AUTH") == 0
    assert server.count("MAIL") == 0


def test_an_authority_that_this_machine_does_not_know_is_not_trusted(tmp_path: Path) -> None:
    with smtp_server(tmp_path) as server:
        fails(mail(server.port), "certificate")


@pytest.mark.parametrize("answer", [None, "502 5.5.1 not here"])
def test_a_server_without_starttls_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    """Someone in between may have taken it out of what the server offers."""
    with trusted(tmp_path, monkeypatch, "starttls" if answer else "none", **LOGIN) as server:
        if answer:
            server.answers.append(Answer("STARTTLS", answer))
        fails(mail(server.port, **LOGIN), "encryption", "STARTTLS", "nothing is sent without it")
    assert server.count("AUTH") == 0
    assert server.count("MAIL") == 0


def test_starttls_that_is_busy_may_be_tried_again(server: SmtpServer) -> None:
    server.answers.append(Answer("STARTTLS", "454 4.7.0 no entropy"))
    fails(mail(server.port), "later", "454")
    assert server.count("MAIL") == 0


def test_what_was_said_before_tls_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words put behind the answer to STARTTLS come from who knows whom."""
    context, ca = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250-mail.test\r\n250 STARTTLS\r\n")
        connection.recv(1000)
        connection.sendall(b"220 go\r\n250-mail.test\r\n250 AUTH PLAIN\r\n235 welcome\r\n")
        with context.wrap_socket(connection, server_side=True) as encrypted:
            heard.append(encrypted.recv(1000))
            encrypted.sendall(b"250 mail.test\r\n")
            heard.append(encrypted.recv(1000))

    with talker(talk) as port:
        fails(mail(port, **LOGIN), "auth", "offers no login")
    assert heard == [b"ehlo [127.0.0.1]\r\n", b""]


def test_tls_where_there_is_none_says_which_port_goes_with_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trusted(tmp_path, monkeypatch, "none") as server:
        fails(mail(server.port, security="tls"), "encryption", 'security = "tls"', "465")


def test_plain_text_goes_nowhere_but_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up: what is called localhost may be anywhere."""
    real = socket.getaddrinfo

    def elsewhere(asked: Any, *args: Any, **kwargs: Any) -> Any:
        loopback, other = real(HOST, *args, **kwargs), real("192.0.2.1", *args, **kwargs)
        return loopback + other if asked == "localhost" else real(asked, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", elsewhere)
    channel = mail(9, host="localhost", security="none", user="ada", password="hush")
    fails(channel, "setup", "another machine", "starttls")


# --- recipients and senders ---


def test_one_who_is_refused_does_not_keep_it_from_the_others(server: SmtpServer) -> None:
    server.answers.append(Answer("RCPT", "550 5.1.1 no such user here", about="bob@"))
    channel = mail(server.port, "ada@example.org", "bob@example.org", "eve@example.org")
    sent = channel.send(message())
    assert sent.left_to == ["bob@example.org"]
    assert sent.fault == "not taken for bob@example.org (550 5.1.1 no such user here)"
    assert channel.send(message(), sent.left_to) == Sent()
    first, second = server.mails
    assert first.to == ("ada@example.org", "eve@example.org")
    assert second.to == ("bob@example.org",)
    assert second.message["To"] == "bob@example.org"
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_who_is_refused_for_now_is_left_too(server: SmtpServer) -> None:
    server.answers.append(Answer("RCPT", "451 4.7.1 greylisted", about="bob@"))
    sent = mail(server.port, "ada@example.org", "bob@example.org").send(message())
    assert list(sent.left_to) == ["bob@example.org"]
    assert "451 4.7.1 greylisted" in sent.fault


def test_all_refused_is_a_failure(server: SmtpServer) -> None:
    server.answers.append(Answer("RCPT", "550 5.1.1 no such user", times=2))
    channel = mail(server.port, "ada@example.org", "bob@example.org")
    fails(channel, "refused", "ada@example.org (550", "bob@example.org (550", "check to in")
    server.answers.append(Answer("RCPT", "550 5.1.1 no such user", about="ada@"))
    server.answers.append(Answer("RCPT", "450 4.2.1 asleep", about="bob@"))
    fails(channel, "later", "450")
    assert server.mails == []


def test_those_left_who_are_no_recipients_any_more_get_nothing(server: SmtpServer) -> None:
    channel = mail(server.port, "ada@example.org")
    assert channel.send(message(), ["bob@example.org"]) == Sent()
    assert server.commands == []
    channel.send(message(), ["bob@example.org", "ada@example.org"])
    assert server.mails[0].to == ("ada@example.org",)


def test_addresses_beyond_ascii(server: SmtpServer) -> None:
    channel = mail(server.port, "ada@bücher.example", "jürgen@example.org")
    sent = channel.send(message())
    assert list(sent.left_to) == ["jürgen@example.org"]
    assert "no form that every mail server takes" in sent.fault
    assert server.mails[0].to == ("ada@xn--bcher-kva.example",)
    fails(mail(server.port, "jürgen@example.org"), "refused", "jürgen@example.org")
    fails(mail(server.port, sender="jürgen@example.org"), "setup", "set from in")


def test_a_refused_sender_is_said(server: SmtpServer) -> None:
    server.answers.append(Answer("MAIL", "553 5.7.1 not yours"))
    fails(mail(server.port), "refused", "shoes@example.org", "553 5.7.1 not yours", "set from in")


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org>\r\nDATA\r\n",
        "ada@example.org\nRCPT TO:<eve@example.org>",
        "=?utf-8?q?=0D=0ABcc=3A?=@example.org",
        "ada@example.org, eve@example.org",
        "<ada@example.org>",
        "ada",
        "",
    ],
)
def test_an_address_cannot_say_more_than_an_address(server: SmtpServer, address: str) -> None:
    """The configuration refuses them too, by their line."""
    fails(mail(server.port, address), "refused", "no form")
    fails(mail(server.port, sender=address), "setup", "set from in [alerts.email]")
    sent = mail(server.port, "bob@example.org", address).send(message())
    assert list(sent.left_to) == [address]
    (came,) = server.mails
    assert came.to == ("bob@example.org",)
    assert came.message["Bcc"] is None
    assert server.count("RCPT") == 1


# --- what the server says to the mail ---


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_what_is_refused_for_now_arrives_the_next_time(server: SmtpServer, command: str) -> None:
    server.answers.append(Answer(command, "451 4.3.0 out of paper"))
    channel = mail(server.port)
    fails(channel, "later", "451 4.3.0 out of paper", "try again later")
    assert server.mails == []
    channel.send(message())
    assert len(server.mails) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_shuts_down_says_so(server: SmtpServer, command: str) -> None:
    server.answers.append(Answer(command, "421 4.3.2 shutting down"))
    fails(mail(server.port), "later", "421")


def test_a_mail_that_is_refused_for_good_is_said(server: SmtpServer) -> None:
    server.answers.append(Answer("DATA", "554 5.7.1 looks like spam"))
    fails(mail(server.port), "refused", "554 5.7.1 looks like spam")
    server.answers.append(Answer("DATA", "554 5.7.1 go away", early=True))
    fails(mail(server.port), "refused", "554 5.7.1 go away")


@pytest.mark.parametrize("seen_first", [True, False])
def test_a_mail_that_is_too_large_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen_first: bool
) -> None:
    with trusted(tmp_path, monkeypatch, largest=1000) as server:
        if not seen_first:
            server.answers.append(Answer("EHLO", "250-mail.test\r\n250 STARTTLS"))
            server.answers.append(Answer("EHLO", "250 mail.test"))
            server.answers.append(Answer("MAIL", "250 ok"))
            server.answers.append(Answer("RCPT", "250 ok"))
            server.answers.append(Answer("DATA", "552 too much", early=True))
        fails(mail(server.port), "too-large", "KB", "552")


def test_a_full_mailbox_is_not_a_mail_that_is_too_large(server: SmtpServer) -> None:
    server.answers.append(Answer("DATA", "552 5.2.2 mailbox full"))
    fails(mail(server.port), "refused", "mailbox full")


def test_a_servers_words_are_one_short_line(server: SmtpServer) -> None:
    lines = "\r\n".join(f"554-\x1b[31m\u202e line {nth} {'x' * 60}" for nth in range(40))
    server.answers.append(Answer("DATA", f"{lines}\r\n554 end"))
    sentence = fails(mail(server.port), "refused", "554 [31m line 0")
    assert len(sentence) < 300


def test_a_connection_lost_before_the_mail_was_taken_is_a_failure(server: SmtpServer) -> None:
    channel = mail(server.port)
    for command in ("EHLO", "STARTTLS", "MAIL", "RCPT", "DATA"):
        server.answers.append(Answer(command, drop=True))
        fails(channel, "unreachable", "ended before the mail was taken")
    assert server.mails == []
    channel.send(message())
    assert len(server.mails) == 1


def test_a_server_that_does_not_want_to_talk() -> None:
    def busy(connection: socket.socket) -> None:
        connection.sendall(b"421 too many of you\r\n")

    def shut(connection: socket.socket) -> None:
        connection.sendall(b"554 not from there\r\n")

    with talker(busy) as port:
        fails(mail(port), "later", "421 too many of you")
    with talker(shut) as port:
        fails(mail(port), "refused", "554 not from there", "does not want to talk")


@pytest.mark.parametrize(
    "words", [b"SSH-2.0-OpenSSH_9\r\n", b"\x00\xff\x1b\r\n", b"\r\n", b"200\r\n"]
)
def test_what_is_no_mail_server_is_said(words: bytes) -> None:
    with talker(lambda connection: connection.sendall(words)) as port:
        fails(mail(port), "unreachable", "gives an answer that no mail server gives")


# --- nobody there, or slow ---


def test_a_server_that_is_gone() -> None:
    with talker(lambda _: None) as port:
        fails(mail(port), "unreachable", f"{HOST}:{port} ended before")
    fails(mail(port), "unreachable", f"{HOST}:{port} cannot be reached", "refused", "check the")
    fails(mail(port, host="nobody.invalid", step_s=2), "unreachable", "nobody.invalid")
    fails(mail(port, host="a..b"), "unreachable", "a..b")


def test_a_name_server_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def slow(*_args: Any, **_kwargs: Any) -> Any:
        over.wait(30)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    channel = mail(25, host="mail.example.org", step_s=0.1)
    began = time.monotonic()
    fails(channel, "unreachable", "does not answer in time", "let nothing out by port 25")
    assert time.monotonic() - began < 10
    over.set()


@pytest.mark.parametrize("command", ["EHLO", "STARTTLS", "MAIL", "RCPT", "DATA"])
def test_a_server_that_hangs_is_left(server: SmtpServer, command: str) -> None:
    server.answers.append(Answer(command, hang=True))
    began = time.monotonic()
    fails(mail(server.port, step_s=0.2, total_s=0.8), "unreachable", "does not answer in time")
    assert time.monotonic() - began < 10
    assert server.mails == []


def test_a_mail_may_be_looked_at_for_longer_than_an_answer_takes(server: SmtpServer) -> None:
    """To give up then would be to send it twice."""
    server.answers.append(Answer("DATA", hang=True))
    began = time.monotonic()
    fails(mail(server.port, step_s=0.2, total_s=1.2), "unreachable")
    assert time.monotonic() - began > 1.1


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_server_that_says_nothing_at_all_is_left(security: str) -> None:
    with talker(lambda connection: drain(connection)) as port:
        began = time.monotonic()
        channel = mail(port, security=security, step_s=0.3, total_s=1)
        fails(channel, "unreachable", "does not answer in time")
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("step_s", "total_s"), [(0.4, 30.0), (30.0, 0.4)], ids=["an answer", "the whole"]
)
def test_a_server_that_drips_is_left(step_s: float, total_s: float) -> None:
    """Each byte comes in good time, and the line never ends."""

    def drip(connection: socket.socket) -> None:
        for _ in range(1000):
            connection.sendall(b"2")
            time.sleep(0.02)

    with talker(drip) as port:
        began = time.monotonic()
        channel = mail(port, security="none", step_s=step_s, total_s=total_s)
        fails(channel, "unreachable", "does not answer in time")
        assert time.monotonic() - began < 10


def test_a_server_that_is_slow_in_each_answer_is_left_in_the_end() -> None:
    def slow(connection: socket.socket) -> None:
        for answer in (b"220 hello\r\n", *[b"250 ok\r\n"] * 20):
            time.sleep(0.1)
            connection.sendall(answer)
            connection.recv(1000)

    with talker(slow) as port:
        began = time.monotonic()
        channel = mail(
            port, *[f"a{nth}@example.org" for nth in range(20)], security="none", total_s=0.5
        )
        fails(channel, "unreachable", "does not answer in time")
        assert time.monotonic() - began < 10


def test_a_server_that_never_stops_talking_is_left() -> None:
    def babble(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"220-hello\r\n" * 100)

    with talker(babble) as port:
        fails(mail(port, security="none"), "unreachable", "ended before the mail was taken")


def test_a_server_that_does_not_read_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail is more than the connection holds, and goes nowhere."""
    monkeypatch.setattr("shoetrack.notify.email.compose", lambda *_: b"x" * 20_000_000)

    def deaf(connection: socket.socket) -> None:
        for answer in (b"220 hello\r\n", b"250 m\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            connection.sendall(answer)
            if not answer.startswith(b"354"):
                connection.recv(1000)
        stop.wait(30)

    stop = threading.Event()
    with talker(deaf) as port:
        began = time.monotonic()
        channel = mail(port, security="none", step_s=0.3, total_s=0.6)
        fails(channel, "unreachable", "does not answer in time")
        stop.set()
        assert time.monotonic() - began < 10


def drain(connection: socket.socket) -> None:
    while connection.recv(1000):
        pass
