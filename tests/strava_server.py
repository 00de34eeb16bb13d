"""Strava on this machine: a real HTTP server that behaves as Strava's recorded answers do.

    with StravaServer() as strava:
        strava.world.add_shoe("g1", "Pegasus 41")
        strava.world.add_season(2000, ["g1", None])
        strava.connect(home)                    # as if `strava login` had been done there
        run_cli("strava", "sync", home=home)
        assert strava.count("GET", "/athlete/activities") == 11

It runs in a thread; `python -m tests.strava_server` runs it by itself, for trying things by hand.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from shoetrack.vault import Secret, Vault

from .strava_world import Json, World

ALL_SCOPES = ("read", "activity:read_all", "profile:read_all")
WITH_WRITE = (*ALL_SCOPES, "activity:write")

CLIENT_ID = "54321"
CLIENT_SECRET = "hush-" + "5ec7e7" * 6
TOKEN_LIFE_S = 21_600

QUARTER, DAY = 900, 86_400


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, *errors: tuple[str, str, str]) -> None:
        self.status = status
        self.body: Json = {
            "message": message,
            "errors": [
                {"resource": resource, "field": name, "code": code}
                for resource, name, code in errors
            ],
        }
        super().__init__(message)


@dataclass(frozen=True)
class Call:
    """One request as it came in; `path` is without the API's base."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    headers: dict[str, str]
    target: str  # path and query as they were sent


@dataclass
class Fault:
    """What goes wrong with the next `times` requests for a path that matches.

    A number is a status without JSON. `cut`: the body ends early. `reset`: the connection is reset
    before an answer. `html` and `text`: a page with status 200. `json`: JSON that is neither a list
    nor an object. `huge`: a body that never ends. `slow`: no answer until `release` is called.
    `early` False: the request has been carried out when it goes wrong.
    """

    kind: int | str
    path: str = ".*"
    times: int = 1
    early: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    arrived: threading.Event = field(default_factory=threading.Event)
    _let_go: threading.Event = field(default_factory=threading.Event)

    drops: bool = False

    def release(self, *, drop: bool = False) -> None:
        """Let a slow request go on; or be forgotten with its answer, as if it never came."""
        self.drops = drop
        self._let_go.set()

    def wait(self) -> None:
        """Wait to be released."""
        self._let_go.wait(60)


@dataclass
class _Login:
    scopes: frozenset[str]
    refresh: str
    access: dict[str, float] = field(default_factory=dict)  # token: when it expires
    dead: bool = False


class StravaServer:
    """The server, its world, and the handles by which a test makes things happen at Strava."""

    def __init__(self, world: World | None = None, port: int = 0) -> None:
        self.world = world or World()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        # What the user does on the page of the authorisation.
        self.unticked: set[str] = set()
        self.denies = False
        # How the servers are set.
        self.inactive = False
        self.ways_out = {"deauthorize"}  # from 2027 on also "revoke", then that alone
        self.token_extra: Json = {}  # what else the address of tokens answers; None: left out
        self.tells_scope = True  # in the address that the browser is sent back to
        self.limits = (200, 2000)
        self.read_limits = (100, 1000)
        self.page_shortfall = 0  # so many of each page are left out, as Strava does at times
        self._used: dict[tuple[str, int, int], int] = {}
        self._logins: list[_Login] = []
        self._codes: dict[str, frozenset[str]] = {}
        self._serial = itertools.count(1)
        self.secrets: list[str] = [CLIENT_SECRET]
        self._lock = threading.RLock()
        handler = type("Handler", (_Handler,), {"strava": self})
        self._http = _Quiet(("127.0.0.1", port), handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for fault in self.faults:
            fault.release()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    # --- where it is ---

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def api(self) -> str:
        return f"{self.url}/api/v3"

    @property
    def oauth(self) -> str:
        return f"{self.url}/oauth"

    def configure(self, home: Path, more: str = "") -> None:
        """Write a config.toml that makes the commands speak to this server."""
        home.mkdir(parents=True, exist_ok=True)
        text = f'{more}\n[strava]\napi = "{self.api}"\noauth = "{self.oauth}"\n'
        (home / "config.toml").write_text(text, encoding="utf-8")

    # --- what happens at Strava ---

    def fail(self, kind: int | str, path: str = ".*", times: int = 1, **more: Any) -> Fault:
        """Make the next requests go wrong; see `Fault`."""
        fault = Fault(kind, path, times, **more)
        with self._lock:
            self.faults.append(fault)
        return fault

    def hold(self, path: str, *, early: bool = True) -> Fault:
        """Keep the next request waiting: `arrived` tells of it, `release` lets it go."""
        return self.fail("slow", path, early=early)

    def expire(self) -> None:
        """Every access token has run out."""
        with self._lock:
            for login in self._logins:
                login.access = dict.fromkeys(login.access, 0.0)

    def revoke(self) -> None:
        """The athlete takes the app's access away on Strava's settings page."""
        with self._lock:
            for login in self._logins:
                login.dead = True

    def untick(self, *scopes: str) -> None:
        """The athlete grants no more than the rest to every login there is."""
        with self._lock:
            for login in self._logins:
                login.scopes -= set(scopes)

    def use_up(self, calls: int, *, reads: bool = True) -> None:
        """Another program of the same app has made so many calls in this quarter of an hour."""
        with self._lock:
            self._spend(reads, calls)

    def issue(self, scopes: tuple[str, ...] = ALL_SCOPES) -> Json:
        """Tokens as for a code that was handed over."""
        with self._lock:
            login = _Login(frozenset(scopes), self._token("refresh"))
            self._logins.append(login)
            return self._tokens(login)

    @property
    def live_logins(self) -> int:
        return sum(not login.dead for login in self._logins)

    def knows_refresh(self, token: str) -> bool:
        """Whether a refresh token still works."""
        return any(not login.dead and login.refresh == token for login in self._logins)

    def count(self, method: str = "", path: str = "") -> int:
        """How many calls came in; `path` is a pattern that must match the whole path."""
        return sum(
            method in ("", call.method) and (not path or bool(re.fullmatch(path, call.path)))
            for call in self.calls
        )

    def api_calls(self) -> int:
        """How many of them count against the limits."""
        return sum(not call.path.startswith("/oauth/") for call in self.calls)

    # --- how it answers ---

    def answer(self, call: Call) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON and headers; carries out what is asked."""
        with self._lock:
            if call.path.startswith("/oauth/"):
                return self._oauth(call)
            headers = self._spend(call.method == "GET")
            try:
                self._check_limits()
                return 200, self._api(call), headers
            except RefusedError as refusal:
                return refusal.status, refusal.body, headers

    def fault_of(self, call: Call) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times > 0 and re.fullmatch(fault.path, call.path):
                    fault.times -= 1
                    return fault
        return None

    def _token(self, kind: str) -> str:
        token = f"{kind}-{next(self._serial):04}-{'d15ea5e' * 4}"
        self.secrets.append(token)
        return token

    @property
    def _clock(self) -> float:
        return self.world.now.timestamp()

    def _tokens(self, login: _Login) -> Json:
        access = self._token("access")
        login.access[access] = self._clock + TOKEN_LIFE_S
        return {
            "token_type": "Bearer",
            "access_token": access,
            "expires_at": round(self._clock) + TOKEN_LIFE_S,
            "expires_in": TOKEN_LIFE_S,
            "refresh_token": login.refresh,
        }

    def _oauth(self, call: Call) -> tuple[int, Any, dict[str, str]]:
        try:
            match call.method, call.path:
                case "GET", "/oauth/authorize":
                    return 302, {}, {"Location": self._authorized(call)}
                case "POST", "/oauth/token":
                    found = {**self._granted(call), **self.token_extra}
                    return 200, {key: v for key, v in found.items() if v is not None}, {}
                case "POST", "/oauth/deauthorize" if "deauthorize" in self.ways_out:
                    login, token = self._login(call)
                    login.dead = True
                    return 200, {"access_token": token}, {}
                case "POST", "/oauth/revoke" if "revoke" in self.ways_out:
                    self._revoked(call)
                    return 200, {}, {}
            raise RefusedError(404, "Record Not Found", ("resource", "path", "invalid"))
        except RefusedError as refusal:
            return refusal.status, refusal.body, {}

    def _authorized(self, call: Call) -> str:
        """Where the athlete's browser is sent from the page of the authorisation."""
        asked = call.query
        assert asked["response_type"] == "code"
        assert urlsplit(asked["redirect_uri"]).hostname in ("localhost", "127.0.0.1")
        back = {"state": asked["state"]}
        if asked["client_id"] != CLIENT_ID:
            raise RefusedError(400, "Bad Request", ("Application", "client_id", "invalid"))
        if self.denies:
            back["error"] = "access_denied"
        else:
            granted = frozenset(asked["scope"].split(",")) - self.unticked
            code = self._token("code")
            self._codes[code] = granted
            back |= {"code": code, "scope": ",".join(sorted(granted))}
            if not self.tells_scope:
                del back["scope"]
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def _granted(self, call: Call) -> Json:
        form = call.body
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise RefusedError(400, "Bad Request", ("Application", "client_id", "invalid"))
        if form.get("grant_type") == "authorization_code":
            scopes = self._codes.pop(str(form.get("code")), None)
            if scopes is None:
                raise RefusedError(400, "Bad Request", ("RequestToken", "code", "invalid"))
            return {**self.issue(tuple(scopes)), "athlete": self.world.athlete(whole=False)}
        for login in self._logins:
            if login.refresh == form.get("refresh_token") and not login.dead:
                login.refresh = self._token("refresh")  # the old one dies here
                return self._tokens(login)
        raise RefusedError(400, "Bad Request", ("RefreshToken", "refresh_token", "invalid"))

    def _revoked(self, call: Call) -> None:
        wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {wanted}":
            raise RefusedError(401, "Authorization Error", ("Application", "", "invalid"))
        for login in self._logins:
            if call.body.get("token") in (login.refresh, *login.access):
                login.dead = True

    def _login(self, call: Call) -> tuple[_Login, str]:
        assert "access_token" not in call.query, "a token in a URL"
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        for login in self._logins:
            if not login.dead and login.access.get(token, 0.0) > self._clock:
                return login, token
        raise RefusedError(401, "Authorization Error", ("Athlete", "access_token", "invalid"))

    def _spend(self, reads: bool, calls: int = 1) -> dict[str, str]:
        now = int(self._clock)
        kinds = ("overall", "read") if reads else ("overall",)
        for kind, length in itertools.product(kinds, (QUARTER, DAY)):
            key = (kind, length, now // length)
            self._used[key] = self._used.get(key, 0) + calls
        return self._limit_headers()

    def _usage(self, kind: str) -> tuple[int, int]:
        now = int(self._clock)
        quarter, day = (self._used.get((kind, size, now // size), 0) for size in (QUARTER, DAY))
        return quarter, day

    def _limit_headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": "{},{}".format(*self.limits),
            "x-ratelimit-usage": "{},{}".format(*self._usage("overall")),
            "x-readratelimit-limit": "{},{}".format(*self.read_limits),
            "x-readratelimit-usage": "{},{}".format(*self._usage("read")),
        }

    def _check_limits(self) -> None:
        for kind, limits in (("overall", self.limits), ("read", self.read_limits)):
            if any(used > limit for used, limit in zip(self._usage(kind), limits, strict=True)):
                raise RefusedError(
                    429, "Rate Limit Exceeded", ("Application", f"{kind} rate limit", "exceeded")
                )

    def _api(self, call: Call) -> Any:
        login, _ = self._login(call)
        if self.inactive:
            raise RefusedError(403, "Forbidden", ("Application", "Status", "Inactive"))
        match call.method, call.path.strip("/").split("/"):
            case "GET", ["athlete"]:
                return self.world.athlete(whole="profile:read_all" in login.scopes)
            case "GET", ["athletes", found, "stats"] if found == str(self.world.athlete_id):
                return self.world.stats()
            case "GET", ["athlete", "activities"]:
                return self._page(call.query, login)
            case "GET", ["gear", gear_id] if gear_id in self.world.gears:
                return self.world.detailed_gear(gear_id)
            case "GET", ["activities", found] if self._has(found):
                return self._detailed(int(found))
            case "PUT", ["activities", found] if self._has(found):
                self._need(login, "activity:write", "activity:write_permission")
                return self._put(int(found), call.body)
        raise RefusedError(404, "Record Not Found", ("Resource", "path", "invalid"))

    def _has(self, activity_id: str) -> bool:
        return activity_id.isdecimal() and int(activity_id) in self.world.activities

    @staticmethod
    def _need(login: _Login, scope: str, name: str) -> None:
        if scope not in login.scopes:
            raise RefusedError(401, "Authorization Error", ("AccessToken", name, "missing"))

    def _page(self, query: dict[str, str], login: _Login) -> list[Json]:
        private = "activity:read_all" in login.scopes
        if not private:
            self._need(login, "activity:read", "activity:read_permission")
        size = min(int(query.get("per_page", 30)), 200)
        page = int(query.get("page", 1))
        found = self.world.listed(
            private=private,
            after=float(query["after"]) if "after" in query else None,
            before=float(query["before"]) if "before" in query else None,
        )
        whole = found[(page - 1) * size : page * size]
        return whole[: max(len(whole) - self.page_shortfall, 0)]

    def _detailed(self, activity_id: int) -> Json:
        return {
            **self.world.activities[activity_id],
            "resource_state": 3,
            "description": "",
            "device_name": "Garmin Forerunner 255",
        }

    def _put(self, activity_id: int, body: Json) -> Json:
        if "gear_id" in body:
            gear_id = body["gear_id"]
            if gear_id != "none" and gear_id not in self.world.gears:
                raise RefusedError(400, "Bad Request", ("Activity", "gear_id", "invalid"))
            self.world.edit(activity_id, gear_id=None if gear_id == "none" else gear_id)
        return self._detailed(activity_id)

    def connect(self, home: Path, scopes: tuple[str, ...] = ALL_SCOPES, more: str = "") -> None:
        """Leave `home` as `strava login` does: configured for this server, with tokens in a file.

        `more` is put into config.toml before the section of Strava.
        """
        self.configure(home, more)
        tokens = self.issue(scopes)
        with Vault(home, keyring=False).change() as kept:
            kept.forget("strava.")
            kept.secrets |= {
                "strava.client_secret": Secret(CLIENT_SECRET),
                "strava.access_token": Secret(tokens["access_token"]),
                "strava.refresh_token": Secret(tokens["refresh_token"]),
            }
            kept.facts |= {
                "strava.client_id": CLIENT_ID,
                "strava.expires_at": str(tokens["expires_at"]),
                "strava.scopes": " ".join(scopes),
                "strava.athlete_id": str(self.world.athlete_id),
                "strava.athlete": "Ada Læufer 🏃",
            }


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of who has gone away in the middle: they were killed by a test."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    strava: StravaServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        call = self._call()
        self.strava.calls.append(call)
        fault = self.strava.fault_of(call)
        try:
            if fault is None:
                self._send(*self.strava.answer(call))
                return
            answer = None if fault.early else self.strava.answer(call)
            fault.arrived.set()
            if fault.kind == "slow":
                fault.wait()
                if fault.drops:
                    self.close_connection = True
                    return
                self._send(*(answer or self.strava.answer(call)))
            else:
                self._go_wrong(fault, call)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # who asked is gone: killed, or tired of waiting

    def _call(self) -> Call:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type") or ""
        body: dict[str, Any] = {}
        if kind.startswith("application/json") and raw:
            body = json.loads(raw)
        elif raw:
            body = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
        return Call(
            method=self.command,
            path=parts.path.removeprefix("/api/v3"),
            query={name: values[0] for name, values in parse_qs(parts.query).items()},
            body=body,
            headers={name.lower(): value for name, value in self.headers.items()},
            target=self.path,
        )

    def _send(self, status: int, answer: Any, headers: dict[str, str]) -> None:
        body = json.dumps(answer).encode()
        self._head(status, "application/json; charset=utf-8", len(body), headers)
        self.wfile.write(body)

    def _head(self, status: int, kind: str, length: int | None, headers: dict[str, str]) -> None:
        # Not `send_response`: the date is that of the clock at Strava.
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.strava.world.now, usegmt=True))
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _go_wrong(self, fault: Fault, call: Call) -> None:
        page = b"<!DOCTYPE html><html><body>We'll be right back</body></html>"
        kind: dict[str, Callable[[], None]] = {
            "cut": lambda: self._cut(b'[{"id": 1600'),
            "reset": self._reset,
            "html": lambda: self._whole(200, "text/html", page, fault.headers),
            "text": lambda: self._whole(200, "text/plain", b"ok", fault.headers),
            "json": lambda: self._whole(200, "application/json", b'"soon"', fault.headers),
            "huge": self._huge,
        }
        if isinstance(fault.kind, int):
            self._whole(fault.kind, "text/html", page, fault.headers)
        else:
            kind[fault.kind]()

    def _whole(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, kind, len(body), headers)
        self.wfile.write(body)

    def _cut(self, body: bytes) -> None:
        self._head(200, "application/json", len(body) + 5000, {})
        self.wfile.write(body)
        self.close_connection = True

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _huge(self) -> None:
        self._head(200, "application/json", None, {})
        self.close_connection = True
        chunk = b"[" + b" " * 2**20
        for _ in range(1000):
            self.wfile.write(chunk)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def main() -> None:
    """Serve a season of made-up runs until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    world = World()
    world.add_shoe("g1", "Nike Pegasus 41", "Nike", "Pegasus 41")
    world.add_shoe("g2", "Hoka Speedgoat 6 ⛰", "Hoka", "Speedgoat 6")
    world.add_shoe("g3", "Old faithful", "Asics", "Cumulus 22", retired=True)
    world.add_bike("b1", "Trek")
    world.add_season(400, ["g1", "g2", "g3", None])
    with StravaServer(world, port) as strava:
        words = [
            f'[strava]\napi = "{strava.api}"\noauth = "{strava.oauth}"',
            f"client id {CLIENT_ID}, client secret {CLIENT_SECRET}",
            f"SHOETRACK_NOW={(world.now + timedelta(seconds=1)).isoformat()}",
        ]
        sys.stdout.write("\n".join(words) + "\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
