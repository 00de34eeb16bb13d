"""What is written to config.toml: the answers, with all else as the user has it."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.config import load
from shoetrack.config.options import parse
from shoetrack.config.writing import check, edited, read_text, write
from shoetrack.errors import ConfigError

EMAIL = {
    "alerts.email.host": "smtp.example.org",
    "alerts.email.port": 465,
    "alerts.email.security": "tls",
    "alerts.email.user": "ada",
    "alerts.email.from": "shoes@example.org",
    "alerts.email.to": ["ada@example.org"],
}
ALL: dict[str, Any] = {
    "unit": "km",
    "folders.watch": ["~/Garmin/Activity"],
    "alerts.channels": ["desktop", "email"],
    "alerts.quiet": "22:00-07:00",
    "alerts.digest": "never",
    **EMAIL,
}

# As people write it, with more than `init` knows.
WRITTEN = """\
# Mine, all mine.

# Miles are for others.
unit = "mi"   # for now

# When pairs are done.
[wear]
range = "300-500 mi" # low to high

[alerts]
# Not at night.
quiet = '22:00-06:00'
channels = [
    "desktop",  # at home
    "ntfy",  # on the way
]

[alerts.ntfy]
url = "ntfy://secret-topic"

# The hills.
[[rules]]
name = "trails"  # all of them
shoe = "Speedgoat"
sport = "trail-run"

# The rest.
[[rules]]
name = "long"
shoe = "Bondi"
distance = "> 20 km"
"""


def test_a_new_one_is_commented_and_fits_a_terminal() -> None:
    text = edited("", ALL)
    assert text == (
        "# The settings of shoetrack. `shoetrack init` asks for those that are here,\n"
        "# and leaves alone what you add. The README has all that can be set.\n"
        "\n"
        'unit = "km"  # what distances are shown and typed in\n'
        "\n"
        "[folders]\n"
        "# the folders whose new files are imported by themselves\n"
        'watch = ["~/Garmin/Activity"]\n'
        "\n"
        "[alerts]\n"
        'channels = ["desktop", "email"]  # where alerts go\n'
        'quiet = "22:00-07:00"  # the hours in which only what is urgent is said\n'
        'digest = "never"  # when the week\'s digest is sent\n'
        "\n"
        "[alerts.email]\n"
        'host = "smtp.example.org"  # the mail server\n'
        "port = 465  # its port\n"
        'security = "tls"  # how it is spoken to; none only on this machine\n'
        'user = "ada"  # who logs in there\n'
        'from = "shoes@example.org"  # the sender\n'
        'to = ["ada@example.org"]  # who gets the mails\n'
    )
    assert max(map(len, text.splitlines())) <= 76
    assert parse(text).alerts.channels == ("desktop", "email")


def test_many_folders_have_a_line_each() -> None:
    folders = [f"~/a/rather/long/way/to/folder/{i}" for i in range(4)]
    text = edited("", {"folders.watch": folders})
    assert max(map(len, text.splitlines())) <= 76
    assert tomllib.loads(text)["folders"]["watch"] == folders


def test_only_the_lines_that_change_do() -> None:
    same = {"alerts.channels": ["desktop", "ntfy"]}
    answers = {"unit": "km", "alerts.quiet": "23:00-05:00", **same}
    assert edited(WRITTEN, answers) == WRITTEN.replace('unit = "mi"', 'unit = "km"').replace(
        "'22:00-06:00'", '"23:00-05:00"'
    )
    assert edited(WRITTEN, same) == WRITTEN


def test_new_lines_come_between_no_comment_and_what_it_speaks_of() -> None:
    text = edited(WRITTEN, {**ALL, "alerts.channels": ["desktop", "ntfy", "email"]})
    for together in (
        "# Miles are for others.\nunit = ",
        "# When pairs are done.\n[wear]\nrange",
        "# Not at night.\nquiet = ",
        "# The hills.\n[[rules]]\n",
        "# The rest.\n[[rules]]\n",
        '    "desktop",  # at home\n    "ntfy",  # on the way\n    "email",\n]',
        '[alerts]\ndigest = "never"  # when the week\'s digest is sent\n# Not at night.',
    ):
        assert together in text
    for line in WRITTEN.splitlines():
        if "#" in line:
            assert line.partition("#")[2] in text
    assert tomllib.loads(text)["rules"] == tomllib.loads(WRITTEN)["rules"]


def test_an_option_is_taken_out_with_the_comment_it_came_with() -> None:
    folders = {"folders.watch": ["~/a/rather/long/way/to/a/folder/far", "~/away/from/here"]}
    text = edited("", {"unit": "mi", "alerts.quiet": "22:00-07:00", **folders})
    assert edited(text, {"alerts.quiet": None, "folders.watch": None}).endswith(
        "\n[folders]\n\n[alerts]\n"
    )
    assert edited(WRITTEN, {"alerts.quiet": None, "alerts.digest": None}) == WRITTEN.replace(
        "quiet = '22:00-06:00'\n", ""
    )


@pytest.mark.parametrize(
    "before",
    [
        'alerts = { channels = ["desktop"], quiet = "22:00-07:00" }\n',
        'alerts.channels = ["desktop"]\nalerts.email.host = "old"\n'
        'alerts.email.from = "a@b.c"\nalerts.email.to = ["a@b.c"]\n',
        '[alerts.email]\nhost = "old"\nfrom = "a@b.c"\nto = ["a@b.c"]\n[alerts]\nchannels = []\n',
        '[alerts.email]\nhost = "old"\nfrom = "a@b.c"\nto = ["a@b.c"]\n[wear]\nnear = 0.5',
        '[ "alerts" ]\nchannels = []\n',
        "[alerts] # here",
        "\n\n",
        "# only this",
        'unit = "mi"\r\n\r\n[alerts]\r\nchannels = []\r\n',
        "\ufeffunit = 'mi'\n",
        '[wear]\nrange = """300-500 mi"""\n',
    ],
)
def test_however_it_was_written(before: str) -> None:
    text = edited(before, ALL)
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    config = parse(plain)
    assert config.alerts.email is not None
    assert (config.alerts.email.host, config.alerts.email.port) == ("smtp.example.org", 465)
    assert config.alerts.channels == ("desktop", "email")
    assert config.unit == "km"
    assert (text.count("\r\n"), text.startswith("\ufeff")) == (
        text.count("\n") if "\r\n" in before else 0,
        before.startswith("\ufeff"),
    )
    assert edited(text, ALL) == text, "a second time changes nothing"


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
folders = st.lists(words.map(lambda word: f"/{word}"), unique=True, max_size=3)


@given(folders, folders, st.sampled_from(["mi", "km"]), st.sampled_from([None, "1:00-2:00"]))
def test_what_is_read_is_what_was_answered(
    first: list[str], then: list[str], unit: str, quiet: str | None
) -> None:
    text = edited(WRITTEN, {"folders.watch": first, "unit": "km"})
    text = edited(text, {"folders.watch": then, "unit": unit, "alerts.quiet": quiet})
    found = tomllib.loads(text)
    assert (found["folders"]["watch"], found["unit"]) == (then, unit)
    assert found["alerts"].get("quiet") == quiet
    assert found["rules"] == tomllib.loads(WRITTEN)["rules"]
    for comment in ("# Mine, all mine.", "# Not at night.", "# all of them", "# on the way"):
        assert comment in text


def test_what_would_be_no_configuration_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"alerts\.email has no host"):
        edited("", {"alerts.channels": ["email"], "alerts.email.from": "a@b.c"})
    with pytest.raises(ConfigError, match="unit cannot be"):
        edited("", {"unit": "yards"})


def test_a_bad_value_is_told_with_what_to_write() -> None:
    check("alerts.digest", "never")
    with pytest.raises(ValueError, match=r"'Sunday' will not do: write a day and a time such as"):
        check("alerts.digest", "Sunday")
    with pytest.raises(ValueError, match="something is needed here: write"):
        check("alerts.email.host", "")


# --- the file -------------------------------------------------------------------------------


def test_it_is_for_its_owner_and_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    assert read_text(path) == ""
    write(path, "", edited("", ALL))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(path).alerts.channels == ("desktop", "email")
    path.chmod(0o644)
    before = read_text(path)
    write(path, before, edited(before, {"unit": "mi"}))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["config.toml"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "shoetrack.toml"
    real.write_text(WRITTEN)
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    write(link, WRITTEN, edited(WRITTEN, {"unit": "km"}))
    assert link.is_symlink()
    assert load(real).unit == "km"


def test_what_someone_else_wrote_meanwhile_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    text = edited(WRITTEN, {"unit": "km"})
    path.write_text("# another\n")
    with pytest.raises(ConfigError, match="was changed by someone else meanwhile"):
        write(path, WRITTEN, text)
    assert path.read_text() == "# another\n"


def test_what_is_no_configuration_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    with pytest.raises(ConfigError, match="is not an option"):
        write(path, WRITTEN, "colour = 1\n")
    assert path.read_text() == WRITTEN


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be (read|written)"):
        write(tmp_path / "file" / "config.toml", "", "")
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_text(path)


def test_line_ends_that_only_a_reader_takes_are_said_to_be_so() -> None:
    with pytest.raises(ConfigError, match="cannot be edited as it is written"):
        edited('unit = "mi"\r# of an old Mac\r', {"unit": "km"})
