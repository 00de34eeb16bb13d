"""A runner's home for the daemon: pairs, a folder that files are dropped into, and two channels."""

from __future__ import annotations

import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shoetrack.audit import verify
from shoetrack.db import delivery_queries, shoe_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import Alert, AlertKind, Delivery
from tests.daemon.running import Running, troubles
from tests.notify.test_service import TOKEN, Web
from tests.smtp_server import Received, SmtpServer
from tests.support import make_run, run_cli

MILE_M = 1609.344
USER, PASSWORD = "ada@example.org", "hush-hush-4711"
# What the daemon does by itself, within a test's time.
QUICK = {"folders": 0.3, "deliver": 900.0}
_IDS = re.compile(r"shoetrack alerts ack ([\d ]+)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair that gets the runs of a sport of its own, with what it was worn before."""

    name: str
    sport: str  # as `--default-for` takes it
    gpx: str  # and as a watch calls it
    start_mi: float
    ends: str


PAIRS = (
    Pair("Pegasus 41", "run", "running", 18, "20-30mi"),
    Pair("Speedgoat Ünï 6", "trail-run", "trail_running", 0, "40-100mi"),
    Pair("Rover", "walk", "walking", 90, "60-100mi"),
)


class House:
    """Where the daemon lives. `drop` gives it runs, one after the other from 60 days ago on."""

    def __init__(self, home: Path, inbox: Path) -> None:
        self.home = home
        self.location = Location(home / "shoetrack.db")
        self.inbox = inbox
        self.inbox.mkdir()
        self.env: dict[str, str | None] = {}
        self.runs = Counter[str]()
        self.miles: dict[str, float] = defaultdict(float)  # by the names of the pairs, too
        self._next_at = datetime.now(UTC) - timedelta(days=60)

    def configure(
        self,
        mail: SmtpServer | None = None,
        web: Web | None = None,
        *,
        more: str = "",
        of_alerts: str = 'digest = "never"',
    ) -> None:
        """Write config.toml with these channels, and what they need into the environment."""
        channels = [name for name, it in (("email", mail), ("phone", web)) if it]
        text = f'{more}\n[folders]\nwatch = ["{self.inbox}"]\n'
        if not of_alerts.startswith("channels"):
            of_alerts = f"channels = {channels}\n{of_alerts}"
        text += f"[alerts]\n{of_alerts}\n"
        if mail is not None:
            text += (
                f'[alerts.email]\nhost = "127.0.0.1"\nport = {mail.port}\nsecurity = "starttls"\n'
                f'user = "{USER}"\nfrom = "shoes@example.org"\nto = ["{USER}"]\n'
            )
            self.env |= {"SSL_CERT_FILE": str(mail.ca), "SHOETRACK_SMTP_PASSWORD": PASSWORD}
        if web is not None:
            url = f"json://ada:{TOKEN}@127.0.0.1:{web.server_port}/{TOKEN}"
            text += f'[alerts.phone]\nurl = "{url}"\n'
        (self.home / "config.toml").write_text(text, encoding="utf-8")

    def cli(self, *args: str, now: datetime | None = None) -> str:
        """What a command says, which goes well."""
        done = run_cli(*args, home=self.home, env=self.env, now=now)
        assert (done.returncode, done.stderr) == (0, ""), (args, done)
        return done.stdout

    def add(self, *pairs: Pair) -> None:
        for pair in pairs:
            start = ("--start", f"{pair.start_mi}mi") if pair.start_mi else ()
            what = ("--range", pair.ends, "--default-for", pair.sport, *start)
            self.cli("shoe", "add", pair.name, *what)

    def drop(self, pair: Pair, miles: float, *, name: str = "", old: bool = True) -> Path:
        """Put the file of a run there, as a watch's program does: written elsewhere, then moved.

        `old`: nobody has written to it for a while.
        """
        number = self.runs.total()
        path = self.inbox / (name or f"{number:04}.gpx")
        hours = miles / 6
        text = make_run(
            miles * MILE_M,
            self._next_at,
            hours * 3600,
            sport=pair.gpx,
            count=5,
            name=f"run {number}",
        )
        # Alike and whole hours apart, two would be taken for one by two clocks.
        self._next_at += timedelta(hours=hours + 1, minutes=7)
        part = self.inbox.with_name("a.part")
        part.write_text(text, encoding="utf-8")
        if old:
            os.utime(part, (time.time() - 3600,) * 2)
        part.replace(path)
        self.runs[pair.name] += 1
        self.miles[pair.name] += miles
        return path

    @contextmanager
    def running(self, **pace: float) -> Iterator[Running]:
        """The daemon at work."""
        with Running(
            self.home, real=True, pace={**QUICK, **pace}, env=self.env, settle=0.1
        ) as daemon:
            daemon.until_begun()
            yield daemon

    def change(self) -> datetime:
        """Have another process change something that is of no weight; gives when that was."""
        with (
            closing(Store(self.location)) as store,
            store.write("test", "a change", datetime.now(UTC)) as tx,
        ):
            tx.mark()
        return datetime.now(UTC)

    # --- seeing how it stands ---

    def alerts(self, kind: AlertKind = AlertKind.WEAR) -> list[Alert]:
        return [one for one in troubles(self.location) if one.draft.kind is kind]

    def deliveries(self) -> list[Delivery]:
        """All of them."""
        with open_reader(self.location) as reader:
            assert reader is not None
            alerts = troubles(self.location)
            return [d for one in alerts for d in delivery_queries.deliveries_of(reader, one.id)]

    def is_all_in(self) -> bool:
        """Whether all that was dropped is here."""
        return self.count_runs() == self.runs.total()

    def count_runs(self) -> int:
        with open_reader(self.location) as reader:
            assert reader is not None
            (row,) = reader.rows("SELECT count(*) AS runs FROM run")
        return int(row["runs"])

    def all_said(self) -> bool:
        """Whether nothing is on its way."""
        with open_reader(self.location) as reader:
            return reader is not None and not delivery_queries.pending(reader)

    def check_miles(self) -> None:
        """Each pair has what it was worn, to the millimetres by which a run is measured."""
        with open_reader(self.location) as reader:
            assert reader is not None
            assert verify(reader).problems == ()
            names = {one.id: one.name for one in shoe_queries.shoes(reader)}
            totals = shoe_queries.totals(reader)
        assert totals.get(None) is None or totals[None].runs == 0
        worn = {names[key]: total for key, total in totals.items() if key is not None}
        assert {name: worn[name].runs for name in self.runs} == self.runs
        for pair in PAIRS:
            if pair.name in self.runs:
                expected_mm = (pair.start_mi + self.miles[pair.name]) * MILE_M * 1000
                wrong_mm = worn[pair.name].distance_mm - expected_mm
                assert abs(wrong_mm) <= 3 * self.runs[pair.name] + 1, (pair.name, wrong_mm)


def after_a_look(daemon: Running, house: House) -> None:
    """Have it look what is worth saying, as after every change, and wait until all is said."""
    changed_at = house.change()
    daemon.until(lambda: (at := daemon.job("check").begun_at) and at > changed_at)
    daemon.until(house.all_said)


def text_of(mail: Received) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def ids_in(text: str) -> list[int]:
    """The numbers of the alerts that a message speaks of."""
    return [int(word) for found in _IDS.findall(text) for word in found.split()]


def said_by_mail(mails: Sequence[Received]) -> Counter[int]:
    """How often each alert was said."""
    return Counter(number for mail in mails for number in ids_in(text_of(mail)))
