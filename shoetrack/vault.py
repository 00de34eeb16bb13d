"""Secrets: kept in the system's keyring where one works, else in a file that only its owner reads.

All of them are one entry of the keyring, or one file, so that they change together or not at all.
The file is there in either case: it holds where the secrets are, and what goes with them that is no
secret, so that a command can tell of these without opening a keyring.

`python -m shoetrack.vault` is how this module asks the keyring, in a process of its own: without a
desktop a locked keyring waits for ever for someone to type its password.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from shoetrack import files
from shoetrack.errors import ShoetrackError

KEYRING = "SHOETRACK_KEYRING"  # "off": the file, whatever keyrings there are
_SERVICE = "shoetrack"
_PATIENCE_S = 20  # for someone to type the keyring's password
_LOCK_PATIENCE_S = 120
_LARGEST = 64 * 1024


class VaultError(ShoetrackError):
    """The secrets cannot be read or kept."""


class Secret:
    """A value that no message, log or traceback shows: only `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class Home(StrEnum):
    """Where secrets are kept."""

    KEYRING = "keyring"
    FILE = "file"


@dataclass
class Kept:
    """All that is kept: the secrets, and what goes with them and may be shown."""

    secrets: dict[str, Secret] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    home: Home | None = None  # None: nothing is kept yet

    def forget(self, prefix: str) -> None:
        """Drop all whose name begins so."""
        for names in (self.secrets, self.facts):
            for name in [name for name in names if name.startswith(prefix)]:
                del names[name]


class Vault:
    """The secrets of one data folder. `keyring` False: the file, even where a keyring works."""

    def __init__(self, data: Path, *, keyring: bool = True) -> None:
        self._folder = data / "secrets"
        self._keyring = keyring and os.environ.get(KEYRING, "").casefold() not in ("off", "0", "no")

    @property
    def file(self) -> Path:
        return self._folder / "vault.json"

    def place(self) -> str:
        """Where the secrets are, for a person. Raises VaultError."""
        is_away = self.facts().home is Home.KEYRING
        return "the system's keyring" if is_away else f"the file {self.file}"

    def facts(self) -> Kept:
        """What goes with the secrets, without them. Raises VaultError."""
        return self._read()[0]

    def read(self) -> Kept:
        """All that is kept; nothing where there is no file. Raises VaultError."""
        kept, secrets = self._read()
        if kept.home is Home.KEYRING:
            secrets = self._from_keyring()
        kept.secrets = {name: Secret(value) for name, value in secrets.items()}
        return kept

    @contextmanager
    def change(self, *, afresh: bool = False) -> Iterator[Kept]:
        """Read, let the caller change what is kept, and keep it: nobody else does so meanwhile.

        What was changed is on the disk when the block has ended; where it raises, nothing is
        changed. `afresh` begins with nothing, for when what is kept cannot be read. Raises
        VaultError.
        """
        with self._lock():
            kept = Kept() if afresh else self.read()
            yield kept
            self._keep(kept)

    def remove(self) -> None:
        """Forget everything, in the keyring too."""
        if not self._folder.is_dir():
            return
        with self._lock():
            with suppress(VaultError):
                if self._read()[0].home is Home.KEYRING:
                    self._ask("delete")
            self.file.unlink(missing_ok=True)

    # --- the file ---

    @contextmanager
    def _lock(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._folder.chmod(0o700)
            lock = FileLock(self._folder / "vault.lock", timeout=_LOCK_PATIENCE_S, mode=0o600)
            lock.acquire()
        except Timeout as error:
            raise VaultError(
                f"another shoetrack holds {self._folder / 'vault.lock'}: wait for it to end"
            ) from error
        except OSError as error:
            raise VaultError(f"{self._folder} cannot be used: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def _read(self) -> tuple[Kept, dict[str, str]]:
        try:
            with self.file.open("rb") as stream:
                raw = stream.read(_LARGEST + 1)
        except FileNotFoundError:
            return Kept(), {}
        except OSError as error:
            raise VaultError(f"{self.file} cannot be read: {error.strerror}") from error
        try:
            found = json.loads(raw)
            return Kept({}, _texts(found["facts"]), Home(found["home"])), _texts(found["secrets"])
        except (ValueError, LookupError, TypeError, RecursionError):
            # Not "from error": its message would quote what the file holds.
            raise VaultError(
                f"{self.file} is damaged: remove it, and log in again where it was used"
            ) from None

    def _keep(self, kept: Kept) -> None:
        secrets = {name: secret.reveal() for name, secret in kept.secrets.items()}
        home = kept.home or (Home.KEYRING if _is_installed() else Home.FILE)
        if home is Home.KEYRING and not (self._keyring and self._into_keyring(secrets)):
            # A login that cannot be kept is lost, as its old token has died: better in the file.
            home = Home.FILE
        in_file = secrets if home is Home.FILE else {}
        self._write(json.dumps({"home": home, "facts": kept.facts, "secrets": in_file}))
        if kept.home is Home.KEYRING and home is Home.FILE:
            self._ask("delete")

    def _write(self, text: str) -> None:
        """Replace the file at once, so that whenever we are killed one of both is whole."""
        part = self.file.with_suffix(".part")
        try:
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self.file)
            files.sync_folder(self._folder)
        except OSError as error:
            raise VaultError(f"{self.file} cannot be written: {error.strerror}") from error

    # --- the keyring ---

    def _from_keyring(self) -> dict[str, str]:
        answer = self._ask("get")
        if answer is None:
            raise VaultError(
                "the keyring that holds the secrets cannot be opened: unlock it and try again, or"
                f" log in again with {KEYRING}=off to keep them in a file"
            )
        try:
            return _texts(json.loads(answer or "{}"))
        except (ValueError, TypeError, RecursionError):
            raise VaultError(
                f"the entry {_SERVICE!r} of the keyring is damaged: log in again"
            ) from None

    def _into_keyring(self, secrets: dict[str, str]) -> bool:
        """Whether the keyring has kept them: some say yes and forget."""
        text = json.dumps(secrets)
        return self._ask("set", text) is not None and self._ask("get") == text

    def _ask(self, what: Literal["get", "set", "delete"], secret: str = "") -> str | None:
        """One question to the keyring; None where it fails or takes too long."""
        words = json.dumps({"do": what, "user": str(self._folder.absolute()), "secret": secret})
        try:
            # By pipes: a process list shows arguments, and environments can be read too. -P: what
            # lies in the folder we happen to be in is not imported.
            done = subprocess.run(
                [sys.executable, "-P", "-m", "shoetrack.vault"],
                input=words,
                capture_output=True,
                encoding="utf-8",
                timeout=_PATIENCE_S,
                check=False,
            )
        except (subprocess.TimeoutExpired, OSError):
            return None
        if done.returncode != 0:
            return None
        try:
            return str(json.loads(done.stdout)["secret"] or "")
        except (ValueError, LookupError, TypeError):
            return None


def _texts(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise TypeError
    return found


def _is_installed() -> bool:
    from importlib.util import find_spec

    return find_spec("keyring") is not None


def answer() -> None:
    """Do for another process what it writes to our standard input. Whatever fails is its answer."""
    import keyring

    asked = json.load(sys.stdin)
    if getattr(keyring.get_keyring(), "priority", 0) < 1:
        sys.exit(1)  # one that fails, forgets, or keeps plain text: our file is no worse
    user = asked["user"]
    found: str | None = None
    if asked["do"] == "set":
        keyring.set_password(_SERVICE, user, asked["secret"])
    elif asked["do"] == "delete":
        keyring.delete_password(_SERVICE, user)
    else:
        found = keyring.get_password(_SERVICE, user)
    json.dump({"secret": found}, sys.stdout)


if __name__ == "__main__":
    answer()
