"""Nothing that a file or a person wrote can command the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.cli.text import clean, plural

# A denser mix of what does harm than all of Unicode is.
nasty = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp"]),
        st.sampled_from("\x1b\x07\x9b\x00\r\n\u202e\u2066\u200f\ufeff\u200d\\ a"),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Pegasus 41", "Pegasus 41"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),  # the control sequence introducer in one character
        ("two\nlines\r\n", "two\\nlines\\r\\n"),
        ("a\tb", "a\\tb"),
        ("a\x00b\x7f", "a\\x00b\\x7f"),
        ("run\u202exp.gpx", "run\\u202exp.gpx"),  # would be shown as runxpg.px
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("\ufeffa\u200bb", "\\ufeffa\\u200bb"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("\udcff.gpx", "\\udcff.gpx"),  # a byte of a file's name that is no text
        ("\U000e0041", "\\U000e0041"),  # a tag: a letter that nobody sees
        ("Läufe, 跑步, бег, ريس", "Läufe, 跑步, бег, ريس"),
        ("\U0001f3c3\u200d\u2640\ufe0f", "\U0001f3c3\u200d\u2640\ufe0f"),
    ],
)
def test_what_commands_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(nasty)
def test_what_is_shown_is_one_line_without_commands(text: str) -> None:
    shown = clean(text)
    assert len(shown.splitlines()) <= 1
    assert not any(
        unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        for char in shown.replace("\u200d", "")
    )
    shown.encode("utf-8")


@given(nasty)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(one=nasty, other=nasty)
def test_each_character_is_judged_alone(one: str, other: str) -> None:
    assert clean(one + other) == clean(one) + clean(other)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "M"]), max_size=40))
def test_letters_numbers_and_signs_of_any_script_stay(text: str) -> None:
    assert clean(text) == text


def test_plural() -> None:
    assert plural(0, "run") == "0 runs"
    assert plural(1, "run") == "1 run"
    assert plural(1204, "run") == "1,204 runs"
    assert plural(2, "entry", "entries") == "2 entries"
    assert plural(1, "entry", "entries") == "1 entry"
