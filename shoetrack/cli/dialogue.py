"""Questions in a terminal: asked again until the answer will do, with what is wrong about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import click

from shoetrack.cli.inbox_page import width
from shoetrack.cli.render import say
from shoetrack.cli.text import clean
from shoetrack.errors import ShoetrackError

T = TypeVar("T")


def is_possible() -> bool:
    """Whether there is someone to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def begin() -> None:
    """Have lines be edited with the arrow keys, where the platform can."""
    with suppress(ImportError):
        import readline  # noqa: F401 - that it is loaded is enough


def ask(question: str, read: Callable[[str], T], default: str = "") -> T:
    """A line, read by `read`, whose ValueError or ShoetrackError says what is wrong with it.

    Enter gives the default, which is shown where there is one.
    """
    while True:
        typed = str(
            click.prompt(_indented(question), default=clean(default), show_default=bool(default))
        )
        # What is shown of a default may not be all of it.
        answer = default if typed == clean(default) else typed.strip()
        try:
            return read(_text(answer))
        except (ValueError, ShoetrackError) as error:
            said = click.wrap_text(clean(str(error)), width(), "  ", "  ")
            say(said, "yellow")


def _text(typed: str) -> str:
    """What was typed, unless the terminal sent what is no text. Raises ValueError."""
    if not typed.replace("\u200d", "").isprintable():  # which joins the parts of one emoji
        raise ValueError("that is not all text: type it again")
    return typed


def ask_yes_no(question: str, default: bool) -> bool:
    def read(text: str) -> bool:
        word = text.casefold()
        if not word:
            return default
        if word in ("y", "yes"):
            return True
        if word in ("n", "no"):
            return False
        raise ValueError(f"{text!r} will not do: write y or n")

    return ask(f"{question} [{'Y/n' if default else 'y/N'}]", read)


def ask_secret(question: str) -> str:
    """A line that is not shown as it is typed; empty for none."""
    typed = click.prompt(_indented(question), hide_input=True, default="", show_default=False)
    return str(typed).strip()


def _indented(question: str) -> str:
    return f"  {question}"
