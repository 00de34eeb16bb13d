"""The vault: what it keeps, where, and that nobody else sees or breaks it."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import pytest

from shoetrack import vault as vault_module
from shoetrack.vault import KEYRING, Home, Kept, Secret, Vault, VaultError

needs_modes = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, keyring=False)


def put(vault: Vault, **secrets: str) -> None:
    with vault.change() as kept:
        kept.secrets |= {name: Secret(value) for name, value in secrets.items()}


# --- a secret ---------------------------------------------------------------------------------


def test_a_secret_shows_in_no_text() -> None:
    secret = Secret("hush")
    kept = Kept({"token": secret}, {"who": "Ada"})
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} {kept} {vars(kept)} %s" % secret
    assert "hush" not in shown
    assert "Ada" in shown
    assert secret.reveal() == "hush"


def test_a_secret_shows_in_no_traceback() -> None:
    def use(secret: Secret) -> None:
        raise RuntimeError(f"with {secret}")

    try:
        use(Secret("hush"))
    except RuntimeError as error:
        found = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert "hush" not in "".join(line for line in found.format() if "use(" not in line)


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hush"))


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")
    assert Secret("a") != "a"


# --- the file ---------------------------------------------------------------------------------


def test_what_is_kept_is_read_again(vault: Vault) -> None:
    with vault.change() as kept:
        kept.secrets["a"] = Secret("1")
        kept.facts["who"] = "Ada 🏃"
    assert vault.read() == Kept({"a": Secret("1")}, {"who": "Ada 🏃"}, Home.FILE)
    assert vault.facts() == Kept({}, {"who": "Ada 🏃"}, Home.FILE)


def test_an_empty_vault_leaves_nothing_behind(vault: Vault, tmp_path: Path) -> None:
    assert vault.read() == Kept()
    vault.remove()
    assert list(tmp_path.iterdir()) == []


@needs_modes
def test_only_its_owner_reads_it_whatever_the_mask(vault: Vault) -> None:
    before = os.umask(0)
    try:
        put(vault, a="1")
    finally:
        os.umask(before)
    assert vault.file.stat().st_mode & 0o777 == 0o600
    assert vault.file.parent.stat().st_mode & 0o777 == 0o700


@needs_modes
def test_a_data_folder_that_it_makes_is_the_owner_s_alone(tmp_path: Path) -> None:
    put(Vault(tmp_path / "data", keyring=False), a="1")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


@needs_modes
def test_a_folder_that_was_open_is_closed(vault: Vault) -> None:
    vault.file.parent.mkdir(mode=0o755)
    put(vault, a="1")
    assert vault.file.parent.stat().st_mode & 0o777 == 0o700


def test_what_raises_in_between_changes_nothing(vault: Vault) -> None:
    put(vault, a="1")

    def change() -> None:
        with vault.change() as kept:
            kept.secrets["a"] = Secret("2")
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert vault.read().secrets == {"a": Secret("1")}


def test_a_write_that_fails_leaves_what_was(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vault, a="1")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VaultError, match="cannot be written: No space left"):
        put(vault, a="2")
    monkeypatch.undo()
    assert vault.read().secrets == {"a": Secret("1")}
    put(vault, a="3")
    assert vault.read().secrets == {"a": Secret("3")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"home": "file", "facts": {}, "secrets": {"a": 1}}',
        '{"home": "file", "facts": [], "secrets": {"a": "hush"}}',
        '{"home": "moon", "facts": {}, "secrets": {"a": "hush"}}',
        '{"home": "file", "facts": {}, "secrets": {"a": "hush"}',
        "[" * 50_000,
        "\xff",
    ],
)
def test_a_damaged_file_is_said_without_its_content(vault: Vault, text: str) -> None:
    vault.file.parent.mkdir()
    vault.file.write_bytes(text.encode("latin-1"))
    for ask in (vault.read, vault.facts):
        with pytest.raises(VaultError, match="is damaged: remove it") as caught:
            ask()
        assert "hush" not in "".join(traceback.format_exception(caught.value))
    with vault.change(afresh=True) as kept:
        kept.secrets["a"] = Secret("1")
    assert vault.read().secrets == {"a": Secret("1")}


def test_a_file_in_the_place_of_its_folder_is_said(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("")
    with pytest.raises(VaultError, match="secrets"):
        put(vault, a="1")


def test_forgetting_takes_one_part_or_all(vault: Vault) -> None:
    put(vault, **{"strava.a": "1", "mail.b": "2"})
    with vault.change() as kept:
        kept.forget("strava.")
    assert set(vault.read().secrets) == {"mail.b"}
    vault.remove()
    assert vault.read() == Kept()


def test_no_change_is_lost_between_threads_and_processes(vault: Vault, tmp_path: Path) -> None:
    """Each adds to what it finds; without the lock most of it would be overwritten."""
    code = (
        "import sys; from pathlib import Path; from shoetrack.vault import Secret, Vault\n"
        "for i in range(10):\n"
        "    with Vault(Path(sys.argv[1]), keyring=False).change() as kept:\n"
        "        kept.secrets[f'{sys.argv[2]}-{i}'] = Secret('x')\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)]) for n in range(3)
    ]

    def add(name: str) -> None:
        for i in range(10):
            put(vault, **{f"{name}-{i}": "x"})

    threads = [threading.Thread(target=add, args=(name,)) for name in ("t1", "t2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(vault.read().secrets) == 50


# --- the keyring ------------------------------------------------------------------------------

RING = """
import json, os, sys, time
from pathlib import Path
from keyring.backend import KeyringBackend

FILE = Path(os.environ["RING_FILE"])
HOW = os.environ.get("RING", "")

class Ring(KeyringBackend):
    priority = 0.5 if HOW == "weak" else 5

    def _all(self):
        if HOW == "hangs":
            time.sleep(600)
        if HOW == "locked":
            raise RuntimeError("locked")
        return json.loads(FILE.read_text()) if FILE.exists() else {}

    def get_password(self, service, username):
        return self._all().get(service + username)

    def set_password(self, service, username, password):
        found = self._all()
        if HOW != "forgets":
            FILE.write_text(json.dumps(found | {service + username: password}))

    def delete_password(self, service, username):
        found = self._all()
        del found[service + username]
        FILE.write_text(json.dumps(found))
"""


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a keyring that works; RING changes how."""
    pytest.importorskip("keyring")
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "ring_for_tests.py").write_text(RING)
    file = tmp_path / "ring.json"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "backend"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "ring_for_tests.Ring")
    monkeypatch.setenv("RING_FILE", str(file))
    return file


def test_secrets_go_into_the_keyring_where_one_works(ring: Path, tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    with vault.change() as kept:
        kept.secrets["a"] = Secret("hush")
        kept.facts["who"] = "Ada"
    assert "hush" in ring.read_text()
    assert "hush" not in vault.file.read_text()
    assert vault.read() == Kept({"a": Secret("hush")}, {"who": "Ada"}, Home.KEYRING)
    vault.remove()
    assert json.loads(ring.read_text()) == {}


def test_two_data_folders_do_not_share_secrets(ring: Path, tmp_path: Path) -> None:
    put(Vault(tmp_path / "one"), a="1")
    put(Vault(tmp_path / "two"), a="2")
    assert Vault(tmp_path / "one").read().secrets == {"a": Secret("1")}


def test_what_may_be_shown_is_told_without_opening_the_keyring(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Vault(tmp_path).change() as kept:
        kept.secrets["a"] = Secret("1")
        kept.facts["who"] = "Ada"
    monkeypatch.setenv("RING", "locked")
    assert Vault(tmp_path).facts().facts == {"who": "Ada"}


@pytest.mark.parametrize("how", ["weak", "forgets", "locked", "hangs"])
def test_a_keyring_that_does_not_work_is_left_alone(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("RING", how)
    if how == "hangs":
        monkeypatch.setattr(vault_module, "_PATIENCE_S", 0.5)
    put(Vault(tmp_path), a="1")
    kept = Vault(tmp_path).read()
    assert (kept.home, kept.secrets) == (Home.FILE, {"a": Secret("1")})


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no"])
def test_the_keyring_can_be_switched_off(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv(KEYRING, word)
    put(Vault(tmp_path), a="1")
    assert Vault(tmp_path).read().home is Home.FILE
    assert not ring.exists()


def test_switched_off_later_the_secrets_move_into_the_file(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(Vault(tmp_path), a="1")
    monkeypatch.setenv(KEYRING, "off")
    assert Vault(tmp_path).read().secrets == {"a": Secret("1")}
    put(Vault(tmp_path), b="2")
    kept = Vault(tmp_path).read()
    assert (kept.home, set(kept.secrets)) == (Home.FILE, {"a", "b"})
    assert json.loads(ring.read_text()) == {}


def test_a_keyring_that_is_locked_later_is_said(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(Vault(tmp_path), a="1")
    monkeypatch.setenv("RING", "locked")
    with pytest.raises(VaultError, match="cannot be opened: unlock it"):
        Vault(tmp_path).read()


def test_a_keyring_that_locks_between_reading_and_keeping_loses_nothing(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path)
    put(vault, a="1")
    with vault.change() as kept:
        monkeypatch.setenv("RING", "locked")
        kept.secrets["a"] = Secret("2")
    assert vault.read() == Kept({"a": Secret("2")}, {}, Home.FILE)


def test_no_secret_stands_in_a_process_s_arguments_or_environment(
    ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = subprocess.run

    def watched(*args: object, **options: object) -> object:
        seen.append(repr((args, options.get("env"))))
        return real(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    put(Vault(tmp_path), a="hush")
    assert seen
    assert "hush" not in "".join(seen)


def test_a_module_called_keyring_in_the_working_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("keyring")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "keyring.py").write_text(
        f"open({str(tmp_path / 'caught')!r}, 'w').write('x')"
    )
    monkeypatch.chdir(tmp_path / "here")
    put(Vault(tmp_path / "data"), a="1")
    assert not (tmp_path / "caught").exists()
    assert Vault(tmp_path / "data").read().secrets == {"a": Secret("1")}
