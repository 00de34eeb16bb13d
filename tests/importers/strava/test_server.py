"""The tests' own server answers in the shapes that Strava's recorded answers have."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.strava_server import ALL_SCOPES, StravaServer
from tests.strava_world import World

from .test_reader import needs_real, real

# Fields that differ from athlete to athlete, and are no concern of ours.
_FREE = {"clubs", "bikes", "shoes", "map", "athlete", "photos"}


def shape(found: Any) -> Any:
    """The names and the JSON types of an answer; a null may be anything."""
    if isinstance(found, dict):
        return {name: None if name in _FREE else shape(value) for name, value in found.items()}
    if isinstance(found, list):
        return [shape(found[0])] if found else []
    if isinstance(found, bool) or found is None:
        return type(found).__name__
    return "number" if isinstance(found, int | float) else type(found).__name__


def differences(ours: Any, theirs: Any) -> dict[str, Any]:
    ours, theirs = shape(ours), shape(theirs)
    return {
        name: (ours.get(name), theirs.get(name))
        for name in ours.keys() | theirs.keys()
        if ours.get(name) != theirs.get(name)
        and "NoneType" not in (ours.get(name), theirs.get(name))
    }


@pytest.fixture
def world() -> World:
    world = World()
    world.add_shoe("g1", "Pegasus 41")
    world.add_bike("b1", "Trek")
    world.add_season(3, ["g1"])
    return world


@needs_real
def test_a_list_has_the_recorded_shape(world: World) -> None:
    ours = world.listed(private=True, after=None, before=None)[0]
    assert differences(ours, real("all_athlete_activities_0.json")["body"][0]) == {}


@needs_real
def test_gear_has_the_recorded_shape(world: World) -> None:
    assert differences(world.detailed_gear("g1"), real("gear_0.json")["body"]) == {}
    assert differences(world.detailed_gear("b1"), real("gear_1.json")["body"]) == {}
    assert differences(world.summary_gear("g1"), real("detailed_athlete.json")["shoes"][0]) == {}


@needs_real
def test_the_athlete_has_the_recorded_shape(world: World) -> None:
    assert differences(world.athlete(whole=True), real("detailed_athlete.json")) == {}


@needs_real
def test_tokens_and_errors_have_the_recorded_shape(world: World) -> None:
    with StravaServer(world) as strava:
        tokens = strava.issue()
        assert differences(tokens, real("token_refresh_token_0.json")["body"]) == {}

        def error(path: str = "/athlete", token: str = tokens["access_token"]) -> Any:
            headers = {"Authorization": f"Bearer {token}"}
            return requests.get(strava.api + path, headers=headers, timeout=10)

        recorded = real("authorization_error_0.json")
        answer = error(token="none")
        assert (answer.status_code, differences(answer.json(), recorded["body"])) == (401, {})
        strava.inactive = True
        recorded = real("error_403_app_inactive_2026.json")
        assert (error().status_code, error().json()) == (403, recorded["body"])
        strava.inactive = False
        names = {name for name in error().headers if "limit" in name.lower()}
        assert names == {
            name
            for name in real("all_athlete_activities_0.json")["headers"]
            if "limit" in name.lower()
        }
        form = {"client_id": "1", "client_secret": "x", "grant_type": "refresh_token"}
        refused = requests.post(f"{strava.oauth}/token", data=form, timeout=10)
        recorded = real("token_invalid_client_0.json")
        assert (refused.status_code, refused.json()) == (400, recorded["body"])


def test_a_refresh_token_works_once() -> None:
    with StravaServer() as strava:
        old = strava.issue(ALL_SCOPES)["refresh_token"]
        form = {
            "client_id": "54321",
            "client_secret": strava.secrets[0],
            "grant_type": "refresh_token",
            "refresh_token": old,
        }
        first = requests.post(f"{strava.oauth}/token", data=form, timeout=10)
        second = requests.post(f"{strava.oauth}/token", data=form, timeout=10)
        assert (first.status_code, second.status_code) == (200, 400)
        assert strava.knows_refresh(first.json()["refresh_token"])
        assert not strava.knows_refresh(old)


def test_pages_before_and_after_are_as_strava_s() -> None:
    world = World()
    world.add_season(450, [None])
    newest = world.listed(private=True, after=None, before=None)
    oldest = world.listed(private=True, after=0.0, before=None)
    assert newest == oldest[::-1]
    with StravaServer(world) as strava:
        token = strava.issue()["access_token"]

        def page(**asked: float) -> list[int]:
            answer = requests.get(
                f"{strava.api}/athlete/activities",
                params={"per_page": 200, **asked},
                headers={"Authorization": f"Bearer {token}"},
                timeout=10,
            )
            return [one["id"] for one in answer.json()]

        ids = page(page=1) + page(page=2) + page(page=3)
        assert ids == [one["id"] for one in newest]
        assert page(page=4) == []
