"""Several processes give what one gives, in its order, and leave none behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from itertools import islice
from pathlib import Path

import pytest

from shoetrack.errors import ShoetrackError
from shoetrack.workers import in_order
from tests.support import run_cli, write_season


def square(number: int) -> int:
    return number * number


def unlucky(number: int) -> int:
    if number == 13:
        raise ValueError("thirteen")
    return number


def fatal(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_are_in_the_order_of_the_items() -> None:
    assert list(in_order(square, range(200), 3)) == [n * n for n in range(200)]
    assert list(in_order(square, [], 2)) == []
    assert multiprocessing.active_children() == []


def test_what_the_work_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="thirteen"):
        list(in_order(unlucky, range(50), 2))
    assert multiprocessing.active_children() == []


def test_a_caller_that_loses_interest_leaves_no_process() -> None:
    results = in_order(square, range(10_000), 2)
    assert list(islice(results, 3)) == [0, 1, 4]
    results.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_worker_that_is_killed_is_said() -> None:
    with pytest.raises(ShoetrackError, match="ended from outside"):
        list(in_order(fatal, range(50), 2))
    assert multiprocessing.active_children() == []


def test_an_import_is_the_same_with_one_process_and_with_three(tmp_path: Path) -> None:
    write_season(tmp_path / "runs", 90)
    (tmp_path / "runs" / "0045x.gpx").write_text("broken")
    answers = set()
    for jobs in ("1", "3"):
        home = tmp_path / jobs
        done = run_cli("import", tmp_path / "runs", "--jobs", jobs, "--json", home=home)
        assert done.returncode == 1
        exported = run_cli("export", home=home)
        answers.add((done.stdout, done.stderr, exported.stdout))
    assert len(answers) == 1
