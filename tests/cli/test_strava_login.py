"""`strava login`, `status` and `logout`, as processes against the tests' own server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from shoetrack.importers.strava import tokens
from shoetrack.vault import Vault
from tests.strava_server import ALL_SCOPES, CLIENT_ID, CLIENT_SECRET, WITH_WRITE, StravaServer
from tests.support import NOW, ask_json, cli_command, cli_env, run_cli

from .conftest import Cli

KEYS = {"SHOETRACK_STRAVA_CLIENT_ID": CLIENT_ID, "SHOETRACK_STRAVA_CLIENT_SECRET": CLIENT_SECRET}
NO_KEYRING = {"SHOETRACK_KEYRING": "off"}


@pytest.fixture
def strava(home: Path) -> Iterator[StravaServer]:
    """A server that `home` is configured for."""
    with StravaServer() as server:
        server.world.add_shoe("g1", "Pegasus 41")
        server.configure(home)
        yield server


class Login:
    """`strava login` as a process that waits for the browser."""

    def __init__(
        self,
        home: Path,
        *args: str,
        env: Mapping[str, str | None] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self.process = subprocess.Popen(
            cli_command("strava", "login", "--no-browser", *args),
            env=cli_env(home, {**NO_KEYRING, **KEYS, **(env or {})}),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.said = ""
        self.url = ""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if line.startswith("http"):
                self.url = line.strip()
                break

    def grant(self) -> requests.Response:
        """What the browser does when the athlete has pressed the button."""
        return requests.get(self.url, timeout=30)

    def end(self) -> tuple[int, str, str]:
        with self.process:
            out, err = self.process.communicate(timeout=60)
        self.said += out + err
        return self.process.returncode, out, err


# --- login ------------------------------------------------------------------------------------


def test_logging_in_and_out(strava: StravaServer, home: Path) -> None:
    login = Login(home)
    assert login.url.startswith(f"{strava.oauth}/authorize?")
    assert login.grant().status_code == 200
    status, out, err = login.end()
    assert (status, err) == (0, "")
    assert "Connected as Ada Læufer 🏃. Granted: activity:read_all, profile:read_all, read." in out
    assert "Next: shoetrack strava sync" in out
    for word in ("settings/api", "subscription", "7 days", "bulk export"):
        assert word in login.said

    shown = run_cli("strava", "status", home=home)
    assert "Connected as Ada Læufer 🏃, by API app 54321." in shown.stdout
    done = run_cli("strava", "logout", "--yes", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert strava.live_logins == 0
    assert not (home / "secrets" / "vault.json").exists()
    assert "Not connected" in run_cli("strava", "status", home=home).stdout


def test_the_address_asks_for_what_is_needed_and_holds_no_secret(
    strava: StravaServer, home: Path
) -> None:
    login = Login(home, "--write")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(login.url).query).items()}
    assert asked.pop("state")
    back = urlsplit(asked.pop("redirect_uri"))
    assert (back.scheme, back.hostname, back.path) == ("http", "127.0.0.1", "/callback")
    assert asked == {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "approval_prompt": "force",
        "scope": ",".join(WITH_WRITE),
    }
    login.process.kill()
    login.end()


def test_a_login_that_tells_neither_scopes_nor_whose_it_is_has_what_was_asked_for(
    strava: StravaServer, home: Path
) -> None:
    strava.tells_scope = False
    strava.token_extra = {"athlete": None}
    login = Login(home)
    login.grant()
    status, out, err = login.end()
    assert (status, err) == (0, "")
    assert "Granted: activity:read_all, profile:read_all, read." in out
    assert "The athlete is Ada Læufer 🏃." in out
    shown = ask_json("strava", "status", home=home)
    assert shown["athlete"] == {"id": strava.world.athlete_id, "name": "Ada Læufer 🏃"}
    assert shown["missing"] == ["activity:write"]


def test_what_was_not_granted_is_told(strava: StravaServer, home: Path) -> None:
    strava.unticked = {"profile:read_all", "activity:write"}
    login = Login(home, "--write")
    login.grant()
    status, out, _ = login.end()
    assert status == 0
    assert "Granted: activity:read_all, read." in out
    assert "Not granted: profile:read_all. Without it your pairs are not listed" in out
    assert "Not granted: activity:write. Without it `strava push` cannot" in out
    assert ask_json("strava", "status", home=home)["missing"] == [
        "profile:read_all",
        "activity:write",
    ]


def test_a_refusal_on_strava_s_page_changes_nothing(strava: StravaServer, home: Path) -> None:
    strava.connect(home)
    before = (home / "secrets" / "vault.json").read_bytes()
    strava.denies = True
    login = Login(home)
    login.grant()
    assert login.end() == (
        1, login.said.partition(login.url)[2].partition("shoetrack: ")[0].lstrip("\n"),
        "shoetrack: access was denied on Strava's page: nothing has changed\n",
    )  # fmt: skip
    assert (home / "secrets" / "vault.json").read_bytes() == before


def test_an_answer_to_another_login_is_refused(strava: StravaServer, home: Path) -> None:
    login = Login(home)
    back = parse_qs(urlsplit(login.url).query)["redirect_uri"][0]
    requests.get(back, params={"state": "forged", "code": "theirs"}, timeout=10)
    status, _, err = login.end()
    assert status == 1
    assert "not meant for this login" in err
    assert strava.calls == []


def test_it_waits_so_long(strava: StravaServer, home: Path) -> None:
    status, _, err = Login(home, "--timeout", "1").end()
    assert (status, err) == (
        1,
        "shoetrack: nobody granted access within 1 s: run the command again\n",
    )


def test_a_port_in_use_is_said(strava: StravaServer, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, _, err = Login(home, "--port", port).end()
    assert status == 1
    assert re.fullmatch(f"shoetrack: port {port} .*: name another with --port\n", err)


def test_a_port_can_be_named(strava: StravaServer, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    login = Login(home, "--port", str(port))
    assert f"127.0.0.1%3A{port}%2F" in login.url
    login.grant()
    assert login.end()[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_interrupted_it_ends_at_once(strava: StravaServer, home: Path) -> None:
    login = Login(home)
    login.process.send_signal(signal.SIGINT)
    status, _, err = login.end()
    assert (status, err) == (130, "shoetrack: interrupted\n")


def test_a_code_that_strava_does_not_know_is_said(strava: StravaServer, home: Path) -> None:
    login = Login(home)
    asked = parse_qs(urlsplit(login.url).query)
    answer = {"state": asked["state"][0], "code": "made-up", "scope": "read"}
    requests.get(asked["redirect_uri"][0], params=answer, timeout=10)
    status, _, err = login.end()
    assert status == 1
    assert "does not accept the code of this login" in err


def test_a_wrong_secret_is_said_and_not_shown(strava: StravaServer, home: Path) -> None:
    login = Login(home, env={"SHOETRACK_STRAVA_CLIENT_SECRET": "mistyped"})
    login.grant()
    status, _, err = login.end()
    assert status == 1
    assert "does not know this client id and client secret together" in err
    assert "mistyped" not in login.said


def test_an_inactive_app_is_said_at_once(strava: StravaServer, home: Path) -> None:
    strava.inactive = True
    login = Login(home)
    login.grant()
    status, out, err = login.end()
    assert status == 1
    assert "Connected as Ada" in out
    assert "its owner has no subscription" in err


def test_a_secret_can_come_through_a_pipe(strava: StravaServer, home: Path) -> None:
    login_env: dict[str, str | None] = {"SHOETRACK_STRAVA_CLIENT_SECRET": None}
    reader, writer = os.pipe()
    os.write(writer, f"{CLIENT_SECRET}\n".encode())
    login = Login(home, "--client-secret", "-", env=login_env, stdin=reader)
    os.close(reader)
    login.grant()
    assert login.end()[0] == 0
    os.close(writer)


def test_logging_in_again_needs_no_keys(strava: StravaServer, home: Path) -> None:
    strava.connect(home)
    login = Login(home, env=dict.fromkeys(KEYS))
    login.grant()
    assert login.end()[0] == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "the client id of your API app is missing"),
        (["--client-id", "ada"], "the client id is a number"),
        (["--client-id", "²"], "the client id is a number"),
        (["--client-id", "1"], "the client secret of your API app is missing"),
        (["--client-id", "1", "--client-secret", "two words"], "is one word"),
        (["--client-id", "1", "--client-secret", "-"], "the client secret"),
        (["--port", "70000"], "70000"),
        (["--timeout", "0"], "0"),
    ],
)
def test_what_is_missing_or_wrong_is_said_before_anything_is_done(
    strava: StravaServer, home: Path, args: list[str], said: str
) -> None:
    done = run_cli("strava", "login", "--no-browser", *args, home=home)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert strava.calls == []
    assert not (home / "secrets").exists()


def test_the_browser_is_opened_where_there_is_one(
    strava: StravaServer, home: Path, tmp_path: Path
) -> None:
    """$BROWSER is one that grants at once."""
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request\nurllib.request.urlopen(sys.argv[1])\n"
    )
    browser.chmod(0o700)
    done = run_cli(
        "strava", "login", home=home, env={**NO_KEYRING, **KEYS, "BROWSER": str(browser)}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Grant access in the browser:" in done.stdout
    assert "Connected as Ada" in done.stdout


def test_without_a_browser_the_address_is_printed(strava: StravaServer, home: Path) -> None:
    done = run_cli("strava", "login", "--timeout", "1", home=home, env=KEYS)
    assert "Open this address in a browser:\nhttp" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="terminals are POSIX's")
def test_in_a_terminal_it_asks_and_takes_the_address_pasted(
    strava: StravaServer, home: Path
) -> None:
    """As over ssh: the secret is not shown, and the last page is opened elsewhere."""
    import pty

    parent, child = pty.openpty()
    process = subprocess.Popen(
        cli_command("strava", "login", "--no-browser"),
        env=cli_env(home, NO_KEYRING),
        stdin=child,
        stdout=child,
        stderr=child,
    )
    os.close(child)
    shown = ""

    def until(words: str) -> str:
        nonlocal shown
        while not (found := re.search(words, shown)):
            shown += os.read(parent, 65536).decode()
        return found[0]

    until("Client id:")
    os.write(parent, f"{CLIENT_ID}\n".encode())
    until("Client secret:")
    os.write(parent, f"{CLIENT_SECRET}\n".encode())
    url = until(r"http\S+authorize\S+(?=\r\n)")
    until("paste the address")
    redirect = requests.get(url, allow_redirects=False, timeout=30).headers["Location"]
    os.write(parent, f"{redirect}\n".encode())
    until("Next: shoetrack strava sync")
    assert process.wait(60) == 0
    os.close(parent)
    assert CLIENT_SECRET not in shown


# --- status -----------------------------------------------------------------------------------


def test_status_asks_nobody(strava: StravaServer, home: Path) -> None:
    strava.connect(home)
    found = ask_json("strava", "status", home=home)
    assert strava.calls == []
    assert found == {
        "connected": True,
        "athlete": {"id": strava.world.athlete_id, "name": "Ada Læufer 🏃"},
        "client_id": CLIENT_ID,
        "scopes": sorted(ALL_SCOPES),
        "missing": ["activity:write"],
        "last_sync": None,
        "limits": None,
        "goes_on": None,
        "kept_in": "file",
    }


def test_status_without_a_login_is_no_error(cli: Cli, home: Path) -> None:
    assert cli("strava", "status", "--json").json["connected"] is False
    assert "strava login" in cli("strava", "status").out
    assert not home.exists()


def test_status_tells_what_is_left_and_when_it_goes_on(strava: StravaServer, home: Path) -> None:
    strava.use_up(96)
    login = Login(home)
    login.grant()
    login.end()
    shown = run_cli("strava", "status", home=home).stdout
    assert "3 of 100 in 15 min, 903 of 1,000 today to read" in shown
    assert "It goes on at 2026-06-01 12:15 UTC." in shown
    later = {"SHOETRACK_NOW": (NOW + timedelta(minutes=15)).isoformat()}
    found = ask_json("strava", "status", home=home, env=later)
    assert found["limits"]["reads"]["quarter"] == {"used": 0, "limit": 100}
    assert found["goes_on"] is None


def test_a_damaged_vault_is_one_line(cli: Cli, home: Path) -> None:
    (home / "secrets").mkdir(parents=True)
    (home / "secrets" / "vault.json").write_text('{"hush')
    answer = cli("strava", "status")
    assert answer.status == 1
    assert answer.err.count("\n") == 1
    assert "is damaged: remove it" in answer.err
    assert "hush" not in answer.err


# --- logout -----------------------------------------------------------------------------------


def test_logging_out_forgets_even_where_strava_cannot_be_told(home: Path) -> None:
    with StravaServer() as strava:
        strava.connect(home)
    done = run_cli("strava", "logout", "--yes", home=home)
    assert done.returncode == 1
    assert "the login is forgotten here, but Strava does not know of it" in done.stderr
    assert "https://www.strava.com/settings/apps" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (home / "secrets" / "vault.json").exists()


def test_logging_out_asks_first(strava: StravaServer, home: Path) -> None:
    strava.connect(home)
    done = run_cli("strava", "logout", home=home)
    assert done.returncode == 1
    assert "add --yes" in done.stderr
    assert strava.live_logins == 1
    assert tokens.login(Vault(home, keyring=False)).tokens.access


def test_logging_out_twice_is_done(strava: StravaServer, home: Path) -> None:
    done = run_cli("strava", "logout", "--yes", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing to forget" in done.stdout


# --- secrets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["reset", "html", 400, 401])
@pytest.mark.parametrize("path", ["/oauth/token", "/athlete", "/oauth/deauthorize"])
def test_no_secret_is_said_whatever_goes_wrong(
    strava: StravaServer, home: Path, fault: int | str, path: str
) -> None:
    strava.fail(fault, path, times=1)
    env = {"SHOETRACK_DEBUG": "1"}
    login = Login(home, env=env)
    page = login.grant()
    login.end()
    said = [login.said, page.text]
    for words in (["status"], ["logout", "--yes"]):
        done = run_cli("strava", *words, home=home, env=env)
        assert "Traceback" not in done.stderr
        said += [done.stdout, done.stderr]
    assert "Traceback" not in login.said
    text = "".join(
        [*said, *(call.target for call in strava.calls if call.path != "/oauth/authorize")]
    )
    assert [secret for secret in strava.secrets if secret in text] == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_no_secret_stands_in_the_process_list(strava: StravaServer, home: Path) -> None:
    login = Login(home)
    seen = [b""]
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(path.read_bytes())
                except OSError:
                    continue  # it has ended meanwhile

    thread = threading.Thread(target=watch)
    thread.start()
    login.grant()
    login.end()
    done.set()
    thread.join()
    text = b"".join(set(seen)).decode("utf-8", "replace")
    assert [secret for secret in strava.secrets if secret in text] == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_what_is_kept_is_the_owner_s_alone(strava: StravaServer, home: Path) -> None:
    login = Login(home)
    login.grant()
    login.end()
    found = json.loads((home / "secrets" / "vault.json").read_text())
    assert found["home"] == "file"
    assert stat.S_IMODE((home / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "secrets" / "vault.json").stat().st_mode) == 0o600
    names = [path for path in home.rglob("*") if path.is_file() and "vault" not in path.name]
    for path in names:
        content = path.read_bytes().decode("utf-8", "replace")
        assert [secret for secret in strava.secrets if secret in content] == []
