"""Archives and gzip files: whole, broken, and made to do harm."""

from __future__ import annotations

import gzip
import random
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import Problem, Source, archive, content, find_sources, read_source

from .make import document, encrypt_first, outcomes, overlapping_bomb, write_zip

RUN = document().encode()


def only(path: Path) -> Source:
    (source,) = find_sources([path])
    assert isinstance(source, Source), source
    return source


def refusal(path: Path) -> str:
    (found,) = find_sources([path])
    if isinstance(found, Problem):
        return found.reason
    with pytest.raises(UnreadableError) as caught:
        read_source(found)
    return str(caught.value)


def test_members_are_sources_with_a_name_a_person_would_write(tmp_path: Path) -> None:
    packed = write_zip(
        tmp_path / "export.zip",
        [("b/2.gpx.gz", gzip.compress(RUN)), ("b/", b""), ("a.gpx", RUN), ("__MACOSX/b/._2", b"x"),
         (".hidden", b"x"), ("./c.gpx", RUN), ("notes.txt", b"hello")],
    )  # fmt: skip
    sources = [source for source in find_sources([packed]) if isinstance(source, Source)]
    names = [source.name.removeprefix(f"{packed}/") for source in sources]
    assert names == ["./c.gpx", "a.gpx", "b/2.gpx.gz", "notes.txt"]
    assert not any(source.explicit for source in sources)
    (tmp_path / "plain.gpx").write_bytes(RUN)
    assert (
        len({source.digest() for source in sources[:3]} | {only(tmp_path / "plain.gpx").digest()})
        == 1
    )
    assert outcomes(packed)[f"{packed}/notes.txt"] == "not an activity file"


def test_an_archive_is_told_by_its_content(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "export.bin", [("a.gpx", RUN)], zipfile.ZIP_STORED)
    assert outcomes(packed) == {f"{packed}/a.gpx": "run"}
    (tmp_path / "fake.zip").write_bytes(RUN)
    assert outcomes(tmp_path / "fake.zip") == {f"{tmp_path}/fake.zip": "run"}


@pytest.mark.parametrize(
    "name",
    ["../x.gpx", "a/../../x.gpx", "/etc/x.gpx", "C:/x.gpx", "c:x.gpx", "a\\x.gpx", "..\\x.gpx"],
)
def test_a_name_that_points_outside_is_refused_and_the_rest_read(name: str, tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "slip.zip", [(name, RUN), ("good.gpx", RUN)])
    found = outcomes(packed)
    assert found.pop(f"{packed}/good.gpx") == "run"
    assert "outside its archive" in found.popitem()[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slip.zip"]


def test_a_zip_within_a_zip_is_read_where_it_is_called_one(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", [("a.gpx", RUN)]).read_bytes()
    outer = write_zip(tmp_path / "outer.zip", [("inner.zip", inner), ("inner.gpx", inner)])
    found = outcomes(outer)
    assert found.pop(f"{outer}/inner.zip/a.gpx") == "run"
    assert "inside an archive" in found.pop(f"{outer}/inner.gpx")
    assert found == {}


def test_an_encrypted_member_is_named_and_the_rest_read(tmp_path: Path) -> None:
    packed = encrypt_first(write_zip(tmp_path / "x.zip", [("a.gpx", RUN), ("b.gpx", RUN)]))
    found = outcomes(packed)
    assert "encrypted" in found[f"{packed}/a.gpx"]
    assert found[f"{packed}/b.gpx"] == "run"


def test_a_member_encrypted_in_its_own_header_alone(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", [("a.gpx", RUN)])
    data = bytearray(packed.read_bytes())
    data[6] |= 1
    packed.write_bytes(data)
    assert "encrypted" in refusal(packed)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_refused(method: int, tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", [("a.gpx", RUN)], method)
    assert "ordinary zip" in refusal(packed)


def test_a_wrong_checksum_is_found(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", [("a.gpx", RUN), ("b.gpx", RUN)], zipfile.ZIP_STORED)
    data = bytearray(packed.read_bytes())
    data[data.index(b"Home")] ^= 1
    packed.write_bytes(data)
    found = outcomes(packed)
    assert "damaged inside its archive" in found[f"{packed}/a.gpx"]
    assert found[f"{packed}/b.gpx"] == "run"


def test_a_member_longer_or_shorter_than_declared_is_damaged(tmp_path: Path) -> None:
    for change in (-1, 1):
        packed = write_zip(tmp_path / "x.zip", [("a.gpx", RUN)])
        data = bytearray(packed.read_bytes())
        at = data.index(b"PK\x01\x02") + 24
        data[at : at + 4] = (len(RUN) + change).to_bytes(4, "little")
        packed.write_bytes(data)
        assert "damaged" in refusal(packed)


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", [("a.gpx", RUN)])
    packed.write_bytes(packed.read_bytes()[:-30])
    assert "incomplete archive" in refusal(packed)


def test_any_damage_to_an_archive_is_survived(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = write_zip(tmp_path / "x.zip", [("a.gpx", RUN), ("b.gpx.gz", gzip.compress(RUN))])
    data = whole.read_bytes()
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        whole.write_bytes(broken[: chance.choice((len(broken), chance.randrange(len(broken))))])
        outcomes(whole)


def test_an_empty_archive_is_named_only_where_it_was_asked_for(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", [])
    assert "without any file" in refusal(packed)
    assert outcomes(tmp_path) == {}


def test_an_overlapping_bomb_ends_at_once(tmp_path: Path) -> None:
    bomb = overlapping_bomb(tmp_path / "bomb.zip", members=60_000, unpacked=8_000_000)
    began = time.perf_counter()
    assert "decompression bomb" in refusal(bomb)
    assert time.perf_counter() - began < 5


def test_a_bomb_member_is_refused_by_its_ratio(tmp_path: Path) -> None:
    members = [("bomb.gpx", bytes(20_000_000)), ("fill.bin", random.Random(1).randbytes(300_000))]
    packed = write_zip(tmp_path / "x.zip", [*members, ("good.gpx", RUN)])
    found = outcomes(packed)
    assert "decompression bomb" in found[f"{packed}/bomb.gpx"]
    assert found[f"{packed}/good.gpx"] == "run"


def test_an_archive_bomb_of_many_members_is_refused_whole(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", [(f"{i}.gpx", bytes(1_000_000)) for i in range(40)])
    assert "decompression bomb" in refusal(packed)


def test_a_bomb_that_understates_its_size_is_stopped(tmp_path: Path) -> None:
    packed = overlapping_bomb(tmp_path / "x.zip", members=1, unpacked=20_000_000)
    data = bytearray(packed.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (1000).to_bytes(4, "little")
    packed.write_bytes(data)
    assert "damaged" in refusal(packed)


def test_the_number_of_members_and_the_directory_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = write_zip(tmp_path / "x.zip", [(f"{i}.gpx", b"x") for i in range(50)])
    monkeypatch.setattr(archive, "MAX_MEMBERS", 49)
    assert "more than 49 files" in refusal(packed)
    monkeypatch.setattr(archive, "_MAX_DIRECTORY", 100)
    assert "damaged or incomplete" in refusal(packed)


class TestGzip:
    def gz(self, tmp_path: Path, data: bytes) -> Path:
        path = tmp_path / "run.gpx.gz"
        path.write_bytes(data)
        return path

    @pytest.mark.parametrize("tail", [b"", b"\0" * 600, b"\0" * 70_000, b"garbage", b"\x1f"])
    def test_several_members_and_padding_are_one_content(self, tail: bytes, tmp_path: Path) -> None:
        halves = gzip.compress(RUN[:500]) + gzip.compress(b"") + gzip.compress(RUN[500:])
        path = self.gz(tmp_path, halves + tail)
        (tmp_path / "plain").write_bytes(RUN)
        assert only(path).digest() == only(tmp_path / "plain").digest()
        assert outcomes(path) == {str(path): "run"}

    def test_every_cut_is_found(self, tmp_path: Path) -> None:
        whole = gzip.compress(RUN)
        for end in range(2, len(whole)):
            path = self.gz(tmp_path, whole[:end])
            assert refusal(path)
            with pytest.raises(UnreadableError):
                only(path).digest()

    def test_a_cut_second_member_is_found(self, tmp_path: Path) -> None:
        packed = gzip.compress(RUN) + gzip.compress(b"\n" * 100)[:-3]
        assert "cut off" in refusal(self.gz(tmp_path, packed))

    def test_damage_is_found(self, tmp_path: Path) -> None:
        whole = bytearray(gzip.compress(RUN))
        whole[-8] ^= 1
        assert "damaged inside its packing" in refusal(self.gz(tmp_path, bytes(whole)))

    def test_a_bomb_is_stopped_early(self, tmp_path: Path) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
        began = time.perf_counter()
        assert "decompression bomb" in refusal(self.gz(tmp_path, gzip.compress(b"<gpx/>") + packed))
        assert time.perf_counter() - began < 3

    def test_gzip_of_nothing_is_empty(self, tmp_path: Path) -> None:
        assert refusal(self.gz(tmp_path, gzip.compress(b""))) == "is empty"

    def test_gzip_twice_is_no_activity(self, tmp_path: Path) -> None:
        assert "not an activity" in refusal(self.gz(tmp_path, gzip.compress(gzip.compress(RUN))))


def test_the_size_of_a_content_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.gpx").write_bytes(RUN)
    monkeypatch.setattr(content, "MAX_CONTENT", len(RUN) - 1)
    assert "8 GiB" in refusal(tmp_path / "run.gpx")
