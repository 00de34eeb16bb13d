"""What went wrong with a mail server, in a sentence for a person."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Collection, Mapping

from shoetrack.config.alerts import Email
from shoetrack.notify import NotifyError
from shoetrack.notify.smtp import NotLoopbackError, NotOfferedError
from shoetrack.notify.text import one_line

_LONGEST_QUOTE = 160
_TOO_LARGE = (552, 523)
_MAILBOX_FULL = "5.2.2"

# Who wants a password made for the one program, and where it is made; by the end of their hosts.
_APP_PASSWORDS = {
    "gmail.com": "Gmail wants an app password: https://myaccount.google.com/apppasswords",
    "googlemail.com": "Gmail wants an app password: https://myaccount.google.com/apppasswords",
    "fastmail.com": "Fastmail wants an app password: Settings, Privacy & Security",
    "messagingengine.com": "Fastmail wants an app password: Settings, Privacy & Security",
    "mail.me.com": "iCloud wants an app-specific password: https://account.apple.com",
}

Fault = smtplib.SMTPException | OSError | UnicodeError | NotLoopbackError | NotOfferedError


class Explainer:
    """Sentences about one server. What must not be shown is not, even where the server says it."""

    def __init__(self, settings: Email, secrets: Collection[str]) -> None:
        self._settings = settings
        self._secrets = [secret for secret in secrets if secret]
        host, port = settings.host, settings.port_used
        self._server = f"the mail server {f'[{host}]' if ':' in host else host}:{port}"

    def explain(self, error: Fault, size: int) -> NotifyError:
        """Why a mail of so many bytes was not taken."""
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return self._recipients(error.recipients)
        if isinstance(error, smtplib.SMTPResponseException):
            return self._answer(error, size)
        if isinstance(error, NotOfferedError):
            return self._not_offered(error.what)
        if isinstance(error, NotLoopbackError):
            return NotifyError(
                "setup",
                f"{self._server} is another machine, where anyone could read what is sent: write"
                ' security = "starttls" or "tls" in [alerts.email]',
            )
        return self._connection(error)

    def refusals(self, refused: Mapping[str, tuple[int, bytes]]) -> str:
        """What was said to each recipient that was refused."""
        return "; ".join(
            f"{one_line(name)} ({self._quote(*said)})" for name, said in refused.items()
        )

    # --- no connection ---

    def _connection(self, error: OSError | UnicodeError) -> NotifyError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return NotifyError(
                "certificate",
                f"the certificate of {self._server} cannot be trusted"
                f" ({one_line(error.verify_message)}): check host in [alerts.email] and this"
                " machine's clock; a certificate of your own goes into SSL_CERT_FILE",
            )
        if isinstance(error, ssl.SSLError):
            return NotifyError(
                "encryption",
                f"{self._server} cannot be spoken to encrypted ({_reason(error)}):"
                ' security = "tls" goes with port 465, "starttls" with 587',
            )
        if isinstance(error, socket.gaierror | UnicodeError):
            return NotifyError(
                "unreachable",
                f"{self._server} cannot be found by that name: check the network, and host in"
                " [alerts.email]",
            )
        return NotifyError("unreachable", self._unreachable(error))

    def _unreachable(self, error: OSError) -> str:
        advice = "check the network, and host and port in [alerts.email]"
        if self._settings.port_used == 465 and self._settings.security == "starttls":
            advice = 'port 465 goes with security = "tls" in [alerts.email]'
        elif self._settings.port_used == 25:
            advice += "; many networks let nothing out by port 25"
        elif self._settings.security == "starttls":
            advice += ', or try security = "tls" there'
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"{self._server} does not answer in time: {advice}"
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return f"the connection to {self._server} ended before the mail was taken: {advice}"
        return f"{self._server} cannot be reached ({_reason(error)}): {advice}"

    def _not_offered(self, what: str) -> NotifyError:
        if what == "STARTTLS":
            return NotifyError(
                "encryption",
                f"{self._server} offers no encryption (STARTTLS), and nothing is sent without it:"
                ' check port in [alerts.email]; port 465 goes with security = "tls"',
            )
        return NotifyError(
            "auth",
            f"{self._server} offers no login ({what}): take user out of [alerts.email], or check"
            " host and port there",
        )

    # --- what the server answered ---

    def _answer(self, error: smtplib.SMTPResponseException, size: int) -> NotifyError:
        code, said = error.smtp_code, self._quote(error.smtp_code, error.smtp_error)
        if code < 0 or 100 <= code < 400:
            return NotifyError(
                "unreachable",
                f"{self._server} gives an answer that no mail server gives ({said}): check host and"
                " port in [alerts.email]",
            )
        if code < 500:
            return self._later(said)
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return self._login(said)
        if code == 530:
            return self._login_needed(said)
        if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
            return NotifyError(
                "refused",
                f"{self._server} does not want to talk to this machine ({said}): see what it says,"
                " and check host and port in [alerts.email]",
            )
        if code in _TOO_LARGE and _MAILBOX_FULL not in said:
            return NotifyError(
                "too-large",
                f"{self._server} takes no mail of {size / 1024:.0f} KB ({said}): raise what it"
                " takes, or use another one",
            )
        if isinstance(error, smtplib.SMTPSenderRefused):
            return NotifyError(
                "refused",
                f"{self._server} does not let {one_line(self._settings.sender)} send ({said}): set"
                " from in [alerts.email] to an address of that account",
            )
        return NotifyError(
            "refused",
            f"{self._server} refuses the mail ({said}): see what it says, or use another one",
        )

    def _later(self, said: str) -> NotifyError:
        return NotifyError(
            "later", f"{self._server} does not take the mail now ({said}): try again later"
        )

    def _login(self, said: str) -> NotifyError:
        host = self._settings.host.casefold().rstrip(".")
        hints = [
            hint for end, hint in _APP_PASSWORDS.items() if host == end or host.endswith(f".{end}")
        ]
        return NotifyError(
            "auth",
            f"{self._server} refuses the login of {one_line(self._settings.user)} ({said}): check"
            " user in [alerts.email], and give the password again with `shoetrack alerts password`"
            + "".join(f"; {hint}" for hint in hints),
        )

    def _login_needed(self, said: str) -> NotifyError:
        advice = (
            "set user in [alerts.email], and give its password with `shoetrack alerts password`"
        )
        if self._settings.user or "TLS" in said.upper():
            advice = 'check user, and security = "starttls" or "tls", in [alerts.email]'
        return NotifyError("auth", f"{self._server} wants a login first ({said}): {advice}")

    def _recipients(self, refused: Mapping[str, tuple[int, bytes]]) -> NotifyError:
        said = self.refusals(refused)
        codes = [code for code, _ in refused.values()]
        if 530 in codes:
            return self._login_needed(said)
        if any(400 <= code < 500 for code in codes):
            return self._later(said)
        advice = "check to in [alerts.email]"
        if not self._settings.user:
            advice += "; where the server wants a login, set user there"
        return NotifyError("refused", f"{self._server} refuses {said}: {advice}")

    def _quote(self, code: int, text: bytes | str) -> str:
        """What the server said, on one line, short, without what is secret."""
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        if any(secret in said for secret in self._secrets):
            said = "its words are left out: they hold the password"
        whole = f"{code} {said}" if code > 0 else said
        return one_line(whole, _LONGEST_QUOTE) or "nothing"


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return one_line((error.reason or "no TLS").replace("_", " ").lower())
    return one_line(error.strerror or str(error) or type(error).__name__)
