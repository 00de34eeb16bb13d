"""What a first setup finds to offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoetrack.config.options import parse
from shoetrack.config.writing import edited
from shoetrack.setup import PROVIDERS, Found, Provider, folders_with_runs, provider_of


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_folders_with_recordings_are_found(tmp_path: Path) -> None:
    home, drive = tmp_path / "home", tmp_path / "WATCH"
    touch(home / "Garmin" / "Activity" / "1.FIT", home / "Garmin" / "Activity" / "2.fit")
    touch(home / "Nextcloud" / "runs" / "2026" / "a.gpx", home / "Nextcloud" / "runs" / "b.tcx.gz")
    touch(home / "Nextcloud" / "letters" / "bill.pdf", home / "Sync" / ".stversions" / "old.gpx")
    touch(home / "Pictures" / "track.gpx")
    (drive / "GARMIN" / "Activity").mkdir(parents=True)
    assert folders_with_runs(home, [tmp_path / "none", drive]) == [
        Found(drive / "GARMIN" / "Activity", 0),
        Found(home / "Garmin" / "Activity", 2),
        Found(home / "Nextcloud" / "runs", 2),
    ]


def test_without_any_nothing_is_offered(tmp_path: Path) -> None:
    assert folders_with_runs(tmp_path / "nowhere", []) == []
    (tmp_path / "Sync").mkdir()
    assert folders_with_runs(tmp_path, []) == []


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.name)
def test_each_provider_is_a_setting_that_works(provider: Provider) -> None:
    address = f"ada@{provider.domains[0]}"
    for word in (address, provider.name.upper(), f" {provider.host}"):
        assert provider_of(word) is provider
    text = edited(
        "",
        {
            "alerts.email.host": provider.host,
            "alerts.email.port": provider.port,
            "alerts.email.security": provider.security,
            "alerts.email.from": address,
            "alerts.email.to": [address],
        },
    )
    email = parse(text).alerts.email
    assert email is not None
    assert email.port_used == provider.port
    assert len(f"  {provider.password}") <= 80


def test_others_are_no_provider() -> None:
    for word in ("", "example.org", "ada@example.org", "notgmail.com"):
        assert provider_of(word) is None
