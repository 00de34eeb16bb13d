"""An account at the tests' own server: what is asked, and every way in which it goes wrong."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path

import pytest

from shoetrack.importers.strava import tokens
from shoetrack.importers.strava.api import (
    StravaApi,
    check_login,
    log_in,
    log_out,
    open_session,
    open_strava,
)
from shoetrack.importers.strava.errors import (
    AppInactive,
    ClockWrong,
    LoginLost,
    NotConnected,
    NotThere,
    RateLimited,
    ScopeMissing,
    StravaDown,
    StravaError,
)
from shoetrack.importers.strava.protocol import Gear, Strava
from shoetrack.importers.strava.session import Bases
from shoetrack.vault import Secret, Vault
from tests.strava_server import ALL_SCOPES, CLIENT_ID, CLIENT_SECRET, WITH_WRITE, StravaServer

LIFE = timedelta(hours=6)


@pytest.fixture
def server() -> Iterator[StravaServer]:
    with StravaServer() as strava:
        strava.world.add_shoe("g1", "Pegasus 41", "Nike", "Pegasus 41")
        strava.world.add_shoe("g2", "Old faithful", "Asics", "Cumulus 22", retired=True)
        strava.world.add_bike("b1", "Trek")
        strava.world.add_season(250, ["g1", "g2", None])
        yield strava


def opened(server: StravaServer, home: Path) -> StravaApi:
    bases = Bases(server.api, server.oauth)
    return open_strava(home, bases, lambda: server.world.now, lambda _: None)


@pytest.fixture
def api(server: StravaServer, home: Path) -> StravaApi:
    server.connect(home, WITH_WRITE)
    return opened(server, home)


def first_id(server: StravaServer) -> int:
    return next(iter(server.world.activities))


# --- what is asked ----------------------------------------------------------------------------


def test_it_is_what_syncing_is_written_against(api: StravaApi) -> None:
    strava: Strava = api
    assert strava.scopes == frozenset(WITH_WRITE)


def test_the_athlete_and_their_pairs(api: StravaApi, server: StravaServer) -> None:
    athlete = api.athlete()
    assert (athlete.id, athlete.name) == (server.world.athlete_id, "Ada Læufer 🏃")
    assert [shoe.id for shoe in athlete.shoes] == ["g1"]  # no bike, none that is retired
    assert server.api_calls() == 1


def test_the_api_may_be_where_it_will_be_in_2027(server: StravaServer, home: Path) -> None:
    """At the root of a host, while logins stay where they are."""
    server.connect(home)
    server.expire()
    bases = Bases(server.url, server.oauth)
    account = open_strava(home, bases, lambda: server.world.now, lambda _: None)
    assert account.athlete().name
    assert {call.target for call in server.calls} == {"/athlete", "/oauth/token"}
    assert account.limits.overall.used_quarter == 2  # refused once; the renewal does not count


def test_a_retired_pair_is_told_when_asked_for(api: StravaApi) -> None:
    found = api.gear("g2")
    assert found is not None
    assert (found.name, found.brand, found.model, found.retired) == (
        "Old faithful", "Asics", "Cumulus 22", True,
    )  # fmt: skip
    bike = api.gear("b1")
    assert isinstance(bike, Gear)
    assert bike.is_bike


def test_a_pair_that_is_not_there_is_none(api: StravaApi, server: StravaServer) -> None:
    assert api.gear("g404") is None
    calls = len(server.calls)
    assert api.gear("../athlete") is None
    assert len(server.calls) == calls


def test_pages_come_newest_first_and_end(api: StravaApi, server: StravaServer) -> None:
    pages = [api.activities(page=number) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [200, 85, 0]
    whole = [one for page in pages for one in page]
    times = [one.started_at for one in whole if one.started_at]
    assert times == sorted(times, reverse=True)
    assert len({one.id for one in whole}) == 285 == len(server.world.activities)
    ran = sum(one.record.distance_mm or 0 for one in whole if one.record)
    assert ran == sum(server.world.totals_mm().values())
    assert server.api_calls() == 3


def test_before_and_after_are_both_exclusive(api: StravaApi, server: StravaServer) -> None:
    start = datetime(2026, 5, 20, 6, tzinfo=UTC)
    ids = [server.world.add(start + timedelta(seconds=n), 5000) for n in range(3)]
    found = api.activities(after=start, before=start + timedelta(seconds=2))
    assert [one.id for one in found] == [ids[1]]
    later = api.activities(after=start)
    assert [one.id for one in later[:2]] == ids[1:]  # oldest first


def test_runs_are_counted(api: StravaApi, server: StravaServer) -> None:
    counted = sum(one["type"] == "Run" for one in server.world.activities.values())
    assert api.run_count(server.world.athlete_id) == counted


def test_a_pair_is_written_and_taken_off(api: StravaApi, server: StravaServer) -> None:
    number = first_id(server)
    api.set_gear(number, "g2")
    assert server.world.activities[number]["gear_id"] == "g2"
    api.set_gear(number, None)
    assert server.world.activities[number]["gear_id"] is None


def test_writing_is_done_once_however_often_it_is_asked(
    api: StravaApi, server: StravaServer
) -> None:
    number = first_id(server)
    server.fail("reset", f"/activities/{number}", early=False)
    api.set_gear(number, "g2")
    assert server.world.activities[number]["gear_id"] == "g2"
    assert server.count("PUT") == 2


def test_a_run_that_is_gone_says_so(api: StravaApi) -> None:
    with pytest.raises(NotThere, match="activity 5 is not at Strava any more"):
        api.set_gear(5, "g1")


def test_a_pair_that_strava_refuses_is_said(api: StravaApi, server: StravaServer) -> None:
    with pytest.raises(StravaError, match="status 400"):
        api.set_gear(first_id(server), "g404")


def test_one_odd_activity_costs_no_other(api: StravaApi, server: StravaServer) -> None:
    server.world.edit(first_id(server), athlete_count=0, sport_type="Moonwalk2", distance=None)
    server.world.edit(first_id(server) + 1, moving_time=10.5, map=None, new_field={"a": [1]})
    assert len(api.activities()) == 200


# --- scopes -----------------------------------------------------------------------------------


def test_writing_without_the_scope_costs_no_call(server: StravaServer, home: Path) -> None:
    server.connect(home, ALL_SCOPES)
    with pytest.raises(ScopeMissing, match=r"activity:write.*strava login --write"):
        opened(server, home).set_gear(first_id(server), "g1")
    assert server.calls == []


def test_a_scope_that_strava_misses_is_named(api: StravaApi, server: StravaServer) -> None:
    server.untick("activity:read_all", "activity:write")
    with pytest.raises(ScopeMissing, match="activity:read_all"):
        api.activities()
    with pytest.raises(ScopeMissing, match="activity:write"):
        api.set_gear(first_id(server), "g1")
    assert server.count("POST") == 0  # new tokens would not help


def test_without_the_profile_no_pairs_are_listed(server: StravaServer, home: Path) -> None:
    server.connect(home, ("read", "activity:read_all"))
    assert opened(server, home).athlete().shoes == ()


# --- tokens -----------------------------------------------------------------------------------


def test_without_a_login_there_is_no_account(server: StravaServer, home: Path) -> None:
    with pytest.raises(NotConnected, match="strava login"):
        opened(server, home)


def test_tokens_that_run_out_are_renewed_before(
    api: StravaApi, server: StravaServer, home: Path
) -> None:
    server.world.now += LIFE - timedelta(minutes=4)
    api.athlete()
    assert [call.path for call in server.calls] == ["/oauth/token", "/athlete"]
    assert server.knows_refresh(tokens.login(Vault(home)).tokens.refresh.reveal())
    api.athlete()
    assert server.count("POST") == 1


def test_tokens_that_died_early_are_renewed_once(api: StravaApi, server: StravaServer) -> None:
    server.expire()
    assert len(api.activities()) == 200
    assert server.count("POST", "/oauth/token") == 1
    assert server.count("GET") == 2


def test_tokens_that_another_process_renewed_are_used(
    api: StravaApi, server: StravaServer, home: Path
) -> None:
    server.expire()
    opened(server, home).athlete()
    api.athlete()
    assert server.count("POST", "/oauth/token") == 1


def test_another_athlete_who_logs_in_meanwhile_is_not_taken_for_this_one(
    api: StravaApi, server: StravaServer, home: Path
) -> None:
    server.expire()
    server.world.athlete_id += 1
    server.connect(home)
    with pytest.raises(LoginLost, match="another athlete has logged in"):
        api.activities()


def test_many_at_once_renew_once(server: StravaServer, home: Path) -> None:
    """Each opens with the old tokens, and all of them go on."""
    server.connect(home)
    accounts = [opened(server, home) for _ in range(6)]
    server.expire()
    names: list[str] = []
    threads = [
        threading.Thread(target=lambda one=one: names.append(one.athlete().name))
        for one in accounts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["Ada Læufer 🏃"] * 6
    assert server.count("POST", "/oauth/token") == 1


def test_a_renewal_that_fails_for_now_keeps_the_login(api: StravaApi, server: StravaServer) -> None:
    server.expire()
    server.fail(503, "/oauth/token", times=4)
    with pytest.raises(StravaDown):
        api.athlete()
    assert api.athlete().name


def test_a_revoked_login_says_so_and_is_kept(
    api: StravaApi, server: StravaServer, home: Path
) -> None:
    """What seems lost through an error at Strava must not be lost here too."""
    server.revoke()
    with pytest.raises(LoginLost, match="run `shoetrack strava login` again"):
        api.athlete()
    assert tokens.login(Vault(home)).tokens.refresh


def test_a_secret_that_was_changed_says_so(
    server: StravaServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.connect(home)
    server.expire()
    monkeypatch.setenv(tokens.CLIENT_SECRET, "another")
    with pytest.raises(LoginLost, match="client id and client secret"):
        opened(server, home).athlete()


def test_a_secret_for_another_app_is_not_used(
    server: StravaServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.connect(home)
    server.expire()
    monkeypatch.setenv(tokens.CLIENT_SECRET, "another")
    monkeypatch.setenv(tokens.CLIENT_ID, "1")
    assert opened(server, home).athlete().name


def test_an_answer_without_tokens_is_no_success(api: StravaApi, server: StravaServer) -> None:
    server.expire()
    server.fail("json", "/oauth/token", times=4)
    with pytest.raises(StravaDown):
        api.athlete()


def test_an_inactive_app_is_said(api: StravaApi, server: StravaServer) -> None:
    server.inactive = True
    with pytest.raises(AppInactive, match=r"settings/api.*bulk export"):
        api.activities()
    assert server.count("POST") == 0


def test_a_wrong_clock_is_said_and_loses_nothing(server: StravaServer, home: Path) -> None:
    """A day ahead, the tokens seem to have run out: they are renewed, and kept."""
    server.connect(home)
    bases = Bases(server.api, server.oauth)
    for off in (timedelta(days=1), timedelta(days=-1)):
        wrong = server.world.now + off
        with pytest.raises(ClockWrong):
            open_strava(home, bases, repeat(wrong).__next__, lambda _: None).athlete()
    server.expire()
    assert opened(server, home).athlete().name


# --- limits -----------------------------------------------------------------------------------


def test_it_stops_before_the_limit_and_goes_on_after(api: StravaApi, server: StravaServer) -> None:
    server.use_up(95)
    api.athlete()
    api.athlete()
    with pytest.raises(RateLimited) as caught:
        api.athlete()
    assert server.api_calls() == 2
    assert caught.value.goes_on == server.world.now + timedelta(minutes=15)
    server.world.now = caught.value.goes_on
    assert api.athlete().name


def test_the_count_is_shared_between_accounts(
    api: StravaApi, server: StravaServer, home: Path
) -> None:
    server.use_up(97)
    api.athlete()
    with pytest.raises(RateLimited):
        opened(server, home).athlete()
    assert api.limits.room(server.world.now) == 0


def test_when_another_program_has_used_it_up_the_refusal_is_heeded(
    api: StravaApi, server: StravaServer
) -> None:
    server.use_up(1000)
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            api.athlete()
    assert server.api_calls() == 1
    assert caught.value.goes_on == datetime(2026, 6, 2, tzinfo=UTC)  # the day's too


# --- login and logout -------------------------------------------------------------------------


def test_a_code_becomes_a_login(server: StravaServer, home: Path) -> None:
    session = open_session(home, Bases(server.api, server.oauth), lambda: server.world.now)
    server._codes["c0de"] = frozenset(ALL_SCOPES)
    keys = tokens.AppKeys(CLIENT_ID, Secret(CLIENT_SECRET))
    login = log_in(session, Vault(home), keys, "c0de", frozenset(ALL_SCOPES))
    assert login.account.athlete == "Ada Læufer 🏃"
    assert opened(server, home).athlete().id == server.world.athlete_id
    with pytest.raises(LoginLost, match="does not accept the code"):
        log_in(session, Vault(home), keys, "c0de", frozenset())
    assert tokens.login(Vault(home)) == login


@pytest.mark.parametrize(
    ("ways", "deauthorized", "revoked"),
    [({"deauthorize"}, 1, 0), ({"revoke"}, 1, 1), ({"deauthorize", "revoke"}, 1, 0)],
)
@pytest.mark.parametrize("runs_out", [False, True])
def test_logging_out_takes_the_access_back_by_either_way(
    server: StravaServer,
    home: Path,
    ways: set[str],
    deauthorized: int,
    revoked: int,
    runs_out: bool,
) -> None:
    server.connect(home)
    server.ways_out = ways
    if runs_out:
        server.world.now += LIFE
    session = open_session(home, Bases(server.api, server.oauth), lambda: server.world.now)
    log_out(session, Vault(home), server.world.now)
    assert server.live_logins == 0
    assert server.count("POST", "/oauth/deauthorize") == deauthorized
    assert server.count("POST", "/oauth/revoke") == revoked


def test_logging_out_of_what_is_revoked_already_is_done(server: StravaServer, home: Path) -> None:
    server.connect(home)
    server.revoke()
    for later in (timedelta(0), LIFE):
        server.world.now += later
        session = open_session(home, Bases(server.api, server.oauth), lambda: server.world.now)
        log_out(session, Vault(home), server.world.now)


# --- what is not said -------------------------------------------------------------------------


def test_no_fault_shows_a_secret(
    server: StravaServer, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import traceback

    caplog.set_level(logging.DEBUG)
    server.connect(home, WITH_WRITE)
    shown: list[str] = []
    faults: list[int | str] = ["cut", "reset", "html", "json", "huge", 400, 401, 403, 404, 429, 500]
    for fault in faults:
        for path in ("/athlete", "/oauth/token"):
            account = opened(server, home)
            server.expire()
            server.fail(fault, path, times=9)
            try:
                account.athlete()
            except StravaError as error:
                shown += traceback.format_exception(error)
                chain = traceback.TracebackException.from_exception(error, capture_locals=False)
                shown += list(chain.format())
            server.faults.clear()
            (home / "strava-limits.json").unlink(missing_ok=True)
    assert shown
    assert caplog.text
    urls = [call.target for call in server.calls]
    text = "".join([*shown, caplog.text, *urls])
    assert [secret for secret in server.secrets if secret in text] == []


def test_stravalib_leaves_the_program_as_it_was(
    server: StravaServer, home: Path, tmp_path: Path
) -> None:
    """Its import shows all warnings and sends them to the log; its client warns by itself."""
    server.connect(home)
    code = (
        "import logging, os, sys, warnings\n"
        "from datetime import datetime\n"
        "from pathlib import Path\n"
        "from shoetrack.importers.strava.api import open_strava\n"
        "from shoetrack.importers.strava.session import Bases\n"
        "home, api, oauth, now = sys.argv[1:]\n"
        "now = datetime.fromisoformat(now)\n"
        "open_strava(Path(home), Bases(api, oauth), lambda: now).athlete()\n"
        "warnings.warn('not shown unless asked for', ResourceWarning)\n"
        "assert not logging.getLogger().handlers\n"
        "assert logging._warnings_showwarning is None\n"
        "assert os.environ['STRAVA_CLIENT_ID'] == 'ada'\n"
        "assert 'SILENCE_TOKEN_WARNINGS' not in os.environ\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home), server.api, server.oauth, str(server.world.now)],
        env={**os.environ, "STRAVA_CLIENT_ID": "ada", "STRAVA_CLIENT_SECRET": "lovelace"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_kept_is_what_is_needed(api: StravaApi, home: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        api.athlete()
    found = json.loads((home / "secrets" / "vault.json").read_text())
    assert set(found["secrets"]) == {
        "strava.client_secret",
        "strava.access_token",
        "strava.refresh_token",
    }


@pytest.mark.parametrize("trouble", [404, 403, 400, 503, "html"])
def test_a_count_of_runs_that_is_not_told_is_unknown(
    api: StravaApi, server: StravaServer, trouble: int | str
) -> None:
    server.fail(trouble, ".*/stats")
    assert api.run_count(server.world.athlete_id) is None
    assert server.api_calls() == 1
    assert api.run_count(server.world.athlete_id)


def test_tokens_without_a_time_of_their_own_last_as_long_as_is_told(
    api: StravaApi, server: StravaServer, home: Path
) -> None:
    server.token_extra = {"expires_at": None, "expires_in": 7200}
    server.expire()
    assert api.athlete().name
    kept = tokens.login(Vault(home)).tokens
    assert kept.expires_at == server.world.now + timedelta(hours=2)


@pytest.mark.parametrize("extra", [{"expires_at": None, "expires_in": None}, {"expires_at": 5}])
def test_tokens_whose_time_makes_no_sense_are_not_renewed_for_each_call(
    api: StravaApi, server: StravaServer, extra: dict[str, int | None]
) -> None:
    server.token_extra = extra
    server.expire()
    for _ in range(3):
        api.athlete()
    assert server.count("POST", "/oauth/token") == 1


def test_a_renewal_that_keeps_the_refresh_token_keeps_the_login(
    api: StravaApi, server: StravaServer, home: Path
) -> None:
    old = tokens.login(Vault(home)).tokens
    server.token_extra = {"refresh_token": None}
    server.expire()
    assert api.athlete().name
    kept = tokens.login(Vault(home)).tokens
    assert (kept.refresh, kept.access != old.access) == (old.refresh, True)


def test_a_login_that_does_not_say_whose_it_is_is_asked(server: StravaServer, home: Path) -> None:
    server.connect(home)
    with Vault(home).change() as kept:
        kept.facts |= {"strava.athlete_id": "0", "strava.athlete": ""}
    assert check_login(opened(server, home), Vault(home)).id == server.world.athlete_id
    account = tokens.account(Vault(home))
    assert account is not None
    assert (account.athlete_id, account.athlete) == (server.world.athlete_id, "Ada Læufer 🏃")


def test_a_clock_that_is_set_on_purpose_is_not_compared(server: StravaServer, home: Path) -> None:
    server.connect(home)
    bases, now = Bases(server.api, server.oauth), server.world.now + timedelta(hours=1)
    assert open_strava(home, bases, lambda: now, checks_clock=False).athlete().name
