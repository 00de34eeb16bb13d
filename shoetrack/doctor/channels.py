"""How alerts get out: the channels, what did not arrive, and what is in trouble.

Nobody is called: whether a message arrives, `shoetrack alerts test` tells.
"""

from __future__ import annotations

import shutil
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator

from shoetrack.alerting import secrets
from shoetrack.config.alerts import DESKTOP, EMAIL, Email
from shoetrack.db import alert_queries, delivery_queries
from shoetrack.doctor.findings import Finding, Patient, fault, note, ok
from shoetrack.model import Alert, AlertKind, Delivery
from shoetrack.notify import NotifyError, open_channel
from shoetrack.notify.desktop import has_session
from shoetrack.vault import Home, Vault

_SHOWN = 5
_LONGEST_LINE = 4096  # of a file that should hold a password


def channels(patient: Patient) -> Iterator[Finding]:
    settings = patient.config.alerts
    if not settings.channels:
        yield note(
            "alerts go nowhere, and are only shown by `shoetrack status`",
            "`shoetrack init` asks for e-mail and the desktop",
        )
    for name in settings.channels:
        if name == DESKTOP:
            yield _desktop(patient)
        elif name == EMAIL and settings.email is not None:
            yield _email(patient, settings.email)
        else:
            yield _service(patient, name)
    spare = [name for name, _ in settings.services] + ([EMAIL] if settings.email else [])
    for name in spare:
        if name not in settings.channels:
            yield note(f"{name} is set up, but not used", "add it to channels under [alerts]")


def _desktop(patient: Patient) -> Finding:
    if sys.platform in ("win32", "darwin"):
        return ok("desktop: by the system's own notifications")
    if not has_session():
        return note(
            "desktop: you are not logged in to a desktop here: notifications wait until you are",
            "for a machine without one, take it out of channels under [alerts]",
        )
    spare = "" if shutil.which("notify-send") else "; there is no notify-send to fall back on"
    return ok(f"desktop: a session is there{spare}")


def _email(patient: Patient, email: Email) -> Finding:
    to = ", ".join(email.to)
    server = f"{email.host} at port {email.port_used}"
    if not email.user:
        return ok(f"email: to {to} by {server}, without a login")
    try:
        where = _password_place(patient, email)
    except OSError as error:
        return fault(
            f"email: the password cannot be read from {email.password_file}: {error.strerror}",
            "mend password_file under [alerts.email], or `shoetrack alerts password`",
        )
    if not where:
        return fault(
            f"email: there is no password for {email.user} at {email.host}",
            "`shoetrack alerts password`",
        )
    return ok(f"email: to {to} by {server}; the password for {email.user} is in {where}")


def _password_place(patient: Patient, email: Email) -> str:
    """Where the password is, in the order in which it is looked for; "" where it is nowhere."""
    variable = secrets.VARIABLES[secrets.SMTP]
    if patient.environ.get(variable):
        return variable
    vault = Vault(patient.places.data)
    if secrets.is_kept(vault, secrets.SMTP):
        return "the keyring" if vault.facts().home is Home.KEYRING else str(vault.file)
    if email.password_file is not None:
        if email.password_file.is_fifo():  # whose writer would be waited for
            raise OSError(0, "it is a pipe")
        with email.password_file.open("rb") as stream:  # which may not be there, or not be ours
            first = stream.readline(_LONGEST_LINE).removeprefix(BOM_UTF8)
        return str(email.password_file) if first.strip() else ""
    return ""


def _service(patient: Patient, name: str) -> Finding:
    try:
        open_channel(name, patient.config.alerts, secrets.passwords(patient.places.data))
    except NotifyError as error:
        return fault(f"{name}: {error}")
    return ok(f"{name}: there is an address, and apprise to call it")


def deliveries(patient: Patient) -> Iterator[Finding]:
    with patient.asked() as reader:
        if reader is None:
            return
        lost = delivery_queries.given_up(reader)
        late = [one for one in delivery_queries.pending(reader) if one.tries]
        titles = {one.alert_id: alert_queries.alert(reader, one.alert_id) for one in lost[:_SHOWN]}
    for one in lost[:_SHOWN]:
        yield _given_up(one, titles[one.alert_id])
    if len(lost) > _SHOWN:
        yield fault(f"{len(lost) - _SHOWN} more did not arrive", "`shoetrack alerts list`")
    for channel in sorted({one.channel for one in late}):
        waiting = [one for one in late if one.channel == channel]
        yield note(
            f"{len(waiting)} on the way by {channel}: {waiting[-1].fault}",
            f"it is tried again by itself; `shoetrack alerts test {channel}` tries it now",
        )
    if not lost and not late:
        yield ok("all that was said has arrived")


def _given_up(one: Delivery, alert: Alert | None) -> Finding:
    title = alert.draft.title if alert else f"alert {one.alert_id}"
    return fault(
        f"{title!r} did not arrive by {one.channel}, and was given up: {one.fault}",
        f"`shoetrack alerts test {one.channel}`; `shoetrack alerts ack {one.alert_id}` when seen",
    )


def trouble(patient: Patient) -> Iterator[Finding]:
    with patient.asked() as reader:
        if reader is None:
            return
        found = [
            alert
            for alert in alert_queries.open_alerts(reader)
            if alert.draft.kind in (AlertKind.TROUBLE, AlertKind.FILES)
        ]
    for alert in found:
        tell = fault if alert.draft.kind is AlertKind.TROUBLE else note
        body = " ".join(alert.draft.body.split())
        yield tell(
            f"{alert.draft.title}: {body}",
            f"`shoetrack alerts ack {alert.id}` when seen",
        )
    if not found:
        yield ok("none is open")
