"""A message as a mail: plain text, and HTML with its pictures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from shoetrack.notify import Message
from shoetrack.notify.picture import draw_bar
from shoetrack.notify.text import as_html, as_plain, one_line
from shoetrack.units import as_utc

_NAME = "shoetrack"
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")  # as it may stand in a Message-ID
_LONGEST_KEY = 60
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9_-]+"
_ADDRESS = re.compile(
    rf"{_ATOM}(\.{_ATOM})*@({_LABEL}(\.{_LABEL})*|\[[A-Za-z0-9.:]+\])"  # [192.0.2.1]
)
_ENCODED = "=?"  # begins a word that is decoded
_LONGEST_WORD = 60
_CRLF = "\r\n"


def to_ascii(address: str) -> str:
    """An address as every mail server takes it, and as it cannot break a head. Raises ValueError
    where it has no such form, or is not an address at all.
    """
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    plain = f"{local}@{domain}"
    if not _ADDRESS.fullmatch(plain) or _ENCODED in plain:
        raise ValueError(f"{address!r} is no address for mail")
    return plain


def compose(message: Message, sender: str, to: Sequence[str]) -> bytes:
    """The mail as it is sent, from an address to addresses (all of `to_ascii`). Raises ValueError
    where `made_at` has no zone.
    """
    name, domain = _unique_name(message.key), sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(_NAME, addr_spec=sender)
    mail["To"] = [Address(addr_spec=address) for address in to]
    mail["Date"] = as_utc(message.made_at)
    mail["Message-ID"] = f"<{name}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered to us
    mail.set_content(as_plain(message), cte="quoted-printable")
    bars = [part.bar for part in message.parts if part.bar is not None]
    cids = [f"bar{nth}.{_short_name(name, domain)}" for nth in range(1, len(bars) + 1)]
    mail.add_alternative(as_html(message, cids), subtype="html", cte="quoted-printable")
    _plain, html = mail.iter_parts()
    for cid, bar in zip(cids, bars, strict=True):
        picture = draw_bar(bar.distance_mm, bar.range_mm)
        html.add_related(picture, "image", "png", cid=f"<{cid}>", disposition="inline")
    return _subject(message.subject) + mail.as_bytes()


def _subject(text: str) -> bytes:
    """The line of the head, or the lines where it is long. EmailMessage loses and doubles spaces
    where it folds long words beyond ASCII between others.
    """
    # What looks encoded would be decoded where it is read.
    line = one_line(text).replace(_ENCODED, "= ?")
    # A word that is longer than a line is encoded too, as it can be folded then.
    plain = line.isascii() and max(map(len, line.split()), default=0) <= _LONGEST_WORD
    folded = Header(line, "ascii" if plain else "utf-8", header_name="Subject")
    return f"Subject: {folded.encode(linesep=_CRLF)}{_CRLF}".encode("ascii")


def _short_name(name: str, domain: str) -> str:
    """As unique, and so short that no Content-ID is folded: not all that read mail unfold it."""
    return f"{hashlib.sha256(f'{name}@{domain}'.encode()).hexdigest()[:32]}@{_NAME}"


def _unique_name(key: str) -> str:
    if _KEY.fullmatch(key) and len(key) <= _LONGEST_KEY:
        return f"{key}.{_NAME}"
    return f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}.{_NAME}"
