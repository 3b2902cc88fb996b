"""A bundle as a file from outside: what members it has, and whether they are what it says.

Nothing is extracted: members are stored, so they are read where they lie. Whatever is not as a
bundle is written is named; what the members mean is `services.verify_bundle`.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final
from zlib import crc32

from assessment_pipeline.core.bundle_zip import (
    MARKS,
    MAX_BYTES,
    Content,
    PlacedMember,
    read_layout,
)
from assessment_pipeline.core.bundles import (
    BUNDLE,
    MAX_DOCUMENT_BYTES,
    MAX_LINE_BYTES,
    REQUIRED,
    BundleManifest,
    in_order,
    is_member,
)
from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.errors import IntegrityError

_BLOCK_BYTES: Final = 1 << 20


class BundleFile:
    """The members of a bundle, and every way in which the file is none."""

    def __init__(self, content: Content) -> None:
        """Look at every byte of a file once."""
        self.content = content
        self.differences: list[str] = []
        self.missing: list[str] = sorted(REQUIRED)
        self.manifest: BundleManifest | None = None
        self._placed: dict[str, PlacedMember] = {}
        if len(content) > MAX_BYTES:
            self.differences.append(f"The file is no bundle: it has more than {MAX_BYTES} bytes.")
            return
        layout = read_layout(content)
        self.differences += [
            f"The file is not as a bundle is written: {each}." for each in layout.differences
        ]
        for placed in layout.members:
            self._take(placed)
        if [*self._placed] != sorted(self._placed, key=in_order):
            self.differences.append("The members are not in the order of a bundle.")
        self.missing = sorted(REQUIRED - self._placed.keys())
        self.differences += [f"{name} is missing in the bundle." for name in self.missing]
        if BUNDLE in self._placed:
            self._read_manifest()

    def _take(self, placed: PlacedMember) -> None:
        name = placed.member.name
        if not is_member(name):
            # Not repeated if it is long: it can be anything.
            shown = name if len(name) <= 100 else f"{name[:100]}…"
            self.differences.append(f"{shown!r} is no member of a bundle; it was not read.")
        elif name in self._placed:
            self.differences.append(f"{name} is there twice; the second was not read.")
        else:
            self._placed[name] = placed

    def _read_manifest(self) -> None:
        try:
            self.manifest = BundleManifest.read(self.read(BUNDLE))
        except IntegrityError as error:
            self.differences.append(f"{error}.")
        said = self.manifest.members if self.manifest else {}
        for name, placed in self._placed.items():
            found, crc = self._measured(placed)
            if crc != placed.member.crc:
                self.differences.append(f"{name} is not what its CRC-32 says.")
            if self.manifest is None or name == BUNDLE:
                continue
            if name not in said:
                self.differences.append(f"{name} is not in bundle.json.")
            elif (said[name].sha256, said[name].bytes) != (found, placed.member.bytes):
                self.differences.append(
                    f"{name} is {found} ({placed.member.bytes} bytes), "
                    f"bundle.json says {said[name].sha256} ({said[name].bytes} bytes)."
                )
        absent = [name for name in said if name not in self._placed]
        if absent:
            self.differences.append(f"bundle.json lists {len(absent)} members that are not there.")

    def _measured(self, placed: PlacedMember) -> tuple[str, int]:
        digest, crc = sha256(), 0
        end = placed.offset + placed.member.bytes
        for begin in range(placed.offset, end, _BLOCK_BYTES):
            block = self.content[begin : min(begin + _BLOCK_BYTES, end)]
            digest.update(block)
            crc = crc32(block, crc)
        return HASH_PREFIX + digest.hexdigest(), crc

    @property
    def is_none_at_all(self) -> bool:
        """Whether nothing in the file was ever a bundle, as opposed to one that was altered."""
        if self._placed:
            return False
        is_zip = any(self.content.find(mark) >= 0 for mark in MARKS)
        return not (is_zip and any(self.content.find(name.encode()) >= 0 for name in REQUIRED))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members."""
        return tuple(self._placed)

    def span(self, name: str) -> tuple[int, int]:
        """Return where a member begins and ends."""
        member, offset = self._placed[name]
        return offset, offset + member.bytes

    def read(self, name: str) -> bytes:
        """Return the bytes of a member; IntegrityError if they are too many for a document."""
        begin, end = self.span(name)
        if end - begin > MAX_DOCUMENT_BYTES:
            raise IntegrityError(f"{name} is larger than {MAX_DOCUMENT_BYTES} bytes")
        return self.content[begin:end]

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """Yield where each line of a member begins, and the line without its LF.

        IntegrityError if one is too long, or the last has no LF.
        """
        position, end = self.span(name)
        while position < end:
            most = min(end, position + MAX_LINE_BYTES)
            stop = self.content.find(b"\n", position, most)
            if stop < 0:
                raise IntegrityError(
                    f"{name} has a line of more than {MAX_LINE_BYTES} bytes, or ends without LF; "
                    "what follows was not read"
                )
            yield position, self.content[position:stop]
            position = stop + 1
