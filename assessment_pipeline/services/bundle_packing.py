"""Packing a bundle: members are brought together, measured, and written as one file.

The same members give the same bytes, on any machine. What is generated lies in a private
temporary folder until then; what is copied is read twice, and must be the same both times.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from assessment_pipeline.core.bundle_zip import (
    MAX_BYTES,
    MAX_MEMBERS,
    Member,
    directory,
    local_header,
    packed_bytes,
)
from assessment_pipeline.core.bundles import BUNDLE, BundledMember, in_order
from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.errors import IntegrityError, UsageError
from assessment_pipeline.storage.files import DurableFile, StoredBytes, blocks_of


class PackedMember(NamedTuple):
    """A member, where its bytes come from, and what they must be."""

    member: Member
    blocks: Callable[[], Iterable[bytes]]
    sha256: str


class Packing:
    """The members of a bundle to be."""

    def __init__(self, folder: Path) -> None:
        """Begin without members; what is generated goes to the folder."""
        self._folder = folder
        self._members: dict[str, PackedMember] = {}

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a small member."""
        self._add(name, lambda: [content])

    def add_file(self, name: str, path: Path) -> StoredBytes:
        """Add a copy of a file, and return what it is."""
        return self._add(name, lambda: blocks_of(path))

    def add_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """Add a member of lines, given without their LF."""
        path = self._folder / name
        with DurableFile(self._folder) as file:
            for line in lines:
                file.write(line + b"\n")
            file.publish(path)
        self.add_file(name, path)

    def _add(self, name: str, blocks: Callable[[], Iterable[bytes]]) -> StoredBytes:
        digest, crc, size = sha256(), 0, 0
        for block in blocks():
            digest.update(block)
            crc = crc32(block, crc)
            size += len(block)
        stored = StoredBytes(HASH_PREFIX + digest.hexdigest(), size)
        self._members[name] = PackedMember(Member(name, crc, size), blocks, stored.sha256)
        return stored

    def described(self) -> dict[str, BundledMember]:
        """Return what the manifest says of the members."""
        return {
            name: BundledMember(bytes=each.member.bytes, sha256=each.sha256)
            for name, each in sorted(self._members.items())
            if name != BUNDLE
        }

    def write(self, path: Path) -> StoredBytes:
        """Write the file, durably."""
        members = [self._members[name] for name in sorted(self._members, key=in_order)]
        headers = [each.member for each in members]
        if packed_bytes(headers) > MAX_BYTES or len(headers) > MAX_MEMBERS:
            raise UsageError(
                f"A bundle holds at most {MAX_BYTES} bytes and {MAX_MEMBERS} members, and this day "
                "needs more: deliver it as several days, or hand over the home."
            )
        with DurableFile(path.parent) as file:
            for each in members:
                file.write(local_header(each.member))
                for block in _unchanged(each):
                    file.write(block)
            for header in directory(headers):
                file.write(header)
            return file.publish(path)


def _unchanged(packed: PackedMember) -> Iterator[bytes]:
    """Yield a member's bytes; IntegrityError in the end if they are not what was measured."""
    digest, size = sha256(), 0
    for block in packed.blocks():
        digest.update(block)
        size += len(block)
        yield block
    if (HASH_PREFIX + digest.hexdigest(), size) != (packed.sha256, packed.member.bytes):
        raise IntegrityError(
            f"{packed.member.name} was changed while it was read; make the bundle again when "
            "nothing works on the day."
        )
