"""`alerts test` and `alerts password`."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shoetrack.alerting.raising import trouble
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.db import alert_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.vault import Secret, Vault
from tests.alerting.channels import DOWN, FakeChannel, World
from tests.cli.conftest import Cli
from tests.smtp_server import Answer, SmtpServer, smtp_server
from tests.support import NOW, run_cli
from tests.terminal import Terminal

CONFIG = """
[alerts]
channels = ["email"]
[alerts.email]
host = "127.0.0.1"
port = {port}
security = "none"
from = "shoes@example.org"
to = ["ada@example.org", "bob@example.org"]
"""


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOETRACK_KEYRING", "off")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


@pytest.fixture
def config(home: Path) -> Path:
    home.mkdir(exist_ok=True)
    return home / "config.toml"


@pytest.fixture
def server(tmp_path: Path, config: Path) -> Iterator[SmtpServer]:
    with smtp_server(tmp_path, tls="none") as running:
        config.write_text(CONFIG.format(port=running.port))
        yield running


# --- test -----------------------------------------------------------------------------------


def test_a_message_goes_by_every_channel_and_nothing_is_kept(
    cli: Cli, server: SmtpServer, home: Path
) -> None:
    answer = cli("alerts", "test")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == "email: delivered to ada@example.org, bob@example.org\n"
    (mail,) = server.wait_for(1)
    assert mail.message["Subject"] == "A test by shoetrack"
    assert mail.to == ("ada@example.org", "bob@example.org")
    assert not (home / "shoetrack.db").exists()
    # Each is a message of its own: a reader that knows the last one would hide it.
    assert cli("alerts", "test", "email").status == 0
    assert len({mail.message["Message-ID"] for mail in server.wait_for(2)}) == 2


def test_who_has_not_got_it_is_named(cli: Cli, server: SmtpServer) -> None:
    server.answers.append(Answer("RCPT", "550 5.1.1 no such mailbox", about="bob@"))
    answer = cli("alerts", "test")
    assert answer.status == 1
    assert answer.out == "email: delivered to ada@example.org\n"
    assert answer.err.startswith("shoetrack: email: ")
    assert "bob@example.org" in answer.err


def test_one_channel_that_fails_does_not_stop_the_next(
    cli: Cli, server: SmtpServer, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desktop has no session here, wherever the tests run."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nobody"))
    text = config.read_text().replace('["email"]', '["desktop", "email"]')
    config.write_text(text)
    done = run_cli("alerts", "test", home=config.parent, env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr.startswith("shoetrack: desktop: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout.startswith("email: delivered to ada@example.org")


def test_a_server_that_is_gone_is_one_line(cli: Cli, config: Path, tmp_path: Path) -> None:
    with smtp_server(tmp_path, tls="none") as gone:
        port = gone.port
    config.write_text(CONFIG.format(port=port))
    answer = cli("alerts", "test")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("shoetrack: email: ")
    assert answer.err.count("\n") == 1


def test_where_no_channel_is_set_up_it_says_how(cli: Cli, config: Path) -> None:
    answer = cli("alerts", "test")
    assert answer.status == 1
    assert answer.err.count("\n") == 1
    assert "no channel is set up" in answer.err
    assert str(config) in answer.err


def test_what_failed_before_is_due_at_once_when_the_channel_works(
    cli: Cli, server: SmtpServer, home: Path
) -> None:
    location = Location(home / "shoetrack.db")
    world = World(location, channels={"email": FakeChannel(fault=DOWN)})
    world.config = Config(alerts=Alerts(channels=("email",)))
    alert = world.alert("one")
    world.deliver()
    with closing(Store(location)) as store:
        trouble(store, world.config, "delivery:email", "E-mail does not come through", "", NOW)
    assert world.deliveries(alert)["email"].next_at > NOW
    assert cli("alerts", "test").status == 0
    assert world.deliveries(alert)["email"].next_at == NOW
    with open_reader(location) as reader:
        assert reader is not None
        assert [one.id for one in alert_queries.open_alerts(reader)] == [alert.id]


def test_a_channel_may_be_tried_before_it_is_used(
    cli: Cli, server: SmtpServer, config: Path
) -> None:
    config.write_text(config.read_text().replace('["email"]', "[]"))
    answer = cli("alerts", "test", "email")
    assert answer.status == 0
    assert 'add "email" to channels under [alerts]' in answer.out
    assert len(server.wait_for(1)) == 1


def test_a_channel_that_is_not_known(cli: Cli, server: SmtpServer) -> None:
    answer = cli("alerts", "test", "pigeon")
    assert answer.status == 1
    assert "no channel 'pigeon' is set up, only email, desktop: `shoetrack init`" in answer.err
    assert server.mails == []


# --- password -------------------------------------------------------------------------------


def test_the_password_is_kept_and_used(
    cli: Cli, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smtp_server(tmp_path, tls="starttls", user="ada", password="hush hush") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        text = CONFIG.format(port=server.port).replace('"none"', '"starttls"')
        config.write_text(f'{text}user = "ada"\n')
        assert "there is no password" in cli("alerts", "test").err
        monkeypatch.setattr(sys, "stdin", io.StringIO("hush hush\nnot this\n"))
        answer = cli("alerts", "password")
        kept = config.parent / "secrets" / "vault.json"
        assert answer.out == (
            f"The password is kept in the file {kept}.\nNext: shoetrack alerts test email\n"
        )
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert "hush" not in answer.out + answer.err
        assert cli("alerts", "test").status == 0
        monkeypatch.setenv("SHOETRACK_SMTP_PASSWORD", "mistaken-7")
        answer = cli("alerts", "test")
        assert answer.status == 1
        assert "mistaken-7" not in answer.err


def test_the_password_is_not_shown_while_it_is_typed(config: Path) -> None:
    env = {"SHOETRACK_KEYRING": "off"}
    with Terminal("alerts", "password", home=config.parent, env=env) as terminal:
        terminal.until("Password:")
        terminal.type("hush")
        assert terminal.end() == 0
        assert "hush" not in terminal.shown
        assert "The password is kept in the file" in terminal.shown
    assert Vault(config.parent).read().secrets["smtp.password"].reveal() == "hush"


def test_it_is_forgotten_and_nothing_else_is(cli: Cli, config: Path) -> None:
    vault = Vault(config.parent)
    with vault.change() as kept:
        kept.secrets["strava.token"] = Secret("other")
        kept.facts["strava.athlete"] = "Ada"
    assert cli("alerts", "password", "--forget").out == "No password is kept here.\n"
    done = run_cli(
        "alerts",
        "password",
        home=config.parent,
        env={"SHOETRACK_KEYRING": "off"},
        stdin="hush\n",
    )
    assert done.returncode == 0, done.stderr
    assert "E-mail is not set up yet" in done.stdout
    assert cli("alerts", "password", "--forget").out == "The password is forgotten.\n"
    assert "hush" not in vault.file.read_text()
    assert vault.read().secrets == {"strava.token": Secret("other")}
    assert json.loads(vault.file.read_text())["facts"] == {"strava.athlete": "Ada"}


def test_the_last_secret_takes_the_file_with_it(
    cli: Cli, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hush\n"))
    cli("alerts", "password")
    assert cli("alerts", "password", "--forget").status == 0
    assert not Vault(config.parent).file.exists()


def test_an_empty_password_changes_nothing(
    cli: Cli, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    answer = cli("alerts", "password")
    assert answer.status == 2
    assert "the password is empty" in answer.err
    assert not Vault(config.parent).file.exists()


def test_what_goes_before_it_is_said(
    cli: Cli, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hush\n"))
    monkeypatch.setenv("SHOETRACK_SMTP_PASSWORD", "other")
    assert "SHOETRACK_SMTP_PASSWORD is set, and goes before it." in cli("alerts", "password").out
