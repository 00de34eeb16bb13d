"""Where things stand in config.toml, however TOML lets them be written."""

from __future__ import annotations

import tomllib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.config.lines import line_of
from shoetrack.config.options import parse
from shoetrack.errors import ConfigError

BLOCK = '[[rules]]\nname = "a"\nshoe = "Peg"\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'# [[rules]]\n{BLOCK}# sport = "here"\nsport = "ride"', 6),
        (f'{BLOCK}title = """\n[[rules]]\nsport = "x"\n"""\nsport = "ride"', 8),
        (f"{BLOCK}title = '''\nsport = 'x'\n'''\nsport = 'ride'", 7),
        (f'{BLOCK}title = """x\n""""" \nsport = "ride"', 6),
        (f'{BLOCK}title = """\\"""\n"""\nsport = "ride"', 6),
        (f'{BLOCK}title = [\n"sport = 3", # ]\n"[[rules]]",\n]\nsport = "ride"', 8),
        (f'{BLOCK}title = "he said \\"sport = 3\\" # ["\nsport = "ride"', 5),
        (f'{BLOCK}title = "a\u2028b\x85c"\nsport = "ride"', 5),
        (f'{BLOCK}start.lat = 1\nstart . lon = 2\n"start".radius = "5m"\nsport = "ride"', 7),
        (f'{BLOCK}start = {{ lat = 1.5, lon = -2.5, radius = "5m" }}\nsport = "ride"', 5),
        (f'{BLOCK}since = 2026-05-01 # a day\nsport = [\n"run",\n"ride"]', 5),
        (f'{BLOCK}[rules.start]\nlat=1\nlon=2\nradius="5m"\n{BLOCK}sport = "ride"', 11),
        ('unit = "km"\nrules = [\n  # first\n  { name = "a", shoe = "b", sport = "ride" },\n]', 4),
        (
            'rules = [\n{ name="a", shoe="b", near={lat=1, lon=2, radius="5m"} },\n'
            '{ name="b", shoe="b", sport = "ride" },\n]',
            3,
        ),
        (f'{BLOCK}sport = "run"\n[[rules]]\r\nname = "b"\r\nshoe = "c"\r\n"sport" = "ride"', 8),
        (f'[wear]\nnear = 0.9\n{BLOCK}"spor\\u0074" = "ride"', 6),
    ],
)
def test_a_bad_value_of_a_rule_is_found(text: str, line: int) -> None:
    with pytest.raises(ConfigError, match=f"^config.toml, line {line}: rule "):
        parse(text)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("a", 2),
        ("t", 4),
        ("t.b.c", 5),
        ("t.b", 5),
        ("t.list.1.x", 6),
        ("t.list.1.y", 6),
        ("many.0.k", 9),
        ("many.1", 10),
        ("many.1.sub.k", 12),
        ("many.1.deep.0", 13),
        ("t.unknown", 4),
        ("unknown.of.all", 1),
        ("", 1),
    ],
)
def test_every_kind_of_place(place: str, line: int) -> None:
    text = (
        '# note\na = 1\n\n[t]\n"b".c = 1.5\nlist = [0, { x = 1 }]\n'
        "\n[[many]]\nk = 1\n[[many]]\n[many.sub]\nk = 1979-05-27 07:32:00\n[[many.deep]]\n"
    )
    tomllib.loads(text)
    assert line_of(text, place) == line


PIECES = [
    "[[rules]]",
    "[rules.start]",
    'name = "a"',
    'shoe = "b"',
    'sport = "run"',
    'title = ["x", """y\n"""]',
    'start = { lat = 1, lon = "2" }',
    "start.lat = [[1], {}, {a = [{b.c = 1}]}]",
    "rules = [{}, {name = 'x'}]",
    "[rules]",
    "x = ''''''",
    "# ] [ = '",
    "unit = 1",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_any_rules_are_read_or_refused_with_a_line(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    with suppress(tomllib.TOMLDecodeError):
        tomllib.loads(text)
        try:
            parse(text)
        except ConfigError as error:
            number = int(str(error).partition("line ")[2].partition(":")[0])
            assert 1 <= number <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{BLOCK}sport = "run"\nunit = "km"', "line 5: rule \"a\": unit is not of a rule"),
        ('[[rule]]\nname = "a"', "line 1: rule is not an option: rules are written as [[rules]]"),
        ('\n[[Rules]]\nname = "a"', "line 2: Rules is not an option: rules are written as"),
        (
            f"{BLOCK}since = 2026-02-01\nuntil = 2026-01-31",
            'line 5: rule "a": until cannot be before since, which is 2026-02-01',
        ),
        ("x = " + "[" * 5000 + "]" * 5000, "brackets are within brackets too often"),
    ],
)  # fmt: skip
def test_what_beginners_and_machines_write_is_told_in_a_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"^[^\n]{1,300}$") as caught:
        parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f'{BLOCK}sport = "{"x" * 10_000}"',
        f'[[rules]]\nname = "{"x" * 10_000}"',
        f"{BLOCK}{'x' * 10_000} = 1",
        f'unit = "{"x" * 10_000}"',
        f"{'x' * 10_000} = 1",
    ],
)
def test_of_a_long_value_only_the_beginning_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^[^\n]{1,600}$"):
        parse(text)


def test_one_pair_of_a_split_may_take_the_rest() -> None:
    for written, pairs in (
        ('"A=60%, B"', (("A", 6000), ("B", 4000))),
        ('"A, B=12.5%, C=12.5%"', (("A", 7500), ("B", 1250), ("C", 1250))),
    ):
        (rule,) = parse(f'[[rules]]\nname = "a"\nsport = "run"\nsplit = {written}').rules
        assert rule.pairs == pairs
    for bad in ('"A, B"', '"A=60%, B=40%, C"', '"A"', '"A=60%, "'):
        with pytest.raises(ConfigError, match="split cannot be"):
            parse(f'[[rules]]\nname = "a"\nsport = "run"\nsplit = {bad}')
