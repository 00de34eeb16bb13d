"""The configuration, and the places of secrets."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from shoetrack.config import Config
from shoetrack.doctor.findings import Finding, Patient, fault, in_shell, note, ok, others_can_read
from shoetrack.errors import ConfigError
from shoetrack.service.program import left_out
from shoetrack.vault import Home, Vault


def config(patient: Patient) -> Iterator[Finding]:
    path = patient.places.config_file
    try:
        _ = patient.config
    except ConfigError as error:
        yield fault(str(error), "until it is mended, folders and channels are not looked at")
        return
    if path.exists():
        yield ok(str(path))
    else:
        yield ok(f"all is as by default: there is no {path}")


def secrets(patient: Patient) -> Iterator[Finding]:
    vault = Vault(patient.places.data)
    wrong = [*_of_vault(vault.file), *_of_config(patient)]
    yield from wrong
    if not wrong:
        home = vault.facts().home
        if home is None:
            yield ok("none are kept")
        elif home is Home.KEYRING:
            yield ok("kept in the system's keyring")
        else:
            yield ok(f"kept in {vault.file}, which only you can read")
    for name, command in left_out(patient.environ):
        yield note(
            f"{name} is set here, where a daemon that the system starts does not see it",
            f"keep it with `{command}`",
        )


def _of_vault(file: Path) -> Iterator[Finding]:
    """Its file and folder are made so that only their owner can enter: nobody else may later."""
    if sys.platform == "win32":
        return
    for path, mode in ((file.parent, 0o700), (file, 0o600)):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield fault(
                f"{path}, which holds secrets, is open to others",
                f"chmod {mode:o} {in_shell(path)}",
            )


def _of_config(patient: Patient) -> Iterator[Finding]:
    try:
        settings = patient.config
    except ConfigError:
        return
    for path, what in _secret_files(patient.places.config_file, settings):
        if path.is_file() and others_can_read(path):
            yield fault(
                f"others on this machine can read {path}, which holds {what}",
                f"chmod 600 {in_shell(path)}",
            )


def _secret_files(config_file: Path, settings: Config) -> Iterator[tuple[Path, str]]:
    email = settings.alerts.email
    if email is not None and email.password_file is not None:
        yield email.password_file, "the password for e-mail"
    if any(service.url for _, service in settings.alerts.services):
        yield config_file, "the address of a channel"
    for name, service in settings.alerts.services:
        if service.url_file is not None:
            yield service.url_file, f"the address of the channel {name}"
