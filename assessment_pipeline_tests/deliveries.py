"""Builders of delivery sessions and lines for tests. All people and answers in them are made up."""

import json
from typing import Any


def response(item_id: str = "q01", value: object = "B", **fields: object) -> dict[str, Any]:
    """Return a response as it is delivered."""
    return {"item_id": item_id, "value": value, **fields}


def session(**fields: object) -> dict[str, Any]:
    """Return a small delivery session; fields given as None are left out."""
    delivered = {
        "session_id": "s-000017",
        "candidate_id": "c-9f2",
        "assessment_id": "numeracy",
        "submitted_at": "2026-11-20T09:41:07Z",
        "responses": [response()],
        **fields,
    }
    return {name: value for name, value in delivered.items() if value is not None}


def line_of(delivered: object) -> bytes:
    """Return the delivery line of an object, as most systems write it."""
    return json.dumps(delivered).encode()


def full_session() -> dict[str, Any]:
    """Return a session that uses every field of the contract."""
    return session(
        attempt=2,
        status="timed_out",
        started_at="2026-11-20T09:00:00Z",
        due_at="2026-11-20T11:00:00.5+01:00",
        supersedes="sha256:" + "0f" * 32,
        context={"site": "north", "form": "B", "language": "cy"},
        nonce="0123456789abcdef",
        responses=[
            response("q01", "B", duration_ms=31250),
            response("q02", ["A", "", "C"], state="answered"),
            response("q03", 3.14, rubric={"assessment_id": "literacy", "version": "3"}),
            response("q04", None, state="not_reached"),
            response("q05", value=True, duration_ms=-1),
            response(
                "q06",
                'Tŷ \u2028 "bach" \\ \n\u007f 😀',
                ratings=[
                    {
                        "rater_id": "r1",
                        "criterion_id": "c1",
                        "level_id": "2",
                        "kind": "human",
                        "rated_at": "2026-11-21T09:00:00Z",
                    },
                    {"rater_id": "m1", "criterion_id": "c1", "level_id": "3", "kind": "machine"},
                ],
            ),
            response("q07", 0),
            response("q08", -(2**63)),
            response("q09", 2**63 - 1),
            response("q10", -0.0),
            response("q11", []),
        ],
    )
