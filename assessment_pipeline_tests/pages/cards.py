"""Scorecard pages for tests, with answers that try to get out of their cell. All made up."""

import json
from dataclasses import replace
from fractions import Fraction

from assessment_pipeline.pages.models import ItemLine, ScorecardPage, SubscoreBar

HOSTILE = (
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "</style><script>document.title='ran'</script>",
    "</data></td></table><svg onload=\"document.title='ran'\">",
    '"><iframe srcdoc="<script>parent.document.title=1</script>"></iframe>',
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eevil\u2066 \x00\x1b[31m\x7f\x85\u2028\ufeff\ufffe",
    "a\r\nb\tc  d",
    "w" * 3000,
    "👩‍👩‍👧 🇩🇪 مرحبا",
)


def item(number: int, response: str, **fields: object) -> ItemLine:
    """Return an item with a response."""
    line = ItemLine(
        item_id=f"q{number:02}",
        item_status="scored",
        response_state="answered",
        response=response,
        response_json=json.dumps(response),
        rule="text",
        rubric_version="1",
        points="1",
        points_exact="1",
        max_points="2",
        weight="1",
        explanation=f"“{response}” is the accepted answer: 1 of 2 points.",
        duration_ms=1200,
    )
    return replace(line, **fields)  # type: ignore[arg-type]  # checked by the class itself


def card(*items: ItemLine, **fields: object) -> ScorecardPage:
    """Return a complete scorecard."""
    page = ScorecardPage(
        delivery_date="2025-11-20",
        assessment_id="numeracy",
        session_id="s:1@x+y=z~",
        attempt=1,
        candidate_id="c-9f2",
        candidate_name=None,
        submitted_at="2025-11-20T09:41:07Z",
        status="complete",
        raw_score="1.67",
        raw_score_exact="5/3",
        max_score="4",
        percent="41.67",
        scale_score="300",
        performance_level="middling",
        rubric_version="1",
        engine_version="1",
        response_snapshot_id="sha256:" + "1" * 64,
        score_run_id="sha256:" + "2" * 64,
        output_hash="sha256:" + "3" * 64,
        supersedes=None,
        subscores=(
            SubscoreBar("<b>cps</b> $x_1$", "1", "4", "25.00", Fraction(1, 4)),
            SubscoreBar("deduction", "-1", "4", "0.00", Fraction(0)),
        ),
        items=items or (item(1, "B"), item(2, "C")),
    )
    return replace(page, **fields)  # type: ignore[arg-type]  # checked by the class itself


def hostile_card() -> ScorecardPage:
    """Return a scorecard with all hostile answers, and a hostile name."""
    items = [item(number, response) for number, response in enumerate(HOSTILE)]
    return card(*items, candidate_name=HOSTILE[0], performance_level=HOSTILE[2])
