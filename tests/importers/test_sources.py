"""Walking what a user names: everything is a source or a problem, and nothing hangs or raises."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import Problem, Source, find_sources, read_source

from .make import document, outcomes

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file kinds")
RUN = document()


def names(*paths: Path) -> list[str]:
    return [found.name for found in find_sources(paths)]


def test_the_order_is_the_users_then_by_name(tmp_path: Path) -> None:
    for name in ("b/2.gpx", "b/10.gpx", "a.gpx", "b.gpx", "c/x.gpx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(RUN)
    walked = [name.removeprefix(f"{tmp_path}/") for name in names(tmp_path / "c", tmp_path)]
    assert walked == ["c/x.gpx", "a.gpx", "b/10.gpx", "b/2.gpx", "b.gpx"]


def test_names_are_as_the_user_wrote_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "a.gpx").write_text(RUN)
    monkeypatch.chdir(tmp_path)
    assert names(Path("runs"), Path("runs/a.gpx")) == ["runs/a.gpx", "runs/a.gpx"]
    found = list(find_sources([Path("runs"), Path("runs/a.gpx")]))
    assert [source.explicit for source in found if isinstance(source, Source)] == [False, True]


def test_hidden_files_are_read_only_where_they_are_named(tmp_path: Path) -> None:
    for name in (".a.gpx", "._b.gpx", ".git/c.gpx", "__MACOSX/d.gpx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(RUN)
    assert outcomes(tmp_path) == {}
    assert list(outcomes(tmp_path / ".a.gpx").values()) == ["run"]


def test_what_is_not_there(tmp_path: Path) -> None:
    assert list(find_sources([tmp_path / "no", Path("a\0b")])) == [
        Problem(f"{tmp_path}/no", "no such file or folder"),
        Problem("a\\x00b", "is no path that this system knows"),
    ]
    assert "cannot be read" in next(iter(outcomes(tmp_path / ("x" * 5000)).values()))


@POSIX
def test_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.gpx").write_text(RUN)
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "real")
    (tmp_path / "file.gpx").symlink_to(tmp_path / "real" / "a.gpx")
    (tmp_path / "gone.gpx").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    found = {
        name.removeprefix(f"{tmp_path}/"): reason for name, reason in outcomes(tmp_path).items()
    }
    assert found.pop("again/a.gpx") == "run"  # and not once more as real/a.gpx
    assert found.pop("file.gpx") == "run"
    assert "dangling link" in found.pop("gone.gpx")
    assert "symbolic links" in found.pop("self")
    assert found == {}


@POSIX
def test_pipes_sockets_and_devices_never_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gpx")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sock"))
        reasons = [*outcomes(tmp_path).values(), *outcomes(Path(os.devnull)).values()]
    assert len(reasons) == 3
    assert all("not a regular file" in reason for reason in reasons)


@POSIX
def test_a_pipe_that_took_a_files_place_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "run.gpx"
    path.write_text(RUN)
    (source,) = find_sources([path])
    assert isinstance(source, Source)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UnreadableError, match="not a regular file"):
        read_source(source)


def test_a_file_gone_since_it_was_listed(tmp_path: Path) -> None:
    path = tmp_path / "run.gpx"
    path.write_text(RUN)
    (source,) = find_sources([path])
    assert isinstance(source, Source)
    path.unlink()
    with pytest.raises(UnreadableError, match="no such file"):
        source.digest()


AS_NOBODY = """
import os, sys
from pathlib import Path
from shoetrack.importers import find_sources
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
for found in find_sources([Path(sys.argv[1])]):
    print(os.path.basename(found.name), getattr(found, "reason", "a source"), sep=": ")
"""


@POSIX
def test_what_may_not_be_read() -> None:
    code = "import sys; sys.path[:0] = sys.argv.pop().split('|')\n" + AS_NOBODY
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in ("a.gpx", "locked.gpx"):
            (folder / file).write_text(RUN)
        (folder / "closed").mkdir()
        (folder / "locked.gpx").chmod(0)
        (folder / "closed").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", code, name, "|".join(filter(None, sys.path))],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        (folder / "closed").chmod(0o700)
    assert done.stdout.splitlines() == [
        "a.gpx: a source",
        "closed: permission denied: make it readable for your user first",
        "locked.gpx: permission denied: make it readable for your user first",
    ], done.stderr


@POSIX
def test_names_that_cannot_be_printed(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/run\xff\x1b[31m\n.gpx"
    try:
        Path(os.fsdecode(raw)).write_text(RUN)
    except OSError:
        pytest.skip("this file system takes no such names")
    (name,) = names(tmp_path)
    assert name == f"{tmp_path}/run\\udcff\\x1b[31m\\n.gpx"
    assert outcomes(tmp_path) == {name: "run"}
    assert name.encode().decode().isprintable()


def test_an_empty_file_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "a.gpx").touch()
    assert list(outcomes(tmp_path).values()) == ["is empty"]


def test_a_listing_opens_no_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.gpx.gz").write_bytes(gzip.compress(RUN.encode())[:20])
    assert [type(found) for found in find_sources([tmp_path])] == [Source]


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1200):  # deeper than Python's own recursion goes
        deep = deep / "d"
        deep.mkdir()
    try:
        assert names(tmp_path) == []
    finally:
        while deep != tmp_path:  # pytest's own cleaning up is recursive
            deep.rmdir()
            deep = deep.parent


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.gpx"
    path.write_text(RUN)
    (source,) = find_sources([path])
    assert isinstance(source, Source)
    opened = source.open()
    opened.__enter__().read(100)
    path.write_text(RUN + "\n")
    with pytest.raises(UnreadableError, match="changed while it was read"):
        opened.__exit__(None, None, None)
    with pytest.raises(UnreadableError, match="changed while it was read"):
        read_source(source, digest="0" * 64)
    assert read_source(source, digest=source.digest())


def test_a_dropped_stream_does_not_close_the_file_under_the_check(tmp_path: Path) -> None:
    (tmp_path / "run.gpx").write_text(RUN)
    (source,) = find_sources([tmp_path])
    assert isinstance(source, Source)
    with source.open():
        pass
