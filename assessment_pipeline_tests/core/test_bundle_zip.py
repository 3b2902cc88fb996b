"""The ZIP form of a bundle: what others read, and what is refused or named."""

import io
import stat
import zipfile
from zlib import crc32

import pytest

from assessment_pipeline.core.bundle_zip import (
    MAX_MEMBERS,
    Member,
    directory,
    local_header,
    packed_bytes,
    read_layout,
)

CONTENTS = {"bundle.json": b"{}", "a/b.csv": b"x,y\n", "empty": b""}


def packed(contents: dict[str, bytes]) -> bytes:
    members = [Member(name, crc32(each), len(each)) for name, each in contents.items()]
    parts = [
        local_header(member) + content
        for member, content in zip(members, contents.values(), strict=True)
    ]
    whole = b"".join([*parts, *directory(members)])
    assert len(whole) == packed_bytes(members)
    return whole


def named(content: bytes) -> str:
    layout = read_layout(content)
    return "; ".join(layout.differences)


def zipped(**fields: object) -> bytes:
    """Return what Python's zipfile writes, with these fields of its one member."""
    member = zipfile.ZipInfo("bundle.json")
    member.external_attr = 0o100600 << 16
    for name, value in fields.items():
        setattr(member, name, value)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, b"{}" * 100)
    return file.getvalue()


def test_python_reads_it_and_finds_the_same() -> None:
    with zipfile.ZipFile(io.BytesIO(packed(CONTENTS))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENTS
        (info, *_) = archive.infolist()
    assert info.date_time == (1980, 1, 1, 0, 0, 0)
    assert stat.filemode(info.external_attr >> 16) == "-rw-------"
    assert (info.create_system, info.extra, info.comment) == (3, b"", b"")


def test_its_bytes_are_pinned() -> None:
    assert packed({"a": b"b"}).hex() == (
        "504b030414000000000000002100f9efbe7101000000010000000100000061"
        "62"
        "504b0102140314000000000000002100f9efbe7101000000010000000100000000000000000000008081000000"
        "0061"
        "504b050600000000010001002f000000200000000000"
    )


def test_what_was_written_is_read_as_it_was() -> None:
    content = packed(CONTENTS)
    layout = read_layout(content)

    assert layout.differences == []
    assert {
        placed.member.name: content[placed.offset : placed.offset + placed.member.bytes]
        for placed in layout.members
    } == CONTENTS


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no bundle"),
        (b"PK", "no bundle"),
        (b"PK\3\4", "ends within the header"),
        (b"x" + packed(CONTENTS), "no bundle"),
        (packed(CONTENTS) + b"x", "what follows the last member"),
        (packed(CONTENTS)[:-1], "what follows the last member"),
        (packed({"bundle.json": b"x"})[:40], "ends after the file does"),
        (packed({"": b"x"}), "a name that no bundle has"),
        (packed({"a\n": b"x"}), "a name that no bundle has"),
        (packed({"a": b"x"}).replace(b"a", b"\xff"), "a name that no bundle has"),
        (packed({str(n): b"" for n in range(MAX_MEMBERS + 1)}), "more than 4096 members"),
        (zipped(compress_type=zipfile.ZIP_DEFLATED), "is compressed"),
        (zipped(extra=b"\1\2\2\0ab"), "features that no member"),
        (zipped(date_time=(2026, 1, 1, 0, 0, 0)), "header of bundle.json"),
        (zipped(external_attr=0o120777 << 16), "what follows the last member"),
        (zipped(comment=b"c"), "what follows the last member"),
    ],
)
def test_what_no_bundle_is_written_like_is_named(content: bytes, problem: str) -> None:
    assert problem in named(content)


def test_an_encrypted_member_is_named() -> None:
    content = bytearray(packed(CONTENTS))
    content[6] |= 1
    assert "encrypted" in named(bytes(content))


def test_it_goes_on_after_a_header_that_differs() -> None:
    content = bytearray(packed(CONTENTS))
    content[10] ^= 1

    layout = read_layout(bytes(content))

    assert len(layout.members) == 3
    assert "header of bundle.json" in layout.differences[0]
