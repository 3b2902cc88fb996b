"""Erasure: which lines of a delivery file belong to a candidate.

Pure. Rewriting files is `services.erasure`; what the ledger keeps is `core.ledger_decisions`.
"""

import json
from typing import Final

_FIELD: Final = "candidate_id"


class _Pairs(list[tuple[str, object]]):
    """An object of JSON with all its keys, also those that come twice."""


def is_of_candidate(line: bytes, candidate_id: str) -> bool:
    r"""Whether a line of a delivery file, good or bad, is about a candidate.

    A line that names its candidate is that one's, whoever else it mentions. One that names none,
    or cannot be read, is anybody's whose id it holds as a text, so that none is kept by mistake.

    >>> is_of_candidate(b'{"candidate_id": "c-1", "responses": "c-2"}', "c-2")
    False
    >>> is_of_candidate(b'{"candidate_id": "c-2", broken', "c-2")
    True
    """
    # UTF-16, which is refused because of its NULs, is ASCII without them.
    plain = line.replace(b"\0", b"")
    if candidate_id.encode() not in plain and b"\\u" not in plain:
        return False
    try:
        found = json.loads(plain, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return f'"{candidate_id}"'.encode() in plain
    pairs = found if isinstance(found, _Pairs) else _Pairs()
    named = [value for key, value in pairs if key == _FIELD and isinstance(value, str)]
    return candidate_id in (named or _texts(found))


def _texts(found: object) -> set[str]:
    """Return every text in a JSON value."""
    texts: set[str] = set()
    pending = [found]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            texts.add(part)
        elif isinstance(part, _Pairs):
            pending.extend(value for _, value in part)
        elif isinstance(part, list):
            pending.extend(part)
    return texts
