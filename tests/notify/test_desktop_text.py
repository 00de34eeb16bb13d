"""What of a message a notification has room for."""

from __future__ import annotations

from datetime import UTC, datetime

from shoetrack.notify import Message, Part
from shoetrack.notify.bubble import bubble

WORN = Part("Pegasus 41 is worn out", "502 of 300–500 mi\nNext: Ghost 16")
EVEN = Part("The rotation daily is uneven", "Wear Ghost 16 next")


def message(*parts: Part, subject: str = "") -> Message:
    return Message("k1", subject or parts[0].title, parts, datetime(2026, 6, 1, tzinfo=UTC))


def test_of_one_thing_the_title_is_not_said_twice() -> None:
    text = bubble(message(WORN), markup=True)
    assert text == ("Pegasus 41 is worn out", "502 of 300–500 mi\nNext: Ghost 16")


def test_what_comes_behind_the_first_paragraph_is_left_to_other_places() -> None:
    part = WORN._replace(body=f"\n{WORN.body}\n\nSeen: shoetrack alerts ack 3")
    assert bubble(message(part), markup=True).body == WORN.body


def test_of_several_things_the_titles_stand_out() -> None:
    text = bubble(message(WORN, EVEN, subject="2 alerts"), markup=True)
    assert text.title == "2 alerts"
    assert text.body.splitlines() == [
        "<b>Pegasus 41 is worn out</b>",
        "502 of 300–500 mi",
        "Next: Ghost 16",
        "<b>The rotation daily is uneven</b>",
        "Wear Ghost 16 next",
    ]
    plain = bubble(message(WORN, EVEN, subject="2 alerts"), markup=False)
    assert plain.body.splitlines()[0] == "Pegasus 41 is worn out"


def test_the_first_title_is_not_said_twice_where_the_subject_begins_with_it() -> None:
    subject = "Pegasus 41 is worn out (and 1 more)"
    lines = bubble(message(WORN, EVEN, subject=subject), markup=True).body.splitlines()
    assert lines[:3] == [
        "502 of 300–500 mi",
        "Next: Ghost 16",
        "<b>The rotation daily is uneven</b>",
    ]
    many = [WORN, *(EVEN._replace(title=f"Pair {number}") for number in range(5))]
    lines = bubble(message(*many, subject=subject), markup=True).body.splitlines()
    assert lines == [f"Pair {number}" for number in range(5)]


def test_of_many_things_only_the_titles_are_said_and_how_many_more() -> None:
    four = [WORN._replace(title=f"Pair {number} & co") for number in range(4)]
    text = bubble(message(*four, subject="4 alerts"), markup=True)
    assert text.body.splitlines() == [f"Pair {number} &amp; co" for number in range(4)]
    many = [WORN._replace(title=f"Pair {number}") for number in range(25)]
    lines = bubble(message(*many, subject="25 alerts"), markup=True).body.splitlines()
    assert lines[:9] == [f"Pair {number}" for number in range(9)]
    assert lines[9:] == ["… and 16 more: shoetrack status"]


def test_a_long_account_is_cut_off() -> None:
    long = Part("The week", "\n".join(f"line {number}" for number in range(30)))
    lines = bubble(message(long), markup=True).body.splitlines()
    assert (len(lines), lines[8:]) == (10, ["line 8", "…"])


def test_long_lines_are_cut_before_they_are_escaped() -> None:
    text = bubble(message(Part("x" * 500, "&" * 500)), markup=True)
    assert text.title == "x" * 99 + "…"
    assert text.body == "&amp;" * 159 + "…"


def test_nothing_but_controls_is_no_title() -> None:
    assert bubble(message(Part("\n\0", "one"), subject="\n"), markup=True).title == "shoetrack"
