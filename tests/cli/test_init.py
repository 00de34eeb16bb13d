"""`init`, as a new user meets it in a terminal, and again later."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from shoetrack.config import load
from shoetrack.vault import Vault
from tests.cli.conftest import Cli
from tests.support import run_cli
from tests.terminal import Terminal

PLAIN = {"NO_COLOR": "1", "SHOETRACK_KEYRING": "off", "TERM": "dumb"}

UNIT = "Distances in mi or km"
PAIR = "A pair that you run in"
ANOTHER = "Another pair"
WORN = "Worn so far"
BY_ITSELF = "Do runs go on it by themselves?"
ROTATION = "Rotation"
FOLDERS = "Folders, with commas between"
WHICH = "Which? Numbers"
STRAVA = "Connect to Strava?"
DESKTOP = "Show alerts on the desktop?"
EMAIL = "Send them by e-mail?"
ADDRESS = "Your e-mail address"
SERVER = "Mail server"
SECURITY = "Security"
PORT = "Port"
USER = "User who logs in there"
TO = "To, with commas"
PASSWORD = "Password, which is not shown"
QUIET = "Quiet hours"
DIGEST = "The week's digest"
WRITE = "Write this?"

# A question, or one with its answer.
Asked = tuple[str, str] | str


class Dialogue(Terminal):
    """A terminal in which questions are answered in turn."""

    def __init__(self, home: Path, env: Mapping[str, str] | None = None) -> None:
        super().__init__("init", home=home, env={**PLAIN, **(env or {})})
        self._read_up_to = 0

    def __enter__(self) -> Dialogue:
        return self

    def waits_for(self, question: str) -> str:
        """Wait until it asks this; gives what it showed since the last answer."""

        def is_asked() -> bool:
            last = self.shown[self._read_up_to :].rpartition("\n")[2]
            return question in last and last.endswith(": ")

        self._wait(is_asked, f"to ask {question!r}")
        return self.shown[self._read_up_to :]

    def answer(self, question: str, text: str = "") -> str:
        """Answer a question when it is asked; gives what came before it."""
        before = self.waits_for(question)
        self._read_up_to = len(self.shown)
        self.send(f"{text}\n")
        return before

    def answers(self, *pairs: Asked) -> None:
        """Answer questions in their order; a question alone is answered by Enter."""
        for pair in pairs:
            question, text = (pair, "") if isinstance(pair, str) else pair
            self.answer(question, text)


def config_file(home: Path) -> Path:
    return home / "config.toml"


def listed(home: Path) -> set[str]:
    return {path.name for path in home.iterdir()} if home.exists() else set()


def narrow(shown: str) -> bool:
    return all(len(line) <= 80 for line in shown.splitlines() if "/home/" not in line)


def password(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHOETRACK_KEYRING", "off")
    return Vault(home).read().secrets["smtp.password"].reveal()


def test_a_new_user(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "Garmin" / "Activity").mkdir(parents=True)
    (home / "Garmin" / "Activity" / "1.fit").touch()
    with Dialogue(home) as screen:
        screen.answers((UNIT, "km"), (PAIR, "Pegasus 41"), (WORN, "200"), BY_ITSELF)
        screen.answers((ROTATION, "daily"), (ANOTHER, "Novablast 5"), WORN, BY_ITSELF, ROTATION)
        screen.answers(ANOTHER)
        assert "1  ~/Garmin/Activity  (1 recording)" in screen.answer(WHICH)
        screen.answers((STRAVA, "y"), DESKTOP, (EMAIL, "y"), (ADDRESS, "ada@gmail.com"))
        screen.waits_for(SERVER)
        assert screen.shown.endswith("[smtp.gmail.com]: ")
        screen.answers(SERVER, USER, (TO, "ada@gmail.com, bob@example.org"))
        hint = screen.answer(PASSWORD, "open sesame")
        assert "Gmail takes an app password here, not your own." in hint
        screen.answers((QUIET, "22:00-07:00"), DIGEST)
        shown = screen.answer(WRITE)
        assert not config_file(home).exists()
        assert '  + unit = "km"  # what distances are shown and typed in' in shown
        assert "New pair: Pegasus 41, worn 200.0 km, takes runs by itself, rotation daily" in shown
        assert "New pair: Novablast 5, rotation daily" in shown
        assert screen.end() == 0
    assert "open sesame" not in screen.shown
    assert narrow(screen.shown)
    end = screen.shown[screen.shown.index("Next") :]
    for command in ("strava login", "sync", "alerts test", "service install"):
        assert f"  shoetrack {command}  " in end
    assert stat.S_IMODE(config_file(home).stat().st_mode) == 0o600
    config = load(config_file(home))
    assert config.unit == "km"
    assert "open sesame" not in config_file(home).read_text()
    email = config.alerts.email
    assert email is not None
    assert (email.host, email.port, email.security) == ("smtp.gmail.com", 587, "starttls")
    assert (email.user, email.sender) == ("ada@gmail.com", "ada@gmail.com")
    assert email.to == ("ada@gmail.com", "bob@example.org")
    assert password(home, monkeypatch) == "open sesame"
    shoes = cli("shoe", "list", "--json").json
    assert [(shoe["name"], shoe["rotation"]) for shoe in shoes] == [
        ("Pegasus 41", "daily"),
        ("Novablast 5", "daily"),
    ]
    assert shoes[0]["distance_m"] == 200_000
    assert "default for run" in cli("shoe", "show", "pegasus").out.casefold()


def test_enter_all_the_way_the_second_time_changes_nothing(cli: Cli, home: Path) -> None:
    test_text = (
        '# mine\nunit = "km"  # for now\n\n[folders]\nwatch = ["/nowhere/yet"]\n\n'
        '[alerts]\nchannels = ["email", "ntfy"]\nquiet = "22:00-07:00"\n\n'
        '[alerts.ntfy]\nurl = "ntfy://topic"\n\n'
        '[alerts.email]\nhost = "mail.example.org"\nsecurity = "tls"\nport = 4650\n'
        'from = "a@b.c"\nto = ["a@b.c"]\nuser = "ada"\npassword_file = "/etc/secret"\n\n'
        '# the hills\n[[rules]]\nname = "trails"\nshoe = "Pegasus"\nsport = "trail-run"\n'
    )
    cli("shoe", "add", "Pegasus 41", "--default-for", "run", "--start", "3km")
    config_file(home).write_text(test_text)
    with Dialogue(home) as screen:
        assert "[km]" in screen.waits_for(UNIT)
        screen.answer(UNIT)
        assert "Pegasus 41, 3.0 km" in screen.answer(ANOTHER)
        assert "1  /nowhere/yet  (watched now)" in screen.answer(WHICH)
        screen.answers(STRAVA)
        assert "[y/N]" in screen.answer(DESKTOP)
        assert "[Y/n]" in screen.answer(EMAIL)
        screen.answers(ADDRESS, SERVER, SECURITY, PORT, USER, TO)
        assert "Its password is in /etc/secret." in screen.answer(QUIET)
        screen.answers(DIGEST)
        assert screen.end() == 0
    assert "All is as it was: there is nothing to write." in screen.shown
    found = config_file(home).read_text()
    assert found == test_text
    assert len(cli("shoe", "list", "--json").json) == 1


def test_what_is_changed_is_shown_and_nothing_else_is(cli: Cli, home: Path) -> None:
    home.mkdir()
    before = (
        '# mine\nunit = "mi"  # for now\n\n[alerts]\nchannels = ["ntfy"]  # phone\n\n'
        '[alerts.ntfy]\nurl = "ntfy://secret"\n\n# hills\n[[rules]]\nname = "trails"\n'
        'shoe = "Pegasus"\nsport = "trail-run"\n'
    )
    config_file(home).write_text(before)
    with Dialogue(home) as screen:
        screen.answers((UNIT, "km"), PAIR, FOLDERS, STRAVA, (DESKTOP, "y"), EMAIL, QUIET)
        screen.answers((DIGEST, "never"))
        shown = screen.answer(WRITE)
        assert screen.end() == 0
    changes = shown[shown.index(f"{config_file(home)}:") :].splitlines()[1:-1]
    assert changes == [
        '  - unit = "mi"  # for now',
        '  + unit = "km"  # for now',
        "    [alerts]",
        '  - channels = ["ntfy"]  # phone',
        '  + digest = "never"  # when the week\'s digest is sent',
        '  + channels = ["ntfy", "desktop"]  # phone',
    ]
    assert "secret" not in screen.shown
    text = before.replace('"mi"', '"km"').replace('["ntfy"]', '["ntfy", "desktop"]')
    text = text.replace(
        "[alerts]\n", '[alerts]\ndigest = "never"  # when the week\'s digest is sent\n'
    )
    assert config_file(home).read_text() == text


def test_what_will_not_do_is_asked_again(home: Path) -> None:
    with Dialogue(home) as screen:
        screen.answer(UNIT, "yards")
        assert '\'yards\' will not do: write "mi" or "km"' in screen.answer(UNIT)
        screen.answer(PAIR, "41")
        assert "cannot be a number alone" in screen.answer(PAIR, "Pegasus 41")
        screen.answer(WORN, "far")
        assert "is not a distance" in screen.answer(WORN, "-3")
        assert "it cannot be below 0" in screen.answer(WORN, "3 km")
        screen.answer(BY_ITSELF, "perhaps")
        assert "write y or n" in screen.answer(BY_ITSELF, "no")
        screen.answers(ROTATION, (ANOTHER, "PEGASUS 41"))
        assert "Pegasus 41 is there already" in screen.answer(ANOTHER)
        screen.answer(FOLDERS, "no/such")
        assert "there is no folder 'no/such' here" in screen.answer(FOLDERS, "3")
        assert "there is no 3 in the list" in screen.answer(FOLDERS, "~/later")
        screen.answers(STRAVA, DESKTOP, (EMAIL, "yes"), (ADDRESS, "ada"))
        assert "'ada' will not do" in screen.answer(ADDRESS, "ada@example.org")
        screen.answers((SERVER, "smtp example"), (SERVER, "smtp.example.org"), (SECURITY, "none"))
        screen.answers((SECURITY, "tls"), (PORT, "high"), (PORT, "465"), (USER, "none"))
        screen.answers((TO, "nobody"), (TO, "ada@example.org"))
        screen.answer(QUIET, "all night")
        assert "write hours such as" in screen.answer(QUIET)
        screen.answer(DIGEST, "Someday")
        screen.answers(DIGEST, (WRITE, "n"))
        assert screen.end() == 1
    assert "shoetrack: nothing was written" in screen.shown
    assert narrow(screen.shown)
    assert listed(home) == set()


SOME: list[Asked] = [
    UNIT,
    (PAIR, "Pegasus"),
    WORN,
    BY_ITSELF,
    ROTATION,
    ANOTHER,
    FOLDERS,
    STRAVA,
    DESKTOP,
]
MAIL: list[Asked] = [
    (EMAIL, "y"),
    (ADDRESS, "a@me.com"),
    SERVER,
    USER,
    TO,
    (PASSWORD, "geheim"),
    QUIET,
    DIGEST,
]


@pytest.mark.parametrize("count", [0, 3, 14, 17])
def test_an_interrupt_writes_nothing(home: Path, count: int) -> None:
    asked: list[Asked] = [*SOME, *MAIL, WRITE]
    with Dialogue(home) as screen:
        screen.answers(*asked[:count])
        last = asked[count]
        screen.waits_for(last if isinstance(last, str) else last[0])
        assert screen.interrupted() == 130
    assert "Nothing was written." in screen.shown
    assert "Traceback" not in screen.shown
    assert listed(home) == set()


def test_the_end_of_input_is_an_interrupt(home: Path) -> None:
    with Dialogue(home) as screen:
        screen.waits_for(UNIT)
        screen.interrupt("\x04")
        assert screen.end() == 130
    assert listed(home) == set()


def test_a_password_that_is_kept_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Dialogue(home) as screen:
        screen.answers(UNIT, PAIR, *SOME[6:], *MAIL, WRITE)
        assert screen.end() == 0
    assert password(home, monkeypatch) == "geheim"
    with Dialogue(home) as screen:
        screen.answers(UNIT, PAIR, *SOME[6:], EMAIL, ADDRESS, SERVER, SECURITY, PORT, USER, TO)
        assert "(Enter: as it is)" in screen.answer(PASSWORD)
        screen.answers(QUIET, DIGEST)
        assert screen.end() == 0
    assert "nothing to write" in screen.shown
    assert password(home, monkeypatch) == "geheim"
    with Dialogue(home, {"SHOETRACK_SMTP_PASSWORD": "other"}) as screen:
        screen.answers(UNIT, PAIR, *SOME[6:], EMAIL, ADDRESS, SERVER, SECURITY, PORT, USER, TO)
        assert "Its password comes from SHOETRACK_SMTP_PASSWORD." in screen.waits_for(QUIET)
        assert screen.interrupted() == 130


def test_someone_else_writes_the_file_meanwhile(home: Path) -> None:
    with Dialogue(home) as screen:
        screen.answers((UNIT, "km"), (PAIR, "Pegasus"), *SOME[2:], EMAIL, QUIET, DIGEST)
        screen.waits_for(WRITE)
        home.mkdir(exist_ok=True)
        config_file(home).write_text("# another\n")
        screen.answer(WRITE)
        assert screen.end() == 1
    assert "was changed by someone else meanwhile" in " ".join(screen.shown.split())
    assert config_file(home).read_text() == "# another\n"
    assert listed(home) == {"config.toml"}


def test_without_a_terminal_it_says_what_to_do(cli: Cli, home: Path) -> None:
    answer = cli("init")
    assert (answer.status, answer.err.count("\n"), answer.out) == (2, 1, "")
    assert f"run it in one, or write {config_file(home)} yourself" in answer.err
    assert not home.exists()


def test_a_configuration_that_cannot_be_read_is_mended_first(home: Path) -> None:
    home.mkdir()
    config_file(home).write_text('unit = "mi"\ncolour = 1\n')
    with Dialogue(home) as screen:
        assert screen.end() == 1
    assert "config.toml, line 2: colour is not an option" in screen.shown
    done = run_cli("init", home=home)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
