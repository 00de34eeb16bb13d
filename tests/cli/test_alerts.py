"""`check`, `alerts` and what `status` shows of them: in text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import sqlite3
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support import NOW, run_in_terminal, write_season

ALERT_KEYS = {
    "id",
    "kind",
    "subject",
    "title",
    "body",
    "urgent",
    "stage",
    "shoe",
    "raised_at",
    "snoozed_until",
}
NEAR = "Near is near its end: 460 of 500 mi"
DONE = "Done is at its end: 510 of 500 mi"


@pytest.fixture
def worn(cli: Cli) -> Cli:
    """A pair near its end, one at it, and one retired."""
    for name, start in (("Near", "460mi"), ("Done", "510mi"), ("Old", "600mi")):
        cli("shoe", "add", name, "--start", start)
    cli("shoe", "retire", "Old")
    return cli


def test_check_says_what_is_worth_saying_once(worn: Cli) -> None:
    answer = worn("check")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        f"{DONE}\n"
        "  510.0 mi worn, 10.0 mi beyond its range of 300-500 mi.\n"
        "  Buy the next pair now.\n"
        '  Once it is replaced: shoetrack shoe retire "Done"\n'
        f"{NEAR}\n"
        "  460.0 mi worn, 40.0 mi left of its range of 300-500 mi.\n"
        "  When it is done is not known: not enough runs yet.\n"
        "  Buy the next pair now.\n"
        "No channel is set up: `shoetrack status` shows it until it is acknowledged.\n"
    )
    assert worn("check").out == "There is nothing new to say.\n"
    assert worn("check", "--json").json["raised"] == []


def test_the_json_of_a_check(worn: Cli) -> None:
    dry = worn("check", "--dry-run", "--json").json
    assert [one["title"] for one in dry["would_raise"]] == [DONE, NEAR]
    assert dry["channels"] == []
    found = worn("check", "--json").json
    assert set(found) == {"raised", "delivered", "failed", "given_up", "waiting"}
    assert all(set(one) == ALERT_KEYS for one in found["raised"])
    near = found["raised"][1]
    assert near["shoe"] == 1
    assert (near["kind"], near["stage"], near["urgent"]) == ("wear", "near-end", False)
    assert near["raised_at"] == "2026-06-01T12:00:00Z"


def test_a_dry_run_writes_nothing(worn: Cli, cli: Cli, home: Path) -> None:
    before = (home / "shoetrack.db").read_bytes()
    for _ in range(2):
        out = worn("check", "--dry-run").out
        assert DONE in out
        assert "No channel is set up" in out
    assert (home / "shoetrack.db").read_bytes() == before
    (home / "config.toml").write_text('[alerts]\nchannels = ["desktop"]\n')
    assert worn("check", "--dry-run").out.endswith("It would be said on: desktop.\n")


def test_without_a_store_none_is_made(cli: Cli, home: Path) -> None:
    assert cli("check").out == "There is nothing new to say.\n"
    assert cli("check", "--dry-run").out == "There is nothing new to say.\n"
    assert cli("alerts", "list").out == "No open alerts.\n"
    assert cli("alerts", "ack", "--all").out == "No open alerts.\n"
    for args in (("alerts", "ack", "1"), ("alerts", "snooze", "1", "--until", "2w")):
        answer = cli(*args)
        assert (answer.status, answer.out) == (1, "")
        assert answer.err.startswith("shoetrack: there is no alert 1: ")
    assert not home.exists()


def test_a_channel_that_fails_is_named(worn: Cli, home: Path) -> None:
    """Nothing listens there: it is said on standard error, and tried again."""
    (home / "config.toml").write_text(
        '[alerts]\nchannels = ["email"]\n[alerts.email]\nhost = "localhost"\nport = 1\n'
        'security = "none"\nfrom = "shoes@example.org"\nto = ["ada@example.org"]\n'
    )
    answer = worn("check")
    assert answer.status == 1
    assert answer.err.startswith("shoetrack: email: ")
    assert answer.err.count("\n") == 1
    assert "2 still to be sent, next tried at 2026-06-01 12:01.\n" in answer.out
    worn("alerts", "ack", "--all")
    again = worn("check", "--json")
    assert (again.status, again.json["waiting"], again.json["failed"]) == (0, 0, [])


def test_status_shows_open_alerts_and_how_to_acknowledge_them(worn: Cli) -> None:
    assert "Alert" not in worn("status").out
    worn("check")
    assert worn("status").out.endswith(
        f"\nAlert 1: {DONE}\nAlert 2: {NEAR}\nAcknowledge them: shoetrack alerts ack 1 2\n"
    )
    alerts = worn("status", "--json").json["alerts"]
    assert all(set(one) == ALERT_KEYS for one in alerts)
    assert [one["title"] for one in alerts] == [DONE, NEAR]
    assert worn("alerts", "ack", "1").out == f"Acknowledged: {DONE}\n"
    assert worn().out.endswith(f"\nAlert 2: {NEAR}\nAcknowledge it: shoetrack alerts ack 2\n")
    worn("alerts", "ack", "2")
    assert "Alert" not in worn("status").out
    assert worn("status", "--json").json["alerts"] == []


def test_status_shows_a_few_of_many(cli: Cli) -> None:
    for number in range(7):
        cli("shoe", "add", f"Pair {number}", "--start", f"{500 + number}mi")
    cli("check")
    lines = cli("status").out.splitlines()
    assert lines[-2:] == [
        "and 2 more: shoetrack alerts list",
        "Acknowledge them: shoetrack alerts ack 7 6 5 4 3",
    ]
    assert cli("alerts", "ack", "--all").out.count("Acknowledged: ") == 7


def test_status_says_what_could_not_be_sent(worn: Cli, home: Path) -> None:
    (home / "config.toml").write_text('[alerts]\nchannels = ["desktop"]\n')
    worn("shoe", "edit", "near", "--note", "the store is there")
    with sqlite3.connect(home / "shoetrack.db") as store:
        store.execute(
            "INSERT INTO alert (athlete_id, kind, subject, title, body, after_change, raised_at)"
            " VALUES (1, 'trouble', 'trouble:x', 'It fails', '', 1, '2026-05-01 12:00:00.000000')"
        )
        store.execute(
            "INSERT INTO delivery (athlete_id, alert_id, channel, status, tries, created_at,"
            " next_at, tried_at) VALUES (1, 1, 'desktop', 'given-up', 20,"
            " '2026-05-01 12:00:00.000000', '2026-05-01 12:00:00.000000',"
            " '2026-05-01 12:00:00.000000')"
        )
    store.close()
    assert worn("status").out.endswith("1 alert could not be sent: shoetrack doctor\n")


def test_alerts_are_listed_with_what_became_of_them(worn: Cli) -> None:
    worn("check")
    worn("alerts", "ack", "1")
    assert worn("alerts", "snooze", "2", "--until", "2026-06-10").out == (
        f"Snoozed until 2026-06-10: {NEAR}\n"
    )
    lines = worn("alerts", "list").out.splitlines()
    assert lines[0].split() == ["Id", "Since", "What"]
    assert lines[1].split("  ") == [" 2", "2026-06-01", NEAR, "snoozed until 2026-06-10"]
    assert lines[2:] == [
        "",
        "More:  shoetrack alerts list --full",
        "Seen:  shoetrack alerts ack 2",
        "Later: shoetrack alerts snooze 2 --until 1w",
    ]
    worn("shoe", "retire", "near")
    worn("check")
    assert worn("alerts", "list").out == "No open alerts.\n"
    every = worn("alerts", "list", "--all").out.splitlines()
    assert [line.rsplit("  ", 1)[1].strip() for line in every[1:]] == ["over", "acknowledged"]
    rows = list(csv.DictReader(io.StringIO(worn("alerts", "list", "--all", "--csv").out)))
    assert [(row["id"], row["title"], row["stage"]) for row in rows] == [
        ("2", NEAR, "near-end"),
        ("1", DONE, "worn-out"),
    ]
    found = worn("alerts", "list", "--all", "--json").json
    assert all(set(one) == ALERT_KEYS | {"acked_at", "ended_at"} for one in found)
    assert found[1]["acked_at"] == "2026-06-01T12:00:00Z"


def test_alerts_are_listed_in_full(worn: Cli, home: Path) -> None:
    """What each says, and what became of it on each channel."""
    (home / "config.toml").write_text(
        '[alerts]\nchannels = ["email"]\n[alerts.email]\nhost = "localhost"\nport = 1\n'
        'security = "none"\nfrom = "shoes@example.org"\nto = ["ada@example.org"]\n'
    )
    worn("check")
    worn("alerts", "ack", "1")
    said, email, rest = worn("alerts", "list", "--full").out.partition("  email: not yet, tried 1")
    assert said == (
        f"Alert 2: {NEAR}\n"
        "  460.0 mi worn, 40.0 mi left of its range of 300-500 mi.\n"
        "  When it is done is not known: not enough runs yet.\n"
        "  Buy the next pair now.\n"
        "  Raised: 2026-06-01 12:00\n"
    )
    assert email
    assert rest.startswith(" time: the mail server localhost:1 ")
    assert rest.endswith(
        "\n\nSeen:  shoetrack alerts ack 2\nLater: shoetrack alerts snooze 2 --until 1w\n"
    )
    with sqlite3.connect(home / "shoetrack.db") as store:
        store.execute(
            "UPDATE delivery SET status = 'delivered', delivered_at = '2026-06-01 12:05:00.000000'"
            " WHERE alert_id = 2"
        )
    store.close()
    assert "  email: delivered 2026-06-01 12:05\n" in (worn("alerts", "list", "--full").out)
    worn("alerts", "ack", "2")
    every = worn("alerts", "list", "--full", "--all").out
    assert f"Alert 2: {NEAR} (acknowledged)\n" in every
    assert every.endswith("  Raised: 2026-06-01 12:00\n"), "there is nothing to do about them"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
def test_a_long_title_goes_on_in_the_next_line(worn: Cli, home: Path) -> None:
    """In a terminal nothing of it is cut off."""
    worn("check")
    worn("alerts", "snooze", "2", "--until", "2026-06-10")
    shown = run_in_terminal(["alerts", "list"], home, {"NO_COLOR": "1"}, width=60)
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[1:3] == [
        "2 2026-06-01 Near is near its snoozed until 2026-06-10",
        "end: 460 of 500 mi",
    ]


def test_a_snoozed_alert_comes_back(worn: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    worn("check")
    assert worn("alerts", "snooze", "2", "--until", "1w").status == 0
    assert NEAR not in worn("status").out
    shown = {one["id"]: one["snoozed_until"] for one in worn("status", "--json").json["alerts"]}
    assert shown == {1: None, 2: "2026-06-08T07:30:00Z"}
    monkeypatch.setenv("SHOETRACK_NOW", (NOW + timedelta(days=7)).isoformat())
    assert worn("check").out.startswith(f"{NEAR}\n")
    assert worn("check").out == "There is nothing new to say.\n"
    assert NEAR in worn("status").out
    assert worn("status", "--json").json["alerts"][1]["snoozed_until"] is None


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (("ack",), 2, "name alerts by their numbers, or give --all"),
        (("ack", "1", "--all"), 2, "name alerts by their numbers, or give --all"),
        (("ack", "1", "99"), 1, "there is no alert 99"),
        (("ack", "one"), 2, "'one' is not a valid int"),
        (("snooze", "99", "--until", "2w"), 1, "there is no alert 99"),
        (("snooze", "1"), 2, "missing option '--until'"),
        (("snooze", "1", "--until", "soon"), 2, "write it like 2026-05-31, or 2w"),
        (("snooze", "1", "--until", "yesterday"), 2, "is not ahead"),
        (("snooze", "1", "--until", "today"), 2, "is not ahead"),
        (("snooze", "1", "--until", "9999-12-31"), 2, "more than five years away"),
        (("snooze", "1", "--until", "9999w"), 2, "more than five years away"),
    ],
)
def test_what_cannot_be_answered_changes_nothing(
    worn: Cli, args: tuple[str, ...], status: int, said: str
) -> None:
    worn("check")
    answer = worn("alerts", *args)
    assert (answer.status, answer.out) == (status, "")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert len(worn("status", "--json").json["alerts"]) == 2


def test_what_is_acknowledged_cannot_be_snoozed(worn: Cli) -> None:
    worn("check")
    worn("alerts", "ack", "1", "1")
    assert worn("alerts", "ack", "1").out == "None of them is open.\n"
    answer = worn("alerts", "snooze", "1", "--until", "2w")
    assert answer.status == 1
    assert "alert 1 was acknowledged already" in answer.err


def test_the_unit_is_the_users(worn: Cli, home: Path) -> None:
    assert "740 of 805 km" in worn("check", "--dry-run", "--unit", "km").out
    (home / "config.toml").write_text('unit = "km"\n')
    worn("check")
    assert "Near is near its end: 740 of 805 km" in worn("status").out


def test_a_season_is_read_as_a_runner_would(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Pegasus 41", "--default-for", "run", "--start", "310mi")
    write_season(tmp_path / "season", 60, days_apart=2)
    cli("import", tmp_path / "season")
    (alert,) = cli("check", "--json").json["raised"]
    assert alert["stage"] == "near-end"
    _, done, buy = alert["body"].splitlines()
    due = cli("due").out
    assert done.startswith("Done about 2026-")
    assert done.split()[2] in due
    assert f"Pegasus 41: {buy}" in due
    assert cli("check", "--json").json["raised"] == []
    assert cli("undo", "--yes").status == 0
    cli("check")
    assert cli("status", "--json").json["alerts"] == []
    cli("import", tmp_path / "season")
    assert cli("check", "--json").json["raised"] == []
    assert [one["id"] for one in cli("status", "--json").json["alerts"]] == [alert["id"]]
