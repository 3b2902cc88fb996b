"""Texts: what XML cannot hold is replaced sign by sign, and kept exactly as JSON."""

import json

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from assessment_pipeline.core.qti_results.texts import exact_json, held_text, is_held_exactly

# With lone surrogates, which a text from elsewhere could have.
any_texts = st.text(st.characters(codec=None, exclude_categories=[]))
tricky_texts = st.text("a \t\n\r\x00\x1f\x7f\ud7ff\ud800\udfff\ue000\ufffd\ufffe\uffff\U0010ffff")


def _through_xml(text: str) -> str:
    element = etree.Element("value")
    element.text = text
    return etree.fromstring(etree.tostring(element, encoding="UTF-8")).text or ""


@given(any_texts | tricky_texts)
@example("\ud7ff\ud800\udfff\ue000\ufffd\ufffe\uffff\U00010000\U0010ffff")
def test_what_is_held_goes_through_xml_sign_by_sign(text: str) -> None:
    held = held_text(text)
    assert _through_xml(held) == held
    assert len(held) == len(text)
    assert all(new in (old, "\ufffd") for old, new in zip(text, held, strict=True))
    if is_held_exactly(text):
        assert held == text
        assert not set(text) & set("\t\n\r")


@given(any_texts | tricky_texts)
def test_as_json_a_text_is_held_exactly_and_comes_back(text: str) -> None:
    written = exact_json(text)
    assert is_held_exactly(written)
    # Two halves of a surrogate pair, side by side, are its character.
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert json.loads(_through_xml(written)) == expected


def test_only_what_xml_cannot_hold_is_replaced() -> None:
    kept = "\t\n\r \x7f\x85\u2028\ud7ff\ue000\ufffd\U00010000\U0010ffff"
    assert held_text(kept) == kept
    assert held_text("\x00\x08\x0b\x0c\x0e\x1f\ud800\udfff\ufffe\uffff") == "\ufffd" * 10
