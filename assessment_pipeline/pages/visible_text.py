r"""Visible text: signs that are not seen, or that turn the text around them, written as their code.

Escaping for HTML is Jinja2's. This is for what escaping leaves as it is: HTML cannot hold control
characters, a right-to-left override would make one answer look like another, and "A" with a
zero-width space behind it would look like "A".

What holds: a control character (but tab and LF), a format character (Unicode's category Cf) and any
other code point that Unicode lets a font leave out (Default_Ignorable_Code_Point) is shown as its
code, wherever it stands, unless what is read depends on it:

- Arabic, Syriac and Kaithi signs around numbers, which are format characters and are seen;
- a joiner or non-joiner (U+200D, U+200C) between two letters of a script in which letters change
  their form, such as Arabic, Devanagari or Mongolian;
- in emoji: a joiner between two, the variation selectors 15 and 16 behind a sign that has both
  forms, the tags of a flag;
- variation selectors behind a Chinese character or a Mongolian letter, which choose its form.

Spaces are no unseen signs: two answers that differ in a kind of space look alike.
"""

import re
from typing import Final

_JOINING: Final = (
    "\u0600-\u08ff"  # Arabic, Syriac, N'Ko, Mandaic
    "\u0900-\u0dff"  # Indic
    "\u1000-\u109f\u1780-\u17ff\u1820-\u18aa"  # Myanmar, Khmer, Mongolian
    "\u1a20-\u1aaf\u1b00-\u1bff"  # Tai Tham, Balinese, Sundanese, Batak
    "\ua840-\ua87f\ua880-\ua8ff\ua980-\ua9df\uaa60-\uaa7f\uabc0-\uabff"
    "\U00010d00-\U00010d3f\U00011000-\U000119ff\U0001e900-\U0001e95f"
)
# Signs that Unicode's emoji-variation-sequences.txt has both forms of, and all emoji.
_EMOJI: Final = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf"
    "\u23e9-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_FLAG: Final = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"

_UNSEEN: Final = re.compile(
    # The tags of a flag are found with it, and so not one by one.
    f"{_FLAG}|["
    # C0 but for tab and LF, DEL and C1, the noncharacters that HTML forbids.
    "\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
    # Line and paragraph separators.
    "\u2028\u2029"
    # Format characters, but for the signs around numbers (Prepended_Concatenation_Mark, U+070F).
    "\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    # Other code points that a font may leave out: fillers, joiners, selectors, and unassigned ones.
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
_NEEDED: Final = re.compile(
    f"{_FLAG}"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    f"|(?:(?<=[{_EMOJI}])|(?<=[{_EMOJI}]\ufe0f))\u200d(?=[{_EMOJI}])"
    f"|(?<=[{_EMOJI}])[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    f"|(?<=[{_HAN}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    "|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f]"
)
_CUT_CODE: Final = re.compile(r"\[(?:U(?:\+[0-9A-F]*)?)?\Z")


def visible(text: str) -> str:
    r"""Return a text with each unseen sign as its code.

    >>> visible("a\u202eb\x00"), visible("a\tb\n"), visible("A\u200b")
    ('a[U+202E]b[U+0000]', 'a\tb\n', 'A[U+200B]')
    """
    return _UNSEEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    if _NEEDED.match(found.string, found.start()):
        return found.group()
    return f"[U+{ord(found.group()):04X}]"


def shortened(text: str, most: int) -> str:
    r"""Return a text as `visible` does, cut where it is longer than there is room for.

    No code is cut in two.

    >>> shortened("abcdefgh", 6), shortened("abc\u200bdef", 6), shortened("abcdef", 6)
    ('abcde…', 'abc…', 'abcdef')
    """
    shown = visible(text)
    return shown if len(shown) <= most else _CUT_CODE.sub("", shown[: most - 1]) + "…"
