"""Visible text: signs that are not seen, or that turn the text around them, written as their code.

Escaping for HTML is Jinja2's. This is for what escaping leaves as it is: HTML cannot hold control
characters, and a right-to-left override would make one answer look like another.
"""

import re
from typing import Final

# C0 but for tab and LF, DEL and C1, line and paragraph separators, bidirectional controls,
# and the noncharacters that HTML forbids.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


def visible(text: str) -> str:
    r"""Return a text with each unseen sign as its code.

    >>> visible("a\u202eb\x00"), visible("a\tb\n")
    ('a[U+202E]b[U+0000]', 'a\tb\n')
    """
    return _UNSEEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)
