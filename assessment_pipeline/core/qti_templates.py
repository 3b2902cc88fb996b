"""QTI templates: the standard response processing that an item can name.

Pure. What each computes, of the one response variable RESPONSE (the templates as 1EdTech
publishes them):

- match_correct: 1 if RESPONSE matches its correct response, else 0
- map_response, map_response_point: 0 if there is no response, else its mapping or area mapping
- CC2_match, CC2_match_basic: MAXSCORE if RESPONSE matches, else SCORE stays at its default
- CC2_map_response: as map_response

The three of Common Cartridge also set feedback, which no score depends on.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

TemplateRule: TypeAlias = Literal["match_correct", "map_response", "map_response_point"]

_ADDRESS: Final = re.compile(
    r"https?://(?:"
    r"(?:www|purl)\.imsglobal\.org/question/qti_?v(?:2p1|2p2|3p0)/rptemplates"
    r"|purl\.imsglobal\.org/spec/qti/v3p0/rptemplates"
    r")/([A-Za-z0-9_]+)(?:\.xml)?"
)


@dataclass(frozen=True, slots=True)
class Template:
    """What a standard template makes of a response."""

    rule: TemplateRule
    gives_maxscore: bool = False
    """A match is worth MAXSCORE, not 1."""


_TEMPLATES: Final = {
    "match_correct": Template("match_correct"),
    "map_response": Template("map_response"),
    "map_response_point": Template("map_response_point"),
    "CC2_match": Template("match_correct", gives_maxscore=True),
    "CC2_match_basic": Template("match_correct", gives_maxscore=True),
    "CC2_map_response": Template("map_response"),
}


def template_at(address: str) -> Template | None:
    """Return the standard template at an address; None if there is none.

    >>> template_at("http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct")
    Template(rule='match_correct', gives_maxscore=False)
    """
    match = _ADDRESS.fullmatch(address.strip())
    return None if match is None else _TEMPLATES.get(match[1])
