"""Programs of the system, played by scripts on PATH: what they were asked, and what they answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = """\
#!{python} -S
import json, os, sys
from pathlib import Path

folder = Path({folder!r})
asked = [Path(sys.argv[0]).name, *sys.argv[1:]]
with (folder / "asked.jsonl").open("a", encoding="utf-8") as log:
    log.write(json.dumps(asked) + "\\n")
(folder / "environment.json").write_text(json.dumps(dict(os.environ)), encoding="utf-8")
answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
for word in asked:
    given = answers.get(word)
    if given:
        status, text, run = given.pop(0) if len(given) > 1 else given[0]
        (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
        if text:
            print(text, file=sys.stderr)
        if run:
            import subprocess
            subprocess.run([{python!r}, "-c", run], check=True)
        sys.exit(status)
"""


class Programs:
    """`asked` are the command lines of all programs, in their order. They succeed and say nothing,
    but for what `answers` has for one of their words.
    """

    def __init__(self, folder: Path, *names: str) -> None:
        self._folder = folder
        self._answers: dict[str, list[Any]] = {}
        self.path = folder / "bin"
        self.path.mkdir(parents=True)
        for name in names:
            script = self.path / name
            script.write_text(
                _SCRIPT.format(python=sys.executable, folder=str(folder)), encoding="utf-8"
            )
            script.chmod(0o755)
        self._keep()

    def answer(self, word: str, *statuses: int, text: str = "", run: str = "") -> None:
        """What a call with this word gives: each status once, and the last from then on. `run` is
        Python that is run besides.
        """
        self._answers[word] = [[status, text, run] for status in statuses]
        self._keep()

    @property
    def asked(self) -> list[str]:
        log = self._folder / "asked.jsonl"
        if not log.exists():
            return []
        lines = log.read_text(encoding="utf-8").splitlines()
        return [" ".join(json.loads(line)) for line in lines]

    @property
    def environment(self) -> dict[str, str]:
        """What the last one called had."""
        found: dict[str, str] = json.loads((self._folder / "environment.json").read_text())
        return found

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have them found, and none of the machine's own."""
        monkeypatch.setenv("PATH", str(self.path))

    def _keep(self) -> None:
        (self._folder / "answers.json").write_text(json.dumps(self._answers), encoding="utf-8")
