"""The ZIP form of a bundle, byte by byte: one for given members, so that it can be made again.

Pure. A member is stored, not compressed: compressed bytes differ between versions of zlib. Every
header follows from the member's name, CRC-32 and size: the date is the earliest that ZIP has, the
maker Unix, the mode a regular file that its owner alone reads, without extra fields and comments.
Python's zipfile writes headers that may change with its version and reads archives that no bundle
is, so the headers are written here; what is read is held against them byte for byte. Of ZIP's
features only this is used: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
"""

import struct
from collections.abc import Iterable, Iterator
from mmap import mmap
from typing import Final, NamedTuple, TypeAlias

from assessment_pipeline.errors import IntegrityError

Content: TypeAlias = "bytes | mmap"

MAX_BYTES: Final = 0xFFFF_FFFF
"""Of a whole bundle; more would need ZIP64."""
MAX_MEMBERS: Final = 4_096

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\3\4", b"PK\1\2", b"PK\5\6"
MARKS: Final = (_LOCAL_MARK, _CENTRAL_MARK, _END_MARK)
"""What begins a header of ZIP."""
_VERSION: Final = 20
_MADE_BY_UNIX: Final = 3 << 8 | _VERSION
_MODE: Final = 0o100600 << 16
_STORED, _ENCRYPTED = 0, 1
_NO_TIME, _1980_01_01 = 0, 1 << 5 | 1


class Member(NamedTuple):
    """What a member's headers say of it."""

    name: str
    crc: int
    bytes: int


class PlacedMember(NamedTuple):
    """A member, and where its content begins."""

    member: Member
    offset: int


class Layout(NamedTuple):
    """The members that a file has, and what is not as a bundle is written, in few words."""

    members: list[PlacedMember]
    differences: list[str]


def local_header(member: Member) -> bytes:
    """Return what comes before a member's content."""
    name = member.name.encode("ascii")
    head = _LOCAL.pack(_LOCAL_MARK, _VERSION, *_facts(member), len(name), 0)
    return head + name


def directory(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield what comes after the members: their central headers, and the end."""
    offset = size = count = 0
    headers = []
    for member in members:
        name = member.name.encode("ascii")
        facts = (_MADE_BY_UNIX, _VERSION, *_facts(member), len(name), 0, 0, 0, 0, _MODE, offset)
        headers.append(_CENTRAL.pack(_CENTRAL_MARK, *facts) + name)
        offset += _LOCAL.size + len(name) + member.bytes
        size += len(headers[-1])
        count += 1
    yield from headers
    yield _END.pack(_END_MARK, 0, 0, count, count, size, offset, 0)


def packed_bytes(members: Iterable[Member]) -> int:
    """Return how many bytes a bundle of these members has."""
    return _END.size + sum(
        _LOCAL.size + _CENTRAL.size + 2 * len(member.name) + member.bytes for member in members
    )


def _facts(member: Member) -> tuple[int, ...]:
    """Return what both headers say, from the flags to the size."""
    return 0, _STORED, _NO_TIME, _1980_01_01, member.crc, member.bytes, member.bytes


def read_layout(content: Content) -> Layout:
    """Find the members of a file, from its first byte on, and compare every header.

    What is between, before or after the members shows; their content is not looked at. It goes on
    after a difference as long as it can be told where the next member begins.
    """
    found = Layout([], [])
    try:
        _read_members(content, found)
    except IntegrityError as error:
        found.differences.append(str(error))
        return found
    last = found.members[-1]
    offset = last.offset + last.member.bytes
    expected = b"".join(directory(placed.member for placed in found.members))
    # Lengths first: what follows may be gigabytes.
    if len(content) - offset != len(expected) or content[offset:] != expected:
        found.differences.append(
            f"what follows the last member, at byte {offset}, is not the directory of the members "
            "before it and the end"
        )
    return found


def _read_members(content: Content, found: Layout) -> None:
    if content[:4] != _LOCAL_MARK:
        raise IntegrityError("it is no bundle: no member begins at its first byte")
    offset = 0
    while content[offset : offset + 4] == _LOCAL_MARK:
        if len(found.members) == MAX_MEMBERS:
            raise IntegrityError(f"it has more than {MAX_MEMBERS} members")
        placed = _read_member(content, offset, found.differences)
        found.members.append(placed)
        offset = placed.offset + placed.member.bytes


def _read_member(content: Content, offset: int, differences: list[str]) -> PlacedMember:
    header = content[offset : offset + _LOCAL.size]
    if len(header) < _LOCAL.size:
        raise IntegrityError(f"it ends within the header at byte {offset}")
    _, _, flags, method, _, _, crc, stored, size, name_bytes, extra = _LOCAL.unpack(header)
    begin = offset + _LOCAL.size + name_bytes
    try:
        name = content[offset + _LOCAL.size : begin].decode("ascii")
    except UnicodeDecodeError:
        name = ""
    if not name.isprintable() or not name:
        raise IntegrityError(f"the member at byte {offset} has a name that no bundle has")
    if flags & _ENCRYPTED:
        raise IntegrityError(f"the member {name} is encrypted; nothing in a bundle is")
    if method != _STORED or stored != size or flags or extra:
        raise IntegrityError(
            f"the member {name} is compressed, or has features that no member of a bundle has"
        )
    if begin + size > len(content):
        raise IntegrityError(f"the member {name} ends after the file does")
    member = Member(name, crc, size)
    if content[offset:begin] != local_header(member):
        differences.append(f"the header of {name} is not as a bundle is written")
    return PlacedMember(member, begin)
