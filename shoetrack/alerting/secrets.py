"""The secrets of channels: from the environment, else from where they are kept."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from shoetrack.notify import Passwords
from shoetrack.vault import Secret, Vault

SMTP = "smtp"
# By the secret's name, the variable that stands for it.
VARIABLES = {SMTP: "SHOETRACK_SMTP_PASSWORD"}


def passwords(data: Path) -> Passwords:
    """What asks for the secrets of one data folder's channels. They are read anew each time, so
    that one that was just changed is used.
    """
    return partial(_password, Vault(data))


def _password(vault: Vault, name: str) -> str:
    """The secret of a name ("smtp"); empty where there is none. Raises VaultError."""
    if found := os.environ.get(VARIABLES.get(name, "")):
        return found
    # A keyring is opened, which may ask for its own password, only where it has this secret.
    if not is_kept(vault, name):
        return ""
    kept = vault.read().secrets.get(_key(name))
    return kept.reveal() if kept else ""


def is_kept(vault: Vault, name: str) -> bool:
    """Whether a secret of that name was kept; no keyring is opened. Raises VaultError."""
    return _key(name) in vault.facts().facts


def keep(vault: Vault, name: str, secret: Secret) -> None:
    """Keep a secret. Raises VaultError."""
    with vault.change() as kept:
        kept.secrets[_key(name)] = secret
        kept.facts[_key(name)] = "kept"


def forget(vault: Vault, name: str) -> bool:
    """Forget a secret; the vault itself too where nothing else is in it. Whether there was one.
    Raises VaultError.
    """
    if not is_kept(vault, name):
        return False
    with vault.change() as kept:
        kept.forget(_key(name))
        empty = not kept.secrets and not kept.facts
    if empty:
        vault.remove()
    return True


def _key(name: str) -> str:
    return f"{name}.password"
