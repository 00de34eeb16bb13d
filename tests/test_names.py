"""Finding a pair by any unambiguous part of its name, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.errors import AmbiguousError, NotFoundError, UsageError
from shoetrack.model import Shoe
from shoetrack.names import LONGEST, checked, find_shoe, key, listed

RUNNING_WOMAN = "\U0001f3c3\u200d\u2640\ufe0f"


def shoes(*names: str) -> list[Shoe]:
    return [Shoe(i, name) for i, name in enumerate(names, 1)]


SHELF = shoes("Pegasus 41", "Pegasus 40", "Speedgoat 6", "Ghost", "Ghost Max", "Müller Läufer")


# --- finding --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Pegasus 41", "Pegasus 41"),
        ("41", "Pegasus 41"),
        ("speed", "Speedgoat 6"),
        ("GOAT", "Speedgoat 6"),
        ("  speedgoat   6 ", "Speedgoat 6"),
        ("Ghost", "Ghost"),  # the whole of one name, though a part of another
        ("max", "Ghost Max"),
        ("MÜLLER", "Müller Läufer"),
        ("la\u0308ufer", "Müller Läufer"),  # the umlaut as two characters
        ("Ｓｐｅｅｄ", "Speedgoat 6"),  # full width
    ],
)
def test_a_pair_is_found_by_a_part_of_its_name(text: str, name: str) -> None:
    assert find_shoe(SHELF, text).name == name


def test_a_part_of_several_names_lists_them() -> None:
    with pytest.raises(AmbiguousError, match=r"'pegasus' could be Pegasus 41 and Pegasus 40"):
        find_shoe(SHELF, "pegasus")


def test_a_part_of_no_name_lists_what_there_is() -> None:
    with pytest.raises(NotFoundError, match=r"no pair is called 'Vaporfly': there are Pegasus 41"):
        find_shoe(SHELF, "Vaporfly")
    with pytest.raises(NotFoundError, match=r"there are none yet; .*shoe add"):
        find_shoe([], "Vaporfly")


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u200d"])
def test_nothing_means_no_pair(text: str) -> None:
    with pytest.raises(UsageError):
        find_shoe(SHELF, text)


names = st.text(
    st.sampled_from("aAbBiIıİßſK 4④é\u0301Ｅ🏃\u200d\u2640\ufe0f"), min_size=1, max_size=8
).filter(key)


@given(several=st.lists(names, min_size=1, max_size=6, unique_by=key), data=st.data())
def test_a_whole_name_is_never_ambiguous(several: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(several))
    assert find_shoe(shoes(*several), wanted).name == wanted


@given(
    several=st.lists(names, min_size=1, max_size=6, unique_by=key),
    text=names,
    data=st.data(),
)
def test_neither_order_nor_spelling_decides_which_pair_is_meant(
    several: list[str], text: str, data: st.DataObject
) -> None:
    def found(order: list[str], wanted: str) -> str | type[Exception]:
        try:
            return find_shoe(shoes(*order), wanted).name
        except (AmbiguousError, NotFoundError) as error:
            return type(error)

    shuffled = data.draw(st.permutations(several))
    assert found(shuffled, text) == found(several, text)
    assert found(several, f" {key(text)} ") == found(several, text)


# --- the key --------------------------------------------------------------------------------


@given(st.text(max_size=20))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert key(key(name)) == key(name)


@given(st.text(st.characters(max_codepoint=0x24F, exclude_characters="ıİ"), max_size=20))
def test_case_has_no_part_in_the_key(name: str) -> None:
    assert key(name.upper()) == key(name) == key(name.lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("Ｐｅｇａｓｕｓ\u3000４１", "pegasus 41"),
        ("é", "e\u0301"),
        ("ﬁnish", "FINISH"),
        ("a\u00a0b", "A   b"),
        (RUNNING_WOMAN, RUNNING_WOMAN.replace("\u200d", "")),
    ],
)
def test_two_spellings_of_one_name(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), [("ı", "i"), ("a b", "ab"), ("é", "e"), ("4", "5")])
def test_different_names(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_a_turkish_capital_is_found_by_its_own_small_letter_in_any_locale() -> None:
    """`İ` folds to i with a dot above, `I` to i: neither depends on the machine's locale."""
    shelf = shoes("İSTANBUL", "IRMAK")
    assert find_shoe(shelf, "i\u0307stanbul").name == "İSTANBUL"
    assert find_shoe(shelf, "stan").name == "İSTANBUL"
    assert find_shoe(shelf, "irmak").name == "IRMAK"


# --- what a pair may be called --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("Pegasus 41", "Pegasus 41"),
        ("  Peg\t 41\n", "Peg 41"),
        ("Mu\u0308ller", "Müller"),
        ("跑鞋", "跑鞋"),
        ("1080v14", "1080v14"),
        ("Peg 🏃", "Peg 🏃"),
        (f"Race {RUNNING_WOMAN}", f"Race {RUNNING_WOMAN}"),
        ("x" * LONGEST, "x" * LONGEST),
    ],
)
def test_a_name_is_tidied(name: str, tidy: str) -> None:
    assert checked(name) == tidy


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "needs a name"),
        (" \t ", "needs a name"),
        ("\u200d", "needs a name"),
        ("x" * (LONGEST + 1), "at most 100 characters; this has 101"),
        ("Peg\x1b[31m", "control characters"),
        ("Peg\x00", "control characters"),
        ("Peg\u202eegasus", "control characters"),
        ("Peg\u200b", "control characters"),
        ("Peg\udcff", "control characters"),
        ("unassigned", "take another name"),
        (" Unassigned", "take another name"),
        ("ＵＮＡＳＳＩＧＮＥＤ", "take another name"),
        ("41", "number alone"),
        ("４１", "number alone"),
        ("٤١", "number alone"),
    ],
)
def test_a_name_that_would_be_taken_for_something_else_is_refused(name: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        checked(name)


@given(st.text(max_size=LONGEST))
def test_a_tidy_name_is_tidy_fits_on_a_line_and_finds_its_pair(name: str) -> None:
    try:
        tidy = checked(name)
    except UsageError:
        return
    assert checked(tidy) == tidy
    assert tidy.splitlines() == [tidy]
    assert find_shoe([Shoe(1, tidy)], name).name == tidy


# --- listing --------------------------------------------------------------------------------


def test_names_are_listed_for_a_sentence_and_not_without_end() -> None:
    assert listed(shoes("A")) == "A"
    assert listed(shoes("A", "B")) == "A and B"
    assert listed(shoes(*"ABCDEFGH")) == "A, B, C, D, E, F, G and H"
    assert listed(shoes(*"ABCDEFGHI")) == "A, B, C, D, E, F, G and 2 more"
