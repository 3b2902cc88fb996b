"""Texts: what of a text an XML document can hold, and how the rest is kept.

XML 1.0 has no form for most control characters, nor for U+FFFE, U+FFFF and lone surrogates; they
become U+FFFD. QTI types a value as `xs:normalizedString`, so that a reader which follows the
schema sees tab, LF and CR as blanks. Wherever a text meets one of the two, `exact_json` of it is
written beside it, in ASCII that every reader sees alike.
"""

import json
import re
from typing import Final

from assessment_pipeline.core.hashing import Json

_NOT_IN_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NORMALIZED: Final = re.compile("[\t\n\r]")
_REPLACEMENT: Final = "\ufffd"


def held_text(text: str) -> str:
    r"""Return a text with U+FFFD for each character that XML cannot hold.

    >>> held_text("a\x00b\n")
    'a�b\n'
    """
    return _NOT_IN_XML.sub(_REPLACEMENT, text)


def is_held_exactly(text: str) -> bool:
    r"""Tell whether every reader of the document sees this text as it is.

    >>> is_held_exactly("Malmö"), is_held_exactly("a\nb"), is_held_exactly("\x1b")
    (True, False, False)
    """
    return not (_NOT_IN_XML.search(text) or _NORMALIZED.search(text))


def exact_json(value: Json) -> str:
    r"""Return a value as JSON that XML holds exactly, whatever its texts hold.

    >>> exact_json("a\x00\n")
    '"a\\u0000\\n"'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
