"""Bundles in tests: looked into with Python's zipfile, and packed again as somebody might."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

from assessment_pipeline.core.bundle_zip import Member, directory, local_header
from assessment_pipeline.core.bundles import BUNDLE
from assessment_pipeline.core.hashing import Json, canonical_json, hash_bytes


def members_of(path: Path) -> dict[str, bytes]:
    """Return the members of a bundle by name, in order."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def described(members: Mapping[str, bytes], **changes: Json) -> dict[str, bytes]:
    """Return members with a manifest that fits them, as a skilful forger leaves it."""
    manifest = json.loads(members[BUNDLE])
    manifest["members"] = {
        name: {"bytes": len(content), "sha256": hash_bytes(content)}
        for name, content in members.items()
        if name != BUNDLE
    }
    return {**members, BUNDLE: canonical_json({**manifest, **changes})}


def packed(*members: tuple[str, bytes]) -> bytes:
    """Return members, in this order, as a bundle has them."""
    headers = [Member(name, crc32(content), len(content)) for name, content in members]
    parts = [
        local_header(header) + content
        for header, (_, content) in zip(headers, members, strict=True)
    ]
    return b"".join([*parts, *directory(headers)])


def pack(path: Path, *members: tuple[str, bytes]) -> Path:
    """Write members, in this order, as a bundle is written."""
    path.write_bytes(packed(*members))
    return path


def forge(path: Path, changed: Mapping[str, bytes], **manifest: Json) -> Path:
    """Change members of a bundle, and all hashes of them that a bundle holds itself."""
    members = described({**members_of(path), **changed}, **manifest)
    return pack(path, *members.items())
