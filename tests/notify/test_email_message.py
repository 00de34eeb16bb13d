"""The mail itself, as another program reads it after a real server took it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shoetrack.notify import Bar, Message, Part
from shoetrack.notify.mime import compose
from shoetrack.notify.text import as_plain

from ..smtp_server import Received, SmtpServer, smtp_server
from .letters import MADE_AT, NEAR, RANGE, WAITING, WORN_OUT, mail, message
from .test_email_picture import read_png

HEAD = [
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]
NASTY = [
    "Peg\r\nBcc: eve@example.net",
    "Peg\nBcc: eve@example.net\n\nhello",
    "Peg\rBcc: eve@example.net",
    "Peg\u2028Bcc: eve@example.net\u2029\x85\x0b\x0c\x1c",
    "=?utf-8?q?Peg=0D=0ABcc=3A_eve=40example=2Enet?=",
    "=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLm5ldA==?= =?utf-8?q?=0A?=",
    "</p><script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"><img src='http://example.net/seen.png'>",
    "&lt;b&gt; &amp; {title} {parts} %s",
    "\u202egnp.exe\u2066 \u200b\u00ad",
    "bytes \udcff\udc80 of a file",
    "\x00\x1b[31m\x07",
    ".",
    "..\n.\nQUIT",
    "From the start",
    "x" * 5000,
    "ü" * 3000,
    "Ж日本語 " * 400,
    "👩‍🚀🏃🏽‍♀️ ⛰",
    "",
    " \t ",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpServer]:
    """One on this machine, where nothing has to be encrypted."""
    with smtp_server(tmp_path_factory.mktemp("smtp"), "none") as made:
        yield made


def arrived(server: SmtpServer, said: Message) -> Received:
    """The mail as it came in."""
    before = len(server.mails)
    mail(server.port, "ada@example.org", "bob@example.org", security="none").send(said)
    assert len(server.mails) == before + 1
    return server.mails[-1]


def parse(said: Message, sender: str = "shoes@example.org") -> EmailMessage:
    """The mail without a server."""
    raw = compose(said, sender, ["ada@example.org"])
    parsed = message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def text_of(parsed: EmailMessage, kind: str) -> str:
    body = parsed.get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content


class Page(HTMLParser):
    """What a page of HTML holds: its tags, pictures, and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "img":
            self.pictures.append(dict(attrs))
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_its_head_says_what_it_is(server: SmtpServer) -> None:
    came = arrived(server, message(WORN_OUT, subject="Pegasus 41 is worn out"))
    head = came.message
    assert head.keys() == HEAD
    assert head["Subject"] == "Pegasus 41 is worn out"
    assert head["From"] == "shoetrack <shoes@example.org>"
    assert head["To"] == "ada@example.org, bob@example.org"
    assert head["Date"] == "Sun, 22 Nov 2026 18:00:05 +0000"
    assert head["Date"].datetime == MADE_AT
    assert head["Message-ID"] == "<alert-12-0.shoetrack@example.org>"
    assert head["Auto-Submitted"] == "auto-generated"
    assert all(not part.defects for part in head.walk())


def test_it_has_words_as_text_and_as_html_with_its_pictures(server: SmtpServer) -> None:
    came = arrived(server, message(WORN_OUT, WAITING, NEAR)).message
    kinds = [part.get_content_type() for part in came.walk()]
    assert kinds == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "image/png",
    ]
    page = Page(text_of(came, "html"))
    pictures = {
        part["Content-ID"]: part for part in came.walk() if part.get_content_type() == "image/png"
    }
    assert [f"<{(each['src'] or '').removeprefix('cid:')}>" for each in page.pictures] == list(
        pictures
    )
    assert len(pictures) == 2
    for part in pictures.values():
        assert part.get_content_disposition() == "inline"
        read_png(part.get_content())
    assert pictures == dict(sorted(pictures.items()))
    assert [each["alt"] for each in page.pictures] == [
        "Pegasus 41: 512 of 300-500 mi",
        "Cumulus: 460 of 300-500 mi",
    ]
    for fact in ("Pegasus 41 is worn out", "Wear the Cumulus instead.", "It has 460.0 mi."):
        assert fact in page.words
        assert fact in text_of(came, "plain")


def test_a_message_without_a_picture_has_none(server: SmtpServer) -> None:
    came = arrived(server, message(WAITING)).message
    kinds = [part.get_content_type() for part in came.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert Page(text_of(came, "html")).pictures == []


def test_its_plain_text(server: SmtpServer) -> None:
    came = arrived(server, message(WORN_OUT, WAITING)).message
    assert text_of(came, "plain").replace("\r\n", "\n") == (
        "Pegasus 41 is worn out\n"
        "It has 512.4 mi; its range is 300-500 mi.\n"
        "Wear the Cumulus instead.\n"
        "\n"
        "2 runs wait for a pair\n"
        "20 November, 5.0 mi\n"
        "21 November, 3.1 mi\n"
        "\n"
        "-- \n"
        "shoetrack\n"
    )


def test_each_time_that_it_is_tried_it_is_the_same_mail() -> None:
    first, second = (parse(message(WORN_OUT, key="alert-7-2")) for _ in range(2))
    for name in ("Message-ID", "Date", "Subject"):
        assert first[name] == second[name]
    assert parse(message(key="alert-7-3"))["Message-ID"] != first["Message-ID"]


@pytest.mark.parametrize(
    "key", ["", "a b", "x>\r\nBcc: e", "ü", "a..b", "x" * 61, "\udcff", "=?a?="]
)
def test_any_key_makes_a_message_id_of_its_own(key: str) -> None:
    found, other = (parse(message(key=each))["Message-ID"] for each in (key, key + "1"))
    assert re.fullmatch(r"<[0-9a-f]{40}\.shoetrack@example\.org>", found)
    assert found != other


def test_its_date_is_an_instant_whatever_the_zone() -> None:
    zone = timezone(timedelta(hours=-9, minutes=-30))
    said = message()._replace(made_at=MADE_AT.astimezone(zone))
    assert parse(said)["Date"].datetime == MADE_AT
    with pytest.raises(ValueError, match="no time zone"):
        parse(message()._replace(made_at=datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)))


@pytest.mark.parametrize("name", NASTY, ids=ascii)
def test_no_name_breaks_out(server: SmtpServer, name: str) -> None:
    """As subject, title, line, name of a pair and label; the server sees one mail, whole."""
    part = Part(name, f"{name}\n{name}", Bar(name, 1, RANGE, name))
    raw = arrived(server, message(part, WAITING, subject=name))
    assert len(raw.raw) < 200_000
    assert raw.to == ("ada@example.org", "bob@example.org")
    head, _, _ = raw.raw.partition(b"\r\n\r\n")
    assert re.findall(rb"^([\w-]+):", head, re.MULTILINE) == [each.encode() for each in HEAD]
    assert all(len(line) <= 998 for line in raw.raw.split(b"\r\n"))
    assert b"\n" not in raw.raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.raw.replace(b"\r\n", b"")
    came = raw.message
    assert came["Bcc"] is None
    assert "\n" not in came["Subject"]
    assert len(came["Subject"]) <= 210
    page = Page(text_of(came, "html"))
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "div", "h2", "p", "img"}
    assert not any(each.startswith("on") for each in page.attributes)
    assert len(page.pictures) == 1
    assert all((each["src"] or "").startswith("cid:") for each in page.pictures)
    for text in (text_of(came, "plain"), page.words):
        assert "2 runs wait for a pair" in text
        assert not re.search(
            r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text.replace("\r\n", "\n")
        )


def test_names_keep_what_is_no_danger(server: SmtpServer) -> None:
    name = 'Zoë\'s "Ж日本" <fast> & 👩‍🚀 shoes'
    part = Part(f"{name} are done", name, Bar(name, 1, RANGE, "0 of 300-500 mi"))
    came = arrived(server, message(part, subject=f"{name} are done")).message
    assert came["Subject"] == f"{name} are done"
    page = Page(text_of(came, "html"))
    assert f"{name} are done" in page.words
    assert page.pictures[0]["alt"] == f"{name}: 0 of 300-500 mi"
    assert name in text_of(came, "plain").splitlines()


@pytest.mark.parametrize(
    "subject",
    [
        "Ünder its – “Straße ASICS of of für – ASICS –",  # a space is easily lost here
        f"Läufer {'für Wald und Straße ' * 9}",
        f"{'日本語' * 60} is at its end",
        "👟👨\u200d👩\u200d👧 אדידס is at its end: 503 of 500 mi",
        f"{'x' * 150} is at its end: 503 of 500 mi",
    ],
)
def test_a_subject_is_folded_without_a_loss(subject: str) -> None:
    sent = compose(message(subject=subject), "shoes@example.org", ["ada@example.org"])
    assert message_from_bytes(sent, policy=default)["Subject"] == subject.strip()
    # By the older rules too.
    older = message_from_bytes(sent)["Subject"].replace("\r\n", "")
    assert str(make_header(decode_header(older))) == subject.strip()
    begin = sent.partition(b"From:")[0]
    assert begin.isascii()
    assert all(len(line) <= 78 for line in begin.split(b"\r\n"))


def test_a_pictures_id_is_on_one_line() -> None:
    said = message(*[WORN_OUT] * 12, key="a" * 40)
    sent = compose(said, f"shoes@{'long-' * 12}name.example.org", ["ada@example.org"])
    ids = re.findall(rb"^Content-ID: <([!-~]+@[!-~]+)>\r$", sent, re.MULTILINE)
    assert len(set(ids)) == 12
    html = text_of(message_from_bytes(sent, policy=default), "html")
    assert re.findall(r'src="cid:([^"]+)"', html) == [each.decode() for each in ids]


def test_a_long_mail_arrives_whole(server: SmtpServer) -> None:
    said = message(*[Part(f"Pair {nth}", "word " * 500) for nth in range(200)])
    came = arrived(server, said).message
    assert text_of(came, "plain").replace("\r\n", "\n") == as_plain(said)
    assert "Pair 199" in Page(text_of(came, "html")).words


def test_it_asks_for_no_picture_from_elsewhere() -> None:
    html = text_of(parse(message(WORN_OUT, NEAR)), "html")
    assert "http" not in html
    assert "url(" not in html


def test_it_has_no_colours_of_its_own_that_a_dark_page_would_hide() -> None:
    html = text_of(parse(message(WORN_OUT)), "html")
    assert not re.search(r"(^|[;\"\s])(background|color):", html)
    assert '<meta name="color-scheme" content="light dark">' in html


@pytest.mark.parametrize(
    ("sender", "domain"),
    [("shoes@localhost", "localhost"), ("a.b+c@mail.example.org", "mail.example.org")],
)
def test_its_id_is_of_the_senders_domain(sender: str, domain: str) -> None:
    parsed = parse(message(WORN_OUT), sender)
    assert parsed["Message-ID"] == f"<alert-12-0.shoetrack@{domain}>"
    assert parsed["From"].addresses[0].addr_spec == sender


def test_the_server_may_be_run_by_hand(tmp_path: Path) -> None:
    """It prints what comes in."""
    from ..smtp_server import show

    with smtp_server(tmp_path, "none") as server:
        came = arrived(server, message(WORN_OUT, subject="Worn out"))
    assert show(came).startswith("--- from shoes@example.org to ada@example.org, bob@example.org, ")
    assert "Subject: Worn out\n" in show(came)
    assert "It has 512.4 mi" in show(came)
