"""Fitting ids: what a spreadsheet calls a candidate or an item, as an id of the contract.

Pure, and a function of the text alone, so that a table of answers and its key, read apart, name
an item alike. Text that is an id already stays as it is. Of an item that is none, the readable
part stays; of a candidate nothing does, since such a text is likely a person's name.
"""

import re
import unicodedata
from hashlib import sha256
from typing import Final

from assessment_pipeline.core.structure import ID_PATTERN
from assessment_pipeline.errors import UsageError

_is_id = re.compile(ID_PATTERN).fullmatch
_NOT_IN_ID: Final = re.compile("[^A-Za-z0-9._]+")
_READABLE_CHARACTERS: Final = 80


def tidied(text: str) -> str:
    """Return a name without the differences that no reader sees: NFC, no white space around it."""
    return unicodedata.normalize("NFC", text.strip())


def item_id_for(text: str) -> str:
    """Return the id of an item by its name in a spreadsheet.

    >>> item_id_for("q01"), item_id_for(" Größe (m) ")
    ('q01', 'Grosse-m-5eaddbbb')
    """
    name = tidied(text)
    if _is_id(name):
        return name
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore")
    readable = _NOT_IN_ID.sub("-", plain.decode())[:_READABLE_CHARACTERS].strip("-.")
    return f"{readable or 'item'}-{_digest(name, 8)}"


def candidate_id_for(text: str) -> str:
    """Return the id of a candidate by the text that names them in a spreadsheet.

    >>> candidate_id_for("c-017"), candidate_id_for("Ada Lovelace")
    ('c-017', 'c-7674021617159190')
    """
    name = tidied(text)
    return name if _is_id(name) else f"c-{_digest(name, 16)}"


def session_id_for(assessment_id: str, candidate_id: str) -> str:
    """Return the id of a candidate's one session with an assessment.

    The assessment is part of it, so that two tables of the same candidates can be delivered on
    one day.

    >>> session_id_for("numeracy", "c-017")
    'numeracy:c-017'
    """
    name = f"{assessment_id}:{candidate_id}"
    return name if _is_id(name) else f"s-{_digest(name, 32)}"


def require_id(text: str, what: str) -> str:
    """Return a text that is an id, or say what ids are.

    Raises:
        UsageError: it is none.
    """
    if _is_id(text):
        return text
    raise UsageError(
        f"{text!r} cannot be {what}: use 1 to 255 of A-Z a-z 0-9 . _ : - @ + = ~, "
        "the first a letter, a digit or _."
    )


def _digest(name: str, digits: int) -> str:
    return sha256(name.encode()).hexdigest()[:digits]
