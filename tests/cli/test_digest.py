"""`digest`: shown, as JSON, and sent by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Cli
from tests.smtp_server import Answer as Reply
from tests.smtp_server import SmtpServer, smtp_server
from tests.support import NOW, make_run

CONFIG = """
timezone = "UTC"
[alerts]
channels = ["email"]
quiet = "11:00-14:00"
[alerts.email]
host = "127.0.0.1"
port = {port}
security = "none"
from = "shoes@example.org"
to = ["ada@example.org"]
"""


@pytest.fixture
def worn(cli: Cli, tmp_path: Path) -> Cli:
    """A pair at its end, and one with two runs this week."""
    cli("shoe", "add", "Done", "--start", "500mi")
    cli("shoe", "add", "Fresh", "--default-for", "run", "--rotation", "daily")
    folder = tmp_path / "runs"
    folder.mkdir()
    for i in range(2):
        text = make_run(10000, NOW - timedelta(days=2 * i + 1), 3600)
        (folder / f"{i}.gpx").write_text(text)
    assert cli("import", folder).status == 0
    return cli


@pytest.fixture
def server(tmp_path: Path, home: Path) -> Iterator[SmtpServer]:
    """A mail server, and a configuration that sends there."""
    with smtp_server(tmp_path, tls="none") as running:
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(CONFIG.format(port=running.port))
        yield running


def test_the_week_at_one_glance(worn: Cli) -> None:
    out = worn("digest").out
    assert out.startswith("2026-05-26 to 2026-06-01: 12.4 mi\n")
    assert "Done: Buy the next pair now.\n" in out
    assert "Fresh: 12.4 mi this week\n12.4 of 300-500 mi\n" in out
    assert "Rotation daily: one pair alone\n" in out
    assert max(map(len, out.splitlines())) <= 80
    assert "Fresh: 20.0 km this week\n20.0 of 483-805 km\n" in worn("digest", "--unit", "km").out


def test_as_json(worn: Cli) -> None:
    found = worn("digest", "--json").json
    assert (found["since"], found["until"], found["unit"]) == ("2026-05-26", "2026-06-01", "mi")
    assert found["distance_m"] == pytest.approx(20000, abs=1)
    done, fresh = found["shoes"]
    assert (done["name"], done["week_m"], done["left_m"]) == ("Done", 0, 0)
    assert done["buy_by"] == "2026-06-01"
    assert fresh["week_m"] == pytest.approx(20000, abs=1)
    assert found["rotations"][0]["verdict"] == "one pair alone"
    assert found["unassigned"] == {"runs": 0, "distance_m": 0}


def test_without_a_pair(cli: Cli) -> None:
    assert cli("digest").out == "No pair is in use: shoetrack shoe add NAME\n"
    assert cli("digest", "--json").json is None


def test_sent_by_hand_it_arrives_at_once_and_once(worn: Cli, server: SmtpServer) -> None:
    """At noon, which is in the quiet hours of this configuration."""
    assert worn("digest", "--send") == Answer(0, "Sent by email.\n", "")
    (mail,) = server.wait_for(1)
    assert mail.message["Subject"] == "Your week in shoes: 12.4 mi"
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert "Done: Buy the next pair now." in body.get_content()
    again = worn("digest", "--send")
    assert again.status == 1
    assert "--again sends another" in again.err
    assert len(server.mails) == 1
    assert worn("digest", "--send", "--again") == Answer(0, "Sent by email.\n", "")
    assert len(server.wait_for(2)) == 2


def test_it_is_sent_in_the_unit_that_was_asked_for(worn: Cli, server: SmtpServer) -> None:
    assert worn("digest", "--send", "--unit", "km").status == 0
    (mail,) = server.wait_for(1)
    assert mail.message["Subject"] == "Your week in shoes: 20.0 km"


def test_what_fails_is_said_and_tried_again(worn: Cli, server: SmtpServer) -> None:
    server.answers.append(Reply("MAIL", "451 4.3.0 busy"))
    answer = worn("digest", "--send")
    assert answer.status == 1
    assert answer.err.startswith("shoetrack: email: ")
    assert answer.out == "Not sent yet by email: `shoetrack sync` or the daemon tries again.\n"


def test_where_there_is_nothing_to_send_it_by(worn: Cli) -> None:
    answer = worn("digest", "--send")
    assert answer.status == 1
    assert "no channel is set up" in answer.err


def test_where_there_is_nothing_to_say(cli: Cli, server: SmtpServer) -> None:
    answer = cli("digest", "--send")
    assert (answer.status, answer.out) == (1, "")
    assert "no pair is in use" in answer.err
    assert server.mails == []


@pytest.mark.parametrize("words", [("--again",), ("--send", "--json")])
def test_what_does_not_go_together(worn: Cli, words: tuple[str, ...]) -> None:
    assert worn("digest", *words).status == 2
