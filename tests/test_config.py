"""config.toml: what is read, and how what is wrong in it is named."""

from __future__ import annotations

import dataclasses
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.config import Config, load
from shoetrack.config.alert_options import ALERT_OPTIONS
from shoetrack.config.alerts import Alerts, Email, Service, WeekTime
from shoetrack.config.options import OPTIONS, parse
from shoetrack.errors import ConfigError
from shoetrack.model.rules import Guide
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_KM, MM_PER_MILE, Unit

FULL = """\
unit = "mi"                      # or "km"
timezone = "Europe/Copenhagen"   # default: the system's
[wear]
range = "300-500 mi"
near = 0.9
[rotation]
window = "28 days"
tolerance = 0.20
[folders]
watch = ["~/Garmin/Activity"]
[strava]
every = "15 min"
[alerts]
channels = ["desktop", "email"]
quiet = "22:00-07:00"
digest = "Sun 18:00"
[alerts.email]
host = "smtp.example.org"
port = 587
security = "starttls"            # "tls", "none" (loopback only)
user = "ada"                     # password: SHOETRACK_SMTP_PASSWORD, keyring, or password_file
from = "shoes@example.org"
to = ["ada@example.org"]
[[rules]]
name = "trails"
shoe = "Speedgoat 6"
sport = "TrailRun"
since = 2026-01-01
"""


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return str(caught.value)


# --- what is read ---------------------------------------------------------------------------


def test_the_whole_of_the_design_s_example_is_read() -> None:
    found = parse(FULL)
    (rule,) = found.rules
    expected = dataclasses.replace(
        Config(),
        timezone=ZoneInfo("Europe/Copenhagen"),
        watch=(Path("~/Garmin/Activity").expanduser(),),
        alerts=Alerts(
            channels=("desktop", "email"),
            quiet=(time(22), time(7)),
            digest=WeekTime(6, time(18)),
            email=Email(
                "smtp.example.org",
                "shoes@example.org",
                ("ada@example.org",),
                port=587,
                user="ada",
            ),
        ),
        rules=(rule,),
    )
    assert found == expected
    assert (rule.name, rule.pairs) == ("trails", (("Speedgoat 6", 1),))
    assert [(one.key, one.written) for one in rule.conditions] == [
        ("sport", '"TrailRun"'),
        ("since", "2026-01-01"),
    ]
    assert found.guide == Guide((rule,), True, ZoneInfo("Europe/Copenhagen"))


def test_every_option_sets_its_field() -> None:
    text = """
        unit = "km"
        timezone = "Asia/Kolkata"
        sport = "TrailRun"
        [wear]
        range = "480–800"
        near = 0.85
        [rotation]
        window = "6w"
        tolerance = 1
        [strava]
        trust_gear = false
    """
    assert parse(text) == Config(
        unit=Unit.KM,
        timezone=ZoneInfo("Asia/Kolkata"),
        sport=Sport.TRAIL_RUN,
        range_mm=(480 * MM_PER_KM, 800 * MM_PER_KM),
        near=0.85,
        window=timedelta(days=42),
        tolerance=1.0,
        trust_gear=False,
    )
    options = {option.field for option in OPTIONS if option not in ALERT_OPTIONS}
    assert options | {"alerts", "rules"} == {f.name for f in dataclasses.fields(Config)}


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "[wear]\n[rotation]\n"])
def test_without_a_word_all_is_as_by_default(text: str) -> None:
    assert parse(text) == Config()


def test_the_default_range_is_300_to_500_miles() -> None:
    assert Config().range_mm == (300 * MM_PER_MILE, 500 * MM_PER_MILE)


@pytest.mark.parametrize("unit", list(Unit))
def test_a_range_without_a_unit_is_in_the_configured_one_wherever_that_stands(unit: Unit) -> None:
    found = parse(f'wear = {{ range = "1-2" }}\nunit = "{unit}"')
    assert found.range_mm == (unit.mm, 2 * unit.mm)


@pytest.mark.parametrize(
    "text",
    [
        '[wear]\nrange = "1-2 km"',
        'wear.range = "1-2 km"',
        'wear = { range = "1-2 km" }',
        '["wear"]\n"range" = "1-2 km"',
        "[ wear ]\r\n  range='1-2 km' # as said\r\n",
    ],
)
def test_it_is_read_however_toml_lets_it_be_written(text: str) -> None:
    assert parse(text).range_mm == (MM_PER_KM, 2 * MM_PER_KM)


# --- what is wrong --------------------------------------------------------------------------

_BAD_URLS = [
    '""',
    '"www.strava.com"',
    '"http://www.strava.com/api/v3"',
    '"http://127.0.0.1.example.org"',
    '"ftp://www.strava.com"',
    '"https://ada:secret@www.strava.com"',
    '"https://www.strava.com/api?token=1"',
    '"https://www.strava.com:strava"',
    '"https://"',
    "1",
    "true",
    "[]",
]
BAD_VALUES = {
    "unit": ['"furlong"', '""', "1", "true", '["mi"]', "2026-01-01"],
    "timezone": [
        '"Europe/Nowhere"',
        '"Europe"',
        '""',
        '"../etc/passwd"',
        '"/etc/localtime"',
        '"a\\u0000b"',
        "1",
        "true",
        "[1]",
    ],
    "sport": ['"ride"', '""', "9", "false", "[]"],
    "wear.range": ['"500-300 mi"', '"300"', '"0-1"', "300", "[300, 500]", "{ low = 1 }"],
    "wear.near": ['"much"', "0", "-0.1", "1.01", "nan", "inf", "true", "[]", "1" + "0" * 400],
    "rotation.window": ['"0 days"', '"a month"', "28", '"99999 days"', "true"],
    "distance.order": [
        '"device"',
        '["device", "device"]',
        "[]",
        '["a", "b", "c"]',
        "1",
        "[1, 2, 3]",
        "true",
    ],
    "strava.trust_gear": ['"yes"', "1", "[]", "{}"],
    "rotation.tolerance": ["0", "-1", "2", "nan", "true", '"a fifth"', "2026-01-01"],
    "strava.api": _BAD_URLS,
    "strava.oauth": _BAD_URLS,
    "strava.window": ['"0 days"', '"a month"', "30", "true"],
    "folders.watch": ['"~/Garmin"', '["Garmin"]', '[""]', "[1]", "true", '["~nobody-here/x"]'],
    "alerts.channels": ['"email"', "[1]", '["E-Mail"]', '[""]', "true"],
    "alerts.quiet": ['"22-7"', '"22:00-22:00"', '"24:00-07:00"', '"22:00"', "22", "true"],
    "alerts.digest": ['"Sunday"', '"Sun 25:00"', '"Foo 18:00"', "7", "false"],
    "alerts.morning": ['"7"', '"07:60"', "7", "07:30:00", "true"],
    "alerts.load": ['"yes"', "1", "[]"],
    "alerts.email.host": ['""', '"a b"', '"a\\r\\nb"', "1", "[]"],
    "alerts.email.port": ["0", "65536", '"587"', "true", "587.0"],
    "alerts.email.security": ['"ssl"', "true", "[]"],
    "alerts.email.user": ['""', '"a\\nb"', "1"],
    "alerts.email.password_file": ['"smtp"', "1", '""'],
    "alerts.email.from": ['"ada"', '"ada@"', '"@b"', '"a@b\\r\\nBcc: c@d"', '"A <a@b.c>"', "1"],
    "alerts.email.to": ['"ada@example.org"', "[]", '["ada"]', '["a@b.c, d@e.f"]', "[1]"],
    "strava.every": ['"0 min"', '"15"', "15", '"often"', '"15 days"', "true", "[]"],
}


def test_every_option_is_tried_with_bad_values() -> None:
    assert set(BAD_VALUES) == {option.key for option in OPTIONS}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in BAD_VALUES.items() for value in values]
)
def test_a_bad_value_is_named_with_its_line_and_what_to_write(key: str, value: str) -> None:
    section, _, name = key.rpartition(".")
    example = next(option.example for option in OPTIONS if option.key == key)
    for text, line in [
        (f"# a note\n{f'[{section}]' if section else ''}\n\n{name} = {value}\n", 4),
        (f"\n{key} = {value}", 2),
        (f"\n\n{key.replace('.', ' . ')} = {value}", 3),
    ]:
        message = refusal(text)
        assert message.startswith(f"config.toml, line {line}: {key} cannot be ")
        assert message.endswith(f": write {example}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('units = "mi"', "line 1: units is not an option; did you mean unit?"),
        ("\nnear = 0.9", "line 2: near is not an option; did you mean wear.near?"),
        ("[wear]\n\nnaer = 0.9", "line 3: wear.naer is not an option; did you mean wear.near?"),
        ("[rotations]\nwindow = 1", "did you mean rotation.window?"),
        ("[Wear]\nnear = 1", "line 2: Wear.near is not an option; did you mean wear.near?"),
        ("\n[weather]\n", "line 2: weather is not an option"),
        ("[wear.range]\nlow = 300", "line 1: wear.range cannot be"),
        ("[[wear]]\nnear = 1", "line 1: wear is not an option"),
        ('"a = b" = 1\nxyzzy = 2', "is not an option; known are unit, timezone, sport, wear.range"),
        ("[strava]\ntrust_geer = 1", "line 2: strava.trust_geer is not an option; did you mean"),
        ("wear = 3", "line 1: wear is not an option"),
        ('\n\n"x y" = 3', "line 3: x y is not an option"),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_what_was_meant(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('unit = "mi\n', 1),
        ("\n\nunit = mi", 3),
        ('unit = "mi"\nunit = "km"\n', 2),
        ("[wear]\n[wear]", 2),
        ("since = 2026-02-30", 1),
    ],
)
def test_what_is_no_toml_is_named_with_its_line(text: str, line: int) -> None:
    assert f"line {line}" in refusal(text)


def test_a_number_too_long_to_be_one_is_refused() -> None:
    assert refusal("[wear]\nnear = " + "1" * 5000).startswith("config.toml: ")


KEYS = sorted({part for option in OPTIONS for part in (option.key, *option.key.split("."))})
VALUES = [value for values in BAD_VALUES.values() for value in values] + ['"mi"', "0.5", "{}"]


@given(
    st.lists(
        st.one_of(
            st.builds("{} = {}".format, st.sampled_from(KEYS), st.sampled_from(VALUES)),
            st.builds("[{}]".format, st.sampled_from(KEYS)),
            st.text(max_size=12),
        ),
        max_size=5,
    )
)
def test_any_text_is_a_configuration_or_a_config_error(lines: list[str]) -> None:
    try:
        found = parse("\n".join(lines))
    except ConfigError:
        return
    assert 0 < found.range_mm[0] < found.range_mm[1]
    assert 0 < found.near <= 1
    assert found.window > timedelta(0)


# --- the file -------------------------------------------------------------------------------


def test_without_a_file_all_is_as_by_default(tmp_path: Path) -> None:
    assert load(tmp_path / "config.toml") == Config()


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'\xef\xbb\xbfunit = "km"\r\n')
    assert load(path).unit is Unit.KM


@pytest.mark.parametrize("content", [b'unit = "\xff"', b"\xff\xfeu\x00n\x00"])
def test_a_file_in_another_encoding_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.toml is not UTF-8: save it as UTF-8"):
        load(path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path)


def test_the_file_s_whole_path_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("unit = 3", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f'{path}, line 1: unit cannot be 3: write "mi" or "km"'


def test_the_order_of_distances_names_the_first_of_them() -> None:
    order = parse('[distance]\norder = ["computed", "session"]\n').order
    assert order == ("computed", "session", "device", "strava")


# --- channels -------------------------------------------------------------------------------

EMAIL = '[alerts.email]\nhost = "localhost"\nfrom = "a@b.c"\nto = ["d@e.f"]\n'


def test_a_channel_of_any_service_has_a_url_or_a_file_with_it() -> None:
    text = """
        [alerts]
        channels = ["ntfy", "team"]
        [alerts.ntfy]
        url = "ntfy://shoes"
        [alerts.team]
        url_file = "/run/team"
    """
    found = parse(text).alerts
    assert dict(found.services) == {
        "ntfy": Service("ntfy://shoes"),
        "team": Service(url_file=Path("/run/team")),
    }
    assert "shoes" not in repr(found)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_usual_port_is_that_of_the_security(security: str, port: int) -> None:
    email = parse(f'{EMAIL}security = "{security}"').alerts.email
    assert email is not None
    assert email.port_used == port


def test_no_digest_is_wanted_where_it_says_never() -> None:
    assert parse('alerts.digest = "never"').alerts.digest is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[alerts]\nchannels = ["email"]', "line 2: the channel email is not set up: add [alerts"),
        ('[alerts]\nchannels = ["desktop",\n"ntfy"]', "line 3: the channel ntfy is not set up: a"),
        ('[alerts]\nchannels = ["emial"]', "emial is not set up: did you mean email? "),
        ('[alerts.email]\nhost = "localhost"', "line 1: alerts.email has no from: add it"),
        (
            f'{EMAIL}security = "none"'.replace("localhost", "mail.example.org"),
            'line 5: alerts.email.security cannot be "none" for another machine',
        ),
        ('[alerts.a]\nurl = "a://b"\nurl_file = "/b"', "line 1: alerts.a has a url and a url_file"),
        ('[alerts.a]\nurl = "s3cret"', "line 2: alerts.a.url cannot be that: write"),
        ('[alerts.email]\nhots = "a"', "line 2: alerts.email.hots is not an option; did you mean"),
        ("[alerts]\nquite = 1", "line 2: alerts.quite is not an option; did you mean alerts.quiet"),
        ('[alerts.desktop]\nurl = "a://b"', "line 2: alerts.desktop.url is not an option"),
    ],
)
def test_a_channel_that_cannot_work_is_named_with_its_line(text: str, message: str) -> None:
    found = refusal(text)
    assert message in found
    assert "s3cret" not in found
