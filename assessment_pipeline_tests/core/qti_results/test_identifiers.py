"""Identifiers: every id has an NCName of its own, and comes back from it."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from assessment_pipeline.core.qti_results.identifiers import id_of_ncname, ncname
from assessment_pipeline.core.rules.fields import ID_PATTERN

NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
ids = st.from_regex(ID_PATTERN, fullmatch=True)
tricky_ids = st.text("_x0123A5F:-", min_size=1).filter(re.compile(ID_PATTERN).fullmatch)


@given(ids | tricky_ids)
@example("_x0031_")
@example("_x003A:")
@example(":".join("1__x_x"))
def test_an_id_becomes_an_ncname_and_comes_back(identifier: str) -> None:
    name = ncname(identifier)
    assert NCNAME.fullmatch(name)
    assert id_of_ncname(name) == identifier


def test_what_is_an_ncname_stays_as_it_is() -> None:
    for identifier in ("q01", "harbour-0001", "_a", "a_b.c-d", "x0031_"):
        assert ncname(identifier) == identifier
