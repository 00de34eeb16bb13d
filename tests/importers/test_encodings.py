"""Documents in every encoding, truly and falsely declared."""

from __future__ import annotations

import codecs
import io

import pytest

from shoetrack.importers.xml_text import utf8_chunks

from .make import document, run, track


def declared(encoding: str, name: str) -> str:
    text = document(track(head=f"<name>{name}</name>"))
    return text.replace('encoding="UTF-8"', f'encoding="{encoding}"')


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "Frühstück 早朝 🏃"), ("UTF-16", "Frühstück 早朝 🏃"), ("utf-16-le", "早朝"),
        ("utf-16-be", "早朝"), ("utf-32", "早朝"), ("utf-32-be", "早朝"), ("utf-32-le", "早朝"),
        ("iso-8859-1", "Frühstück"), ("ISO-8859-15", "5 € Lauf"), ("windows-1250", "Ranní běh"),
        ("windows-1251", "Пробежка"), ("windows-1252", "“Run” €"), ("koi8-r", "Пробежка"),
        ("Shift_JIS", "早朝ランニング"), ("EUC-JP", "早朝"), ("ISO-2022-JP", "早朝"),
        ("GBK", "晨跑"), ("gb2312", "晨跑"), ("GB18030", "晨跑🏃"), ("Big5", "晨跑"),
        ("EUC-KR", "아침 달리기"), ("us-ascii", "Run"), ("macintosh", "Frühstück"),
    ],
)  # fmt: skip
def test_a_true_declaration(encoding: str, name: str) -> None:
    codec = "mac-roman" if encoding == "macintosh" else encoding
    record = run(declared(encoding, name).encode(codec))
    assert (record.name, record.remarks) == (name, ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8"])
def test_a_byte_order_mark_overrules_the_declaration(encoding: str) -> None:
    record = run(("\ufeff" + declared("iso-8859-1", "Früh")).encode(encoding))
    assert (record.name, record.remarks) == ("Früh", ())


@pytest.mark.parametrize(
    ("encoding", "written", "name"),
    [
        ("UTF-8", "cp1252", "Früh “5 €”"),
        ("UTF-16", "utf-8", "Früh"),
        ("utf-32", "cp1252", "Früh"),
        ("x-nobody-knows", "utf-8", "Früh"),
        ("zip", "utf-8", "Früh"),
        ("rot13", "ascii", "Run"),
        ("unicode_escape", "ascii", "Run"),
        ("utf-7", "ascii", "Run"),
        ("us-ascii", "cp1252", "Früh"),
    ],
)
def test_a_false_declaration_is_read_and_remarked(encoding: str, written: str, name: str) -> None:
    record = run(declared(encoding, name).encode(written))
    assert record.name == name
    assert record.distance_mm
    assert record.remarks


def test_valid_and_invalid_utf_8_mixed() -> None:
    data = declared("UTF-8", "早朝 @").encode().replace(b"@", b"\x93x\x81\xed\xa0\x80")
    assert run(data).name == "早朝 “x\ufffdí €"


class Trickle(io.RawIOBase):
    """A stream that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._left = io.BytesIO(data)

    def read(self, size: int | None = -1) -> bytes:
        return self._left.read(min(1, -1 if size is None else size) if size else 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "shift_jis", "gb18030", "iso-2022-jp"])
def test_characters_split_between_chunks(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoetrack.importers.xml_text.CHUNK", 100)
    text = declared(encoding, "早朝" * 200)
    stream: io.RawIOBase = Trickle(text.encode(encoding))
    remarks: list[str] = []
    chunks = utf8_chunks(stream, remarks)  # type: ignore[arg-type]
    assert (b"".join(chunks).decode(), remarks) == (text, [])


def test_a_cut_character_at_the_end_does_not_raise() -> None:
    for data in (b"<gpx/>\xe6\x97", codecs.BOM_UTF16_LE + "<gpx/>".encode("utf-16-le") + b"x"):
        assert b"".join(utf8_chunks(io.BytesIO(data), [])).startswith(b"<gpx/>")
