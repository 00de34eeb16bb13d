"""E-mail: one mail to all who are to get it, over a connection that nobody else reads."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from shoetrack.config.alerts import Email
from shoetrack.notify import Message, NotifyError, Passwords, Sent
from shoetrack.notify.mime import compose, to_ascii
from shoetrack.notify.smtp import NotLoopbackError, NotOfferedError, Talk
from shoetrack.notify.smtp_faults import Explainer
from shoetrack.notify.text import one_line
from shoetrack.vault import VaultError

_STEP_S = 30.0
_TOTAL_S = 60.0
_LONGEST_PASSWORD = 4096  # bytes of its file that are looked at
_NO_ASCII_FORM = (553, b"that address has no form that every mail server takes")
_PLACES = "SHOETRACK_SMTP_PASSWORD, `shoetrack alerts password`, or password_file in [alerts.email]"


class Mail:
    """The channel that sends e-mail. The server has `step_s` seconds for each answer, and `total_s`
    for all of it.
    """

    def __init__(
        self,
        settings: Email,
        passwords: Passwords,
        *,
        step_s: float = _STEP_S,
        total_s: float = _TOTAL_S,
    ) -> None:
        self._settings = settings
        self._passwords = passwords
        self._step_s = step_s
        self._total_s = total_s

    def send(self, message: Message, only: Sequence[str] = ()) -> Sent:
        """Send it to the recipients; where some are named, to those of them who still are any.

        Raises NotifyError, which says "later" where the server wants it to be tried again.
        """
        wanted = [to for to in self._settings.to if not only or to in only]
        if not wanted:
            return Sent()  # those who had not got it have been taken out of the configuration
        sender = self._sender()
        addresses = {address: _ascii(address) for address in wanted}
        usable = [plain for plain in addresses.values() if plain]
        password = self._password() if self._settings.user else ""
        explainer = Explainer(self._settings, _forms(self._settings.user, password))
        refused = {to: _NO_ASCII_FORM for to, plain in addresses.items() if not plain}
        if not usable:
            raise explainer.explain(smtplib.SMTPRecipientsRefused(refused), 0)
        mail = compose(message, sender, usable)
        said = self._deliver(explainer, sender, usable, mail, password)
        refused |= {to: said[plain] for to, plain in addresses.items() if plain in said}
        if not refused:
            return Sent()
        left_to = [to for to in wanted if to in refused]
        return Sent(left_to, f"not taken for {explainer.refusals(refused)}")

    def _deliver(
        self, explainer: Explainer, sender: str, to: Sequence[str], mail: bytes, password: str
    ) -> dict[str, tuple[int, bytes]]:
        """Hand the mail to the server: what it said to the recipients that it refused."""
        settings = self._settings
        talk = Talk(self._step_s, self._total_s)
        try:
            talk.open(settings.host, settings.port_used, settings.security)
            if settings.user:
                talk.log_in(settings.user, password)
            refused = talk.deliver(sender, to, mail)
            # It has been taken: whatever happens now changes nothing about that.
            with suppress(OSError):
                talk.leave()
        except (OSError, UnicodeError, NotLoopbackError, NotOfferedError) as error:
            # Not "from error": the server's words in it may hold the password.
            raise explainer.explain(error, len(mail)) from None
        finally:
            talk.close()
        return refused

    def _sender(self) -> str:
        sender = _ascii(self._settings.sender)
        if not sender:
            raise NotifyError(
                "setup",
                f"{one_line(self._settings.sender)} cannot send mail, as not every mail server"
                " takes such an address: set from in [alerts.email] to another one",
            )
        return sender

    # --- the password ---

    def _password(self) -> str:
        """The password, from where secrets are kept, else from its file; read each time, so that a
        new one is used without a restart. Raises NotifyError.
        """
        fault = ""
        try:
            password = self._passwords("smtp")
        except VaultError as error:
            password, fault = "", str(error)
        if not password and self._settings.password_file is not None:
            password = _read_password(self._settings.password_file)
        if not password:
            raise NotifyError(
                "setup",
                fault
                or f"there is no password for {one_line(self._settings.user)} at"
                f" {self._settings.host}: give it by {_PLACES}",
            )
        if "\0" in password or any("\ud800" <= char <= "\udfff" for char in password):
            raise NotifyError(
                "setup", f"the password for e-mail holds what is no text: give it by {_PLACES}"
            )
        # The spaces of an app password that was copied from a web page.
        return password.replace("\N{NO-BREAK SPACE}", " ")


def _read_password(path: Path) -> str:
    """The first line of a file. Raises NotifyError."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise FileNotFoundError(2, "there is no such file")
        with path.open("rb") as stream:
            raw = stream.read(_LONGEST_PASSWORD + 1)
        first = raw.decode("utf-8-sig").partition("\n")[0].strip()
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "it is no text"
    else:
        if first and len(raw) <= _LONGEST_PASSWORD:
            return first
        reason = "it is too large" if first else "its first line is empty"
    raise NotifyError(
        "setup",
        f"the password cannot be read from {one_line(str(path))} ({reason}): check password_file"
        " in [alerts.email]",
    )


def _forms(user: str, password: str) -> list[str]:
    """The password in each form in which it is sent."""
    if not password:
        return []
    plain = f"\0{user}\0{password}"
    return [password, *(base64.b64encode(word.encode()).decode() for word in (password, plain))]


def _ascii(address: str) -> str:
    """The address as every mail server takes it, empty where there is none."""
    try:
        return to_ascii(address)
    except ValueError:
        return ""
