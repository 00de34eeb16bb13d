"""The layout's promises: imports run downwards, heavy things are loaded only where they are used,
what decides touches nothing, and no file grows past what one can read.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import shoetrack

from .support import cli_command, cli_env, make_run, run_cli

ROOT = Path(shoetrack.__file__).parent

# The layers from the top down; a room is a module of the package, or a folder of modules.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"__main__"}),
    frozenset({"cli"}),
    frozenset({"daemon", "service", "doctor"}),
    frozenset(
        {
            "pipeline",
            "reading",
            "workers",
            "hand",
            "audit",
            "questions",
            "placing",
            "gpx_export",
            "export_pairs",
            "demo",
            "syncing",
            "alerting",
            "watching",
            "backups",
            "locks",
            "setup",
        }
    ),
    frozenset(
        {
            "importers",
            "db",
            "ledger",
            "intake",
            "assign",
            "likely",
            "rules",
            "wear",
            "rotation",
            "load",
            "soreness",
            "alerts",
            "notify",
        }
    ),
    frozenset({"schedule", "names", "config", "match", "paths", "vault", "forecast", "price"}),
    frozenset({"model", "units", "errors", "sport", "splits", "files", "__init__"}),
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
# Within these layers one may use another, as long as they do not go in circles.
SOCIABLE = (LAYERS[2], LAYERS[3], LAYERS[6])

# Who alone may import what; by room, or by module where a dot is in it.
ONLY = {
    "sqlalchemy": {"db"},
    "alembic": {"db"},
    "click": {"cli"},
    "rich": {"cli"},
    "gpxpy": {"gpx_export", "demo"},
    "sqlite3": {"db"},
    "platformdirs": {"paths"},
    "stravalib": {"importers"},
    "requests": {"importers", "notify"},
    "keyring": {"vault"},
    "apscheduler": {"daemon"},
    "watchdog": {"watching"},
    "smtplib": {"notify"},
    "desktop_notifier": {"notify"},
    "apprise": {"notify"},
    "tomlkit": {"config"},
}

# What decides takes all that it needs as arguments: of the standard library it needs only this.
DECIDES = (
    "ledger",
    "intake",
    "assign",
    "likely",
    "splits",
    "rules",
    "match",
    "wear",
    "rotation",
    "names",
    "forecast",
    "price",
    "load",
    "soreness",
    "alerts",
    "schedule",
)
HARMLESS = {
    "__future__",
    "bisect",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "itertools",
    "math",
    "operator",
    "re",
    "statistics",
    "typing",
    "unicodedata",
}

MODULES = sorted(ROOT.rglob("*.py"))
LONGEST = 400


def room(path: Path) -> str:
    """The room that a module belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide where they lead"
            assert node.module
            if node.module == "shoetrack":
                yield from (f"shoetrack.{alias.name}" for alias in node.names)
            else:
                yield node.module


def rooms_used(path: Path) -> set[str]:
    """The other rooms that a module imports from."""
    used = {name.split(".")[1] for name in imported(path) if name.startswith("shoetrack.")}
    return {"__init__" if name.startswith("__") else name for name in used} - {room(path)}


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_every_module_has_its_place(path: Path) -> None:
    assert room(path) in LEVEL


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_imports_run_downwards_only(path: Path) -> None:
    own = room(path)
    for used in rooms_used(path):
        sociable = any({own, used} <= layer for layer in SOCIABLE)
        assert LEVEL[used] > LEVEL[own] or sociable, f"{own} imports {used}"


@pytest.mark.parametrize("layer", SOCIABLE, ids=lambda layer: "-".join(sorted(layer)))
def test_within_a_layer_imports_do_not_go_in_circles(layer: frozenset[str]) -> None:
    uses = {room(path): rooms_used(path) & layer for path in MODULES if room(path) in layer}
    while uses:
        leaves = {name for name, used in uses.items() if not used & uses.keys()}
        assert leaves, f"a circle among {sorted(uses)}"
        uses = {name: used for name, used in uses.items() if name not in leaves}


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_what_is_heavy_or_particular_is_imported_in_its_one_place(path: Path) -> None:
    for name in imported(path):
        top = name.partition(".")[0]
        assert room(path) in ONLY.get(top, {room(path)}), f"imports {name}"


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) in DECIDES], ids=short)
def test_what_decides_touches_nothing(path: Path) -> None:
    tops = {found.partition(".")[0] for found in imported(path)}
    assert tops <= HARMLESS | {"shoetrack"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"open", "print", "input"}
            assert called.rpartition(".")[2] not in {"now", "utcnow", "today"}, "a clock"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body


def test_miles_are_measured_in_one_place() -> None:
    """The length of a mile stands in `units` and nowhere else."""
    knowing = {
        short(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and str(node.value).replace(".", "").startswith("1609")
    }
    assert knowing == {"units.py"}


# --- the import guard: what a reading command may not load ----------------------------------

HEAVY = {
    "sqlalchemy",
    "alembic",
    "stravalib",
    "gpxpy",
    "rich",
    "requests",
    "keyring",
    "hypothesis",
    "apscheduler",
    "watchdog",
    "smtplib",
    "desktop_notifier",
    "apprise",
    "tomlkit",
}

READING = [
    [],
    ["status"],
    ["status", "--all", "--csv"],
    ["due"],
    ["due", "--within", "4w"],
    ["rotation"],
    ["digest"],
    ["check", "--dry-run"],
    ["alerts", "list"],
    ["alerts", "list", "--all"],
    ["next"],
    ["next", "--race", "--distance", "5km"],
    ["runs"],
    ["runs", "--unassigned", "--since", "2026-01-01"],
    ["ledger"],
    ["ledger", "peg"],
    ["verify"],
    ["shoe", "list"],
    ["shoe", "show", "peg"],
    ["run", "show", "1"],
    ["undo", "--list"],
    ["strava", "status"],
    ["rules"],
    ["rules", "check"],
    ["rules", "explain", "1"],
    ["feel", "--list"],
    ["doctor"],
    ["restore"],
]
WITH_JSON = [["--json"], *([*args, "--json"] for args in READING if args and "--csv" not in args)]


def loaded(home: Path, *args: str) -> set[str]:
    """The packages that a command has loaded, as Python itself tells of a real process."""
    python, *rest = cli_command(*args)
    done = subprocess.run(
        [python, "-X", "importtime", *rest],
        env=cli_env(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = re.findall(r"^import time:.*\|\s*([\w.]+)$", done.stderr, re.MULTILINE)
    assert "shoetrack.cli.main" in names
    return {name.partition(".")[0] for name in names}


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store has a pair and a run."""
    folder = tmp_path_factory.mktemp("guard")
    home = folder / "home"
    run = folder / "run.gpx"
    run.write_text(make_run(), encoding="utf-8")
    for args in (
        ["shoe", "add", "Pegasus 41", "--default-for", "run", "--rotation", "daily"],
        ["import", str(run)],
    ):
        done = run_cli(*args, home=home)
        assert done.returncode == 0, done.stderr
    return home


@pytest.mark.parametrize("args", READING + WITH_JSON, ids=lambda args: " ".join(args) or "bare")
def test_a_reading_command_loads_nothing_heavy(season: Path, args: list[str]) -> None:
    assert loaded(season, *args) & HEAVY == set()


def test_what_a_configuration_says_of_mails_costs_no_prompt_a_thing(
    season: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(season, home)
    (home / "config.toml").write_text(
        """[alerts]
channels = ["email"]
[alerts.email]
host = "smtp.example.org"
from = "shoes@example.org"
to = ["ada@example.org"]
"""
    )
    assert loaded(home, "status") & {*HEAVY, "email", "difflib"} == set()


@pytest.mark.parametrize("args", [["status"], ["--help"], ["shoe", "--help"], ["--version"]])
def test_before_there_is_a_store_nothing_heavy_is_loaded_either(
    tmp_path: Path, args: list[str]
) -> None:
    assert loaded(tmp_path / "none", *args) & HEAVY == set()
    assert not (tmp_path / "none").exists()


def test_the_guard_sees_what_a_writing_command_loads(season: Path) -> None:
    assert "sqlalchemy" in loaded(season, "shoe", "edit", "peg", "--note", "the guard is awake")
