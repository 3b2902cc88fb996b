"""Homes with enough candidates for statistics. All people and answers are made up."""

from pathlib import Path
from typing import Any

from assessment_pipeline_tests.builders import DAY, Bench
from assessment_pipeline_tests.deliveries import response, session

RUBRIC = """\
assessment_id: harbour
version: "1"
title: Harbour & quay
items:
  q1: {rule: match_correct, correct: A}
  q2: {rule: match_correct, correct: B}
  q3: {rule: multi_select, correct: [A, C], options: [A, B, C], points: 2, method: net_correct}
  q4: {rule: text, answers: [{text: canary}]}
  q5:
    rule: ratings
    criteria: [{id: style, levels: [{id: "0", points: 0}, {id: "1", points: 1}]}]
    resolve: {method: mean}
"""
CANARY = "canary-words-of-somebody"
CANDIDATES = 24


def rating(rater_id: str, level_id: str, kind: str = "human", **fields: object) -> dict[str, Any]:
    return {
        "rater_id": rater_id,
        "criterion_id": "style",
        "level_id": level_id,
        "kind": kind,
        **fields,
    }


def sitting(number: int, **fields: object) -> dict[str, Any]:
    """Return a candidate's session: the higher the number, the better."""
    is_good = number >= CANDIDATES // 3
    is_best = number >= CANDIDATES * 2 // 3
    responses = [
        # The key of q1 is wrong: those who are good choose B.
        response("q1", "B" if is_good else "AC"[number % 2], duration_ms=4000 + number * 100),
        response("q2", "B" if is_good else "A", duration_ms=2000 + number * 500),
        response("q3", ["A", "C"] if is_best else ["A", "B"][: 1 + number % 2]),
        response("q4", "canary" if is_best else f"{CANARY} {number}"),
        response(
            "q5",
            "an essay",
            ratings=[
                rating("r1", str(int(is_good)), rated_at="2025-11-21T09:00:00Z"),
                rating("r2", str(int(number % 5 > 1))),
            ],
        ),
    ]
    return session(
        **{
            "session_id": f"session-{number:02}",
            "candidate_id": f"candidate-{number:02}",
            "assessment_id": "harbour",
            "context": {"language": "cy" if number % 2 else "en"},
            "responses": responses,
            **fields,
        }
    )


def bench_of(folder: Path, *sessions: dict[str, Any]) -> Bench:
    """Return a home with these sessions scored, or with those of all candidates."""
    bench = Bench(folder)
    bench.write_rubric("1", RUBRIC, assessment_id="harbour")
    bench.deliver(*(sessions or map(sitting, range(CANDIDATES))))
    bench.run(DAY)
    return bench
