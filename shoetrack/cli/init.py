"""`init`: the first setup, and any later one: asks, shows what would be written, and writes it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

import click

from shoetrack.cli import dialogue
from shoetrack.cli import init_questions as questions
from shoetrack.cli.app import App, Command, pass_app
from shoetrack.cli.inbox_page import width
from shoetrack.cli.init_questions import Answers, NewPair, Standing
from shoetrack.cli.render import say
from shoetrack.cli.text import clean
from shoetrack.config import Config, load
from shoetrack.config.alerts import EMAIL
from shoetrack.config.writing import edited, read_text, write
from shoetrack.errors import RefusedError, UsageError
from shoetrack.units import Unit, show_distance


@click.command(cls=Command)
@pass_app
def init(app: App) -> None:
    """Set shoetrack up: a few questions about pairs, where runs come from, and alerts.

    Call it again whenever you like: what you have is what Enter keeps, and comments, rules and
    other options in config.toml stay. Nothing is written before you have seen it and agreed.
    """
    path = app.places.config_file
    if not dialogue.is_possible():
        raise UsageError(
            f"`shoetrack init` asks questions, which takes a terminal: run it in one, or write"
            f" {path} yourself, as the README says under Configuration"
        )
    import tomllib

    _ = app.config  # one that cannot be read is refused before anything is asked
    before = read_text(path)
    standing = Standing(tomllib.loads(before.removeprefix("\ufeff").replace("\r\n", "\n")))
    dialogue.begin()
    try:
        answers = _ask_all(app, standing)
        text = edited(before, _worth_writing(answers, standing), str(path))
        if text == before and not answers.pairs and not answers.password:
            say("All is as it was: there is nothing to write.")
        else:
            _show(path, before, text, answers)
            if not dialogue.ask_yes_no("Write this?", True):
                raise RefusedError("nothing was written")
    except (click.Abort, KeyboardInterrupt):
        say("")
        say("Nothing was written.", err=True)
        raise
    _write(app, path, before, text, answers)
    _say_what_is_next(load(path), answers.wants_strava)


# --- asking ---------------------------------------------------------------------------------


def _ask_all(app: App, standing: Standing) -> Answers:
    from shoetrack.alerting import secrets
    from shoetrack.vault import Vault

    say("A few questions. Enter keeps what stands in brackets; Ctrl-C ends this, and")
    say("nothing is written before you have seen it.")
    answers = Answers()
    options = answers.options
    unit = questions.ask_unit(standing)
    options["unit"] = str(unit)
    _heading("Pairs")
    answers.pairs = _ask_pairs(app, unit)
    _heading("Where runs come from: folders whose new files are brought in by themselves")
    options["folders.watch"] = questions.ask_folders(standing)
    answers.wants_strava = _ask_strava(app)
    _heading("Alerts: a pair comes to its end, runs wait for a pair, the week's digest")
    channels = questions.ask_channels(standing)
    options["alerts.channels"] = channels
    if EMAIL in channels:
        has_password = secrets.is_kept(Vault(app.places.data), secrets.SMTP)
        email, answers.password = questions.ask_email(standing, has_password)
        options.update(email)
    if channels:
        options.update(questions.ask_times(standing))
    return answers


def _heading(text: str) -> None:
    say("")
    say(text, "bold")


def _ask_pairs(app: App, unit: Unit) -> list[NewPair]:
    from shoetrack.db import shoe_queries
    from shoetrack.sport import Sport

    with app.reader() as reader:
        shoes = shoe_queries.shoes(reader) if reader else []
        totals = shoe_queries.totals(reader) if reader else {}
        defaults = shoe_queries.defaults(reader) if reader else []
    worn = {shoe: total.distance_mm for shoe, total in totals.items() if shoe is not None}
    in_use = {shoe.id for shoe in shoes if shoe.retired_on is None}
    has_default = any(one.sport is Sport.RUN and one.shoe_id in in_use for one in defaults)
    return questions.ask_pairs(shoes, worn, has_default, unit)


def _ask_strava(app: App) -> bool:
    """Whether there is to be a login, which takes a browser and is made afterwards."""
    from shoetrack.importers.strava import tokens
    from shoetrack.vault import Vault

    if account := tokens.account(Vault(app.places.data)):
        who = clean(account.athlete) or f"athlete {account.athlete_id}"
        say(f"  Connected to Strava as {who}.")
        return False
    return dialogue.ask_yes_no("Connect to Strava? It takes an API app and a subscription", False)


def _worth_writing(answers: Answers, standing: Standing) -> dict[str, object]:
    """The options that are written there already, or are not as they would be without; of a first
    setup of alerts all, so that one sees what there is to change.
    """
    without: dict[str, object] = {"folders.watch": [], "alerts.channels": [], "alerts.quiet": None}
    if standing.get("alerts") is not None:
        security = answers.options.get("alerts.email.security", questions.STARTTLS)
        without |= {
            "alerts.digest": questions.USUAL_DIGEST,
            "alerts.email.security": questions.STARTTLS,
            "alerts.email.port": questions.usual_port(security),
        }
    return {
        key: value
        for key, value in answers.options.items()
        if standing.get(key) is not None or value != without.get(key)
    }


# --- showing --------------------------------------------------------------------------------


def _show(path: Path, before: str, text: str, answers: Answers) -> None:
    say("")
    if text != before:
        say(f"{clean(str(path))}:", "bold")
        for sign, line in changed_lines(before, text):
            say(f"  {sign} {clean(line)}".rstrip(), {"+": "green", "-": "red"}.get(sign, "dim"))
    for pair in answers.pairs:
        what = [clean(pair.name)]
        if pair.start_mm:
            what.append(f"worn {show_distance(pair.start_mm, Unit(answers.options['unit']))}")
        what += ["takes runs by itself"] if pair.is_default else []
        what += [f"rotation {clean(pair.rotation)}"] if pair.rotation else []
        say(click.wrap_text(f"New pair: {', '.join(what)}", width(), subsequent_indent="  "))
    if answers.password:
        say("The password for e-mail, kept in the system's keyring or a file of your own")


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """What two texts of TOML differ in: a sign and a line each, with the heading of the section
    that it is in where that is in both. Other lines may hold secrets, and are not shown.
    """
    old, new = before.splitlines(), after.splitlines()
    found: list[tuple[str, str]] = []
    shown = ""
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            continue
        heading = _heading_above(new, new_from)
        if heading and heading != shown:
            shown = heading
            found.append((" ", heading))
        found += [("-", line) for line in old[old_from:old_to]]
        found += [("+", line) for line in new[new_from:new_to]]
        shown = _heading_above(new, new_to) or shown
    return found


def _heading_above(lines: Sequence[str], at: int) -> str:
    return next((line for line in reversed(lines[:at]) if re.match(r"\s*\[", line)), "")


# --- writing --------------------------------------------------------------------------------


def _write(app: App, path: Path, before: str, text: str, answers: Answers) -> None:
    from shoetrack.alerting import secrets
    from shoetrack.vault import Secret, Vault

    if text != before:
        write(path, before, text)
        say(f"Wrote {clean(str(path))}.")
    if answers.password:
        secrets.keep(Vault(app.places.data), secrets.SMTP, Secret(answers.password))
        say("The password is kept.")
    if answers.pairs:
        _add_pairs(app, answers.pairs)


def _add_pairs(app: App, pairs: Sequence[NewPair]) -> None:
    from shoetrack import hand
    from shoetrack.model import Shoe
    from shoetrack.sport import Sport

    with app.store() as store:
        for new in pairs:
            pair = Shoe(id=0, name=new.name, rotation=new.rotation)
            default = hand.DefaultFor((Sport.RUN,) if new.is_default else ())
            added = hand.add_shoe(store, pair, new.start_mm, default, app.now, app.today)
            say(f"Added {clean(added.name)}.")


def _say_what_is_next(config: Config, wants_strava: bool) -> None:
    steps = []
    if wants_strava:
        steps.append(("shoetrack strava login", "connects to Strava"))
    if config.watch or wants_strava:
        steps.append(("shoetrack sync", "brings in what there is"))
    else:
        steps.append(("shoetrack import FOLDER", "brings in what a watch or phone wrote"))
    if config.alerts.channels:
        steps.append(("shoetrack alerts test", "shows whether alerts arrive"))
    steps.append(("shoetrack service install", "has it run all the time, by itself"))
    _heading("Next")
    widest = max(len(command) for command, _ in steps)
    for command, what in steps:
        say(f"  {command:<{widest}}  {what}")
