"""The page of `rules explain`: the order of decision for one run, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shoetrack.assign import by_service
from shoetrack.cli.render import can_show, say
from shoetrack.cli.runs import where
from shoetrack.cli.shapes import Json
from shoetrack.cli.text import clean
from shoetrack.model import DEFAULT, RULE, UNASSIGNED, Decision, Run, Status
from shoetrack.questions.automatic import Reasons, Tried
from shoetrack.rules import Finding
from shoetrack.units import Unit, show_distance


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of the order: what it is, whether it holds, whether it decides, and what it says."""

    kind: str  # "hand", "service", "doubt", "rule", "default"
    holds: bool
    decides: bool
    says: str
    rule: str = ""
    fault: str = ""  # of the pairs that the rule names
    findings: tuple[Finding, ...] = ()


def _steps(found: Reasons, names: Mapping[int, str]) -> list[_Step]:
    run, now = found.run, found.decision
    if run.status is not Status.ACTIVE:
        return []
    on = where(run, names)
    steps = [
        _Step(
            "hand",
            found.by_hand,
            found.by_hand,
            f"a hand has put it on {on}" if found.by_hand else "no hand has decided",
        )
    ]
    service = by_service(run.decided_by)
    said = f"{run.decided_by} has it on {on}" if service else "no service has said its pair"
    if service and not found.trust_gear:
        said += "; not trusted (strava.trust_gear = false)"
    decides = service and found.trust_gear and run.twin_id is None
    steps.append(_Step("service", service, decides, said))
    if run.twin_id is not None:
        said = f"it is perhaps run {run.twin_id}: until that is settled, it is on no pair"
        steps.append(_Step("doubt", True, not found.by_hand, said))
    steps += [_rule(tried, now) for tried in found.rules]
    steps.append(_default(found, names))
    return steps


def _rule(tried: Tried, now: Decision) -> _Step:
    name = tried.rule.name
    decides = now.by == f"{RULE}{name}"
    says = tried.rule.target
    if tried.fault:
        says += "; it is passed over"
    elif tried.fits and not decides:
        says += "; it fits, but comes after what decides"
    holds = tried.fits and not tried.fault
    return _Step("rule", holds, decides, says, name, tried.fault, tried.findings)


def _default(found: Reasons, names: Mapping[int, str]) -> _Step:
    sport = found.run.sport
    if found.default is None:
        return _Step("default", False, False, f"no pair is the default for {sport} on that day")
    says = f"{names[found.default]} is the default for {sport} on that day"
    if found.default_rests:
        return _Step("default", False, False, f"{says}, but was retired before it")
    return _Step("default", True, found.decision.by == DEFAULT, says)


def show(found: Reasons, names: Mapping[int, str], unit: Unit) -> None:
    """The page for a person."""
    run = found.run
    by = f", by {_by(run.decided_by)}" if run.decided_by else ""
    called = f'"{run.name}", ' if run.name else ""
    far = "distance unknown" if run.distance_mm is None else show_distance(run.distance_mm, unit, 2)
    say(clean(f"Run {run.id}: {called}{run.local_date}, {run.sport}, {far}"), "bold")
    say(clean(f"It is on {where(run, names)}{by}." if run.shares else f"It is {UNASSIGNED}{by}."))
    if run.status is not Status.ACTIVE:
        merged = f" into run {run.merged_into_id}" if run.merged_into_id else ""
        say(f"It does not count, so nothing decides: it is {run.status}{merged}.")
        return
    say("")
    yes, no = ("✓", "✗") if can_show("✓✗") else ("yes", "no ")
    for step in _steps(found, names):
        title = f"rule {step.rule}" if step.rule else step.kind
        line = f"{yes if step.holds else no} {title}: {step.says}"
        if step.fault:
            line += ", as said above"  # by `warn_of_rules`
        if step.decides:
            line += "  <- decides"
        say(clean(line), "green" if step.decides else "")
        for one in step.findings:
            say(clean(f"    {yes if one.holds else no} {one.condition}: {one.found}"))
    say("")
    if not found.differs:
        say("So it is where it belongs by that.")
        return
    after = replace(run, shares=found.decision.shares)
    if after.shares == run.shares:
        by = _by(found.decision.by)
        say(clean(f"It stays there: `shoetrack assign --auto` only notes that {by} says so now."))
        return
    by = f", by {_by(found.decision.by)}" if found.decision.by else ""
    say(clean(f"`shoetrack assign --auto` would move it to {where(after, names)}{by}."))


def _by(by: str | None) -> str:
    """Who decided, in a word or two."""
    if by is None:
        return "nothing"
    if by.startswith(RULE):
        return f"rule {by.removeprefix(RULE)}"
    return {"manual": "hand", DEFAULT: "default"}.get(by, by)


def as_json(found: Reasons, names: Mapping[int, str]) -> Json:
    """The same, for a program."""
    run: Run = found.run
    after = replace(run, shares=found.decision.shares)
    return {
        "id": run.id,
        "shoe": where(run, names),
        "assigned_by": run.decided_by,
        "steps": [
            {
                "step": step.kind,
                "rule": step.rule or None,
                "holds": step.holds,
                "decides": step.decides,
                "says": step.says,
                "fault": step.fault or None,
                "conditions": [
                    {"condition": one.condition, "holds": one.holds, "found": one.found}
                    for one in step.findings
                ],
            }
            for step in _steps(found, names)
        ],
        "would_be": {"shoe": where(after, names), "assigned_by": found.decision.by},
        "differs": found.differs,
    }
