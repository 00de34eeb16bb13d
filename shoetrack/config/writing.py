"""Writing config.toml: answers are put into what is there, and all else stays as the user has it.

Values that stand are changed in place by tomlkit, which keeps comments and spacing; new lines are
put in as text, since tomlkit would put them between a comment and what that speaks of. Whatever
comes of it is read again before it counts.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from shoetrack.config.options import OPTIONS, parse
from shoetrack.errors import ConfigError
from shoetrack.files import put_text
from shoetrack.units import Unit

_WIDTH = 76  # so that it fits a terminal behind the sign of a difference too
_BOM = "\ufeff"
_HEAD = """\
# The settings of shoetrack. `shoetrack init` asks for those that are here,
# and leaves alone what you add. The README has all that can be set.

"""

_HEADING = r"^[ \t]*\[\s*{}\s*\][ \t]*(#.*)?$"

# Answers by their options' whole keys; None takes an option out.
Answers = Mapping[str, Any]


def check(key: str, value: Any) -> None:
    """Raise ValueError, with what to write instead, for a value that an option cannot have."""
    option = next(option for option in OPTIONS if option.key == key)
    try:
        option.read(value, Unit.MI)
    except (ValueError, TypeError, AttributeError, KeyError, OSError, OverflowError) as error:
        what = f"{value!r} will not do" if value else "something is needed here"
        raise ValueError(f"{what}: write {option.example}") from error


def read_text(path: Path) -> str:
    """The text of config.toml as it is, with its own line ends; "" where there is none. Raises
    ConfigError.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def edited(before: str, answers: Answers, where: str = "config.toml") -> str:
    """The text of config.toml with these answers in it.

    Raises ConfigError where it cannot be edited, or would not be a configuration afterwards.
    """
    import tomllib

    text = before.removeprefix(_BOM).replace("\r\n", "\n")
    try:
        standing = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # as line ends of an old Mac, which are read
        raise ConfigError(f"{where} cannot be edited as it is written: {error}") from error
    wanted = _merged(standing, answers)
    if wanted != standing:
        text = _put(text, answers, wanted, where)
        parse(text, where)
    if "\r\n" in before:
        text = text.replace("\n", "\r\n")
    return _BOM + text if before.startswith(_BOM) else text


def write(path: Path, before: str, text: str) -> None:
    """Put a text in the place of config.toml, if that is still as it was: 0600, at once.

    Raises ConfigError.
    """
    parse(text.removeprefix(_BOM).replace("\r\n", "\n"), str(path))
    if read_text(path) != before:
        raise ConfigError(
            f"{path} was changed by someone else meanwhile, so it was left as it is: try again"
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        put_text(path, text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _merged(table: dict[str, Any], answers: Answers) -> dict[str, Any]:
    """What a table has with answers in it, as a reader of the file sees it."""
    merged = deepcopy(table)
    for key, value in answers.items():
        *sections, name = key.split(".")
        inner = merged
        for section in sections:
            inner = inner.setdefault(section, {}) if value is not None else inner.get(section, {})
        if value is None:
            inner.pop(name, None)
        else:
            inner[name] = value
    return merged


def _put(text: str, answers: Answers, wanted: dict[str, Any], where: str) -> str:
    import tomllib

    standing = _with_standing(text, answers)
    for try_ in (_with_new_lines, _with_new_keys):
        found = try_(standing, answers)
        try:
            if tomllib.loads(found) == wanted:
                return found
        except tomllib.TOMLDecodeError:
            continue
    keys = ", ".join(answers)
    raise ConfigError(f"{where} cannot be edited as it is written: set {keys} in it yourself")


# --- what stands ----------------------------------------------------------------------------


def _with_standing(text: str, answers: Answers) -> str:
    """Change or take out the options that stand in a text."""
    import tomlkit

    for key, value in answers.items():
        if value is None:
            name = key.rpartition(".")[2]
            above = re.escape("".join(f"{line}\n" for line in _comment(key)))
            text = re.sub(rf"^{above}(?=[ \t]*{name}[ \t]*=)", "", text, flags=re.MULTILINE)
    document: Any = tomlkit.parse(text)
    for key, value in answers.items():
        *sections, name = key.split(".")
        inner = document
        for section in sections:
            inner = inner.get(section, {})
        if name not in inner:
            continue
        if value is None:
            del inner[name]
        elif isinstance(value, list) and isinstance(inner[name], list):
            _change_items(inner[name], value)
        elif inner[name] != value:
            inner[name] = value
    return tomlkit.dumps(document)


def _change_items(array: Any, wanted: list[Any]) -> None:
    """Have an array hold these: what stays keeps its place, and the comments with it."""
    for item in [item for item in array if item not in wanted]:
        array.remove(item)
    for item in wanted:
        if item not in array:
            array.append(item)
    if list(array) != wanted:
        array.clear()
        array.extend(wanted)


# --- what is new ----------------------------------------------------------------------------


def _missing(text: str, answers: Answers) -> dict[str, dict[str, Any]]:
    """The answers that do not stand in a text, by their sections, in the order of the options."""
    import tomllib

    table = tomllib.loads(text)
    found: dict[str, dict[str, Any]] = {}
    for option in OPTIONS:
        section, _, name = option.key.rpartition(".")
        inner: Any = table
        for part in section.split(".") if section else ():
            inner = inner.get(part, {})
        if answers.get(option.key) is not None and name not in inner:
            found.setdefault(section, {})[option.key] = answers[option.key]
    return found


def _with_new_lines(text: str, answers: Answers) -> str:
    """Put new options below the heading of their section; a new section at the end."""
    if not text.strip():
        text = _HEAD
    for section, values in _missing(text, answers).items():
        block = "".join(f"{line}\n" for key, value in values.items() for line in _lines(key, value))
        if not section:
            text = _at_the_top(text, block)
            continue
        heading = re.search(_HEADING.format(r"\s*\.\s*".join(section.split("."))), text, re.M)
        if heading:
            text = f"{heading[0]}\n{block}".join(_around(text, heading))
        else:
            text = f"{text.rstrip()}\n\n[{section}]\n{block}"
    return text


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    """What is before the lines of a match, and after them."""
    return text[: match.start()], text[match.end() :].removeprefix("\n")


def _at_the_top(text: str, block: str) -> str:
    """Options of no section come before all, but for a comment that speaks of the whole file."""
    head = re.match(r"(?:[ \t]*#[^\n]*\n)+[ \t]*\n", text)
    begin = head.end() if head else 0
    rest = text[begin:]
    between = "\n" if rest.lstrip("\n").startswith(("[", "#")) else ""
    return f"{text[:begin]}{block}{between}{rest}"


def _with_new_keys(text: str, answers: Answers) -> str:
    """As tomlkit does it: for sections that are written in another way, in braces say."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    for section, values in _missing(text, answers).items():
        for key, value in values.items():
            inner = document
            for part in section.split(".") if section else ():
                if part not in inner:
                    in_braces = isinstance(inner, tomlkit.items.InlineTable)
                    inner[part] = tomlkit.inline_table() if in_braces else tomlkit.table()
                inner = inner[part]
            inner[key.rpartition(".")[2]] = value
    return tomlkit.dumps(document)


def _lines(key: str, value: Any) -> list[str]:
    """A new option, with what it is for behind it, or above it where that is too long."""
    line = f"{key.rpartition('.')[2]} = {_written(value)}"
    comment = _comment(key)
    if len(comment) == 1 and len(line) + 2 + len(comment[0]) <= _WIDTH:
        return [f"{line}  {comment[0]}"]
    if len(line) > _WIDTH and isinstance(value, list):
        line = "\n".join(
            [f"{key.rpartition('.')[2]} = [", *(f"    {_written(one)}," for one in value), "]"]
        )
    return [*comment, line]


def _comment(key: str) -> list[str]:
    doc = next(option.doc for option in OPTIONS if option.key == key)
    return textwrap.wrap(doc, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _written(value: Any) -> str:
    """A value as TOML has it."""
    import tomlkit

    return str(tomlkit.item(value).as_string())
