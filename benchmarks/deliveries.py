"""Deliveries to measure with: seeded, so that every machine scores the same bytes.

A test of forty items as a school or an employer would give it: choice, several answers, numbers,
short and long texts, with the time spent on each. Candidates differ in ability and items in
difficulty; some give up early. Long texts are nearly all different, other answers come often.
"""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias

from assessment_pipeline.core.hashing import Json

DAY: Final = "2026-11-20"
ASSESSMENT: Final = "harbour-test"
SEED: Final = 20_261_120
_OPENS: Final = datetime(2026, 11, 20, 8, tzinfo=UTC)
_SESSIONS_A_FILE: Final = 2_500

# How many items of each kind; their ids are q01, q02, ... in this order.
_KINDS: Final = (
    ("choice", 22),
    ("several", 6),
    ("numeric", 6),
    ("short_text", 2),
    ("long_text", 4),
)
ITEMS: Final = tuple(kind for kind, count in _KINDS for _ in range(count))

_OPTIONS: Final = "ABCDEF"
_TERMS: Final = ("current", "tide", "depth", "anchor", "signal", "berth", "pilot", "draught")
_SYLLABLES: Final = (
    "ba",
    "con",
    "de",
    "el",
    "fi",
    "gor",
    "ha",
    "in",
    "ka",
    "lu",
    "me",
    "no",
    "pra",
)
_UNUSUAL: Final = ("café", "naïve", "Malmö", "it's", "well-kept", "don’t", "…", "1/3", "50%")
_PLACES: Final = ("Malmö", "Rostock", "Aarhus", "Bergen", "Turku", "Gdynia", "malmo", "Göteborg")
_MISSING_SHARE: Final = 0.02

Session: TypeAlias = "dict[str, Any]"


def item_id(number: int) -> str:
    """Return the id of an item by its number, from 0."""
    return f"q{number + 1:02}"


def rubric() -> str:
    """Return the rubric of the test, a YAML file."""
    lines = [
        f"assessment_id: {ASSESSMENT}",
        'version: "1"',
        "policy: {rounding: {mode: half_up, decimals: 2}}",
        "dimensions:",
    ]
    places = {kind: [item_id(n) for n, of in enumerate(ITEMS) if of == kind] for kind, _ in _KINDS}
    for name, kinds in (
        ("recognition", ("choice", "several")),
        ("calculation", ("numeric",)),
        ("language", ("short_text", "long_text")),
    ):
        items = ", ".join(item for kind in kinds for item in places[kind])
        lines.append(f"  {name}: {{title: {name.title()}, items: [{items}]}}")
    lines += [
        "performance_levels:",
        '  - {level: below, minimum: "0"}',
        '  - {level: basic, minimum: "20"}',
        '  - {level: proficient, minimum: "36"}',
        'scale: {linear: {slope: "5", intercept: "200", minimum: "200", maximum: "500"}}',
        "items:",
    ]
    lines += [f"  {item_id(number)}: {_rule(number, kind)}" for number, kind in enumerate(ITEMS)]
    return "\n".join(lines) + "\n"


def _rule(number: int, kind: str) -> str:
    if kind == "choice":
        return f"{{rule: match_correct, correct: {_key(number)}}}"
    if kind == "several":
        right = ", ".join(_right(number))
        return (
            "{rule: multi_select, method: net_correct, options: [A, B, C, D, E, F], "
            f"correct: [{right}], points: 2}}"
        )
    if kind == "numeric":
        tolerance = '{mode: absolute, value: "0.05"}'
        return (
            f'{{rule: numeric, answers: [{{value: "{_number(number)}", tolerance: {tolerance}}}]}}'
        )
    if kind == "short_text":
        return (
            f"{{rule: text, normalise: [trim, casefold, strip_accents], answers: "
            f"[{{text: {_PLACES[number % 4]}}}, "
            f'{{text: {_PLACES[(number + 1) % 4]}, fraction: "1/2"}}]}}'
        )
    criteria = ", ".join(
        f"{{id: {term}, any_of: [{term}, {term}s], points: 1}}" for term in _terms(number)
    )
    return f"{{rule: keywords, points: 3, normalise: [casefold], criteria: [{criteria}]}}"


def _key(number: int) -> str:
    return _OPTIONS[number * 7 % 4]


def _right(number: int) -> list[str]:
    return [option for place, option in enumerate(_OPTIONS) if (number + place) % 2 == 0]


def _number(number: int) -> str:
    return f"{number * 37 % 90 + 3}.{number % 10}"


def _terms(number: int) -> tuple[str, ...]:
    return tuple(_TERMS[(number + step) % len(_TERMS)] for step in range(4))


def sessions(count: int, seed: int = SEED) -> Iterator[Session]:
    """Yield delivery sessions; the first ones are the same whatever the count."""
    random = Random(seed)  # noqa: S311 - numbers to measure with
    words = _vocabulary(random)
    difficulties = [random.gauss(0, 0.8) for _ in ITEMS]
    for number in range(count):
        yield _session(random, number, difficulties, words)


def _vocabulary(random: Random) -> list[str]:
    made = {"".join(random.choices(_SYLLABLES, k=random.randint(1, 4))) for _ in range(3_000)}
    return [*sorted(made), *_TERMS * 20, *_UNUSUAL * 4]


def _session(random: Random, number: int, difficulties: list[float], words: list[str]) -> Session:
    ability = random.gauss(0, 1)
    stops = len(ITEMS) if random.random() > 0.05 else random.randint(20, len(ITEMS))
    responses: list[Json] = []
    started = _OPENS + timedelta(seconds=random.randrange(8 * 3600))
    spent = 0
    for item, kind in enumerate(ITEMS):
        if random.random() < _MISSING_SHARE:
            continue
        if item >= stops:
            responses.append({"item_id": item_id(item), "value": None, "state": "not_reached"})
            continue
        is_right = random.random() < 1 / (1 + math.exp(difficulties[item] - ability))
        duration = int(random.lognormvariate(10, 0.6))
        spent += duration
        responses.append(
            {
                "item_id": item_id(item),
                "value": _value(random, item, kind, words, is_right=is_right),
                "duration_ms": duration,
            }
        )
    submitted = started + timedelta(seconds=spent // 1000 + 30)
    return {
        "session_id": f"s-{number:08}",
        "candidate_id": f"c-{random.getrandbits(48):012x}",
        "assessment_id": ASSESSMENT,
        "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "submitted_at": f"{submitted:%Y-%m-%dT%H:%M:%SZ}",
        "context": {"site": f"site-{number % 40:02}", "language": ("en", "de", "sv")[number % 3]},
        "responses": responses,
    }


def _value(random: Random, item: int, kind: str, words: list[str], *, is_right: bool) -> Json:
    if kind == "choice":
        return _key(item) if is_right else random.choice(_OPTIONS[:4])
    if kind == "several":
        right = _right(item)
        return list(right) if is_right else sorted(random.sample(_OPTIONS, random.randint(1, 4)))
    if kind == "numeric":
        if is_right:
            return float(_number(item))
        wrong: list[Json] = [round(random.gauss(50, 20), 1), f"{random.randint(1, 99)} m", 0]
        return random.choice(wrong)
    if kind == "short_text":
        return _PLACES[item % 4] if is_right else random.choice(_PLACES)
    return _text(random, item, words, is_right=is_right)


def _text(random: Random, item: int, words: list[str], *, is_right: bool) -> str:
    """Return sentences of up to 300 characters; a right answer has some of the terms."""
    chosen = random.choices(words, k=random.randint(4, 48))
    if is_right:
        chosen[1::5] = random.choices(_terms(item), k=len(chosen[1::5]))
    for place in range(8, len(chosen), 9):
        chosen[place] += random.choice(".,.;!?.")
    return " ".join(chosen)[:300].capitalize()


def deliver(home: Path, count: int, *, day: str = DAY, seed: int = SEED) -> int:
    """Write a home with deliveries and rubric; return the number of responses."""
    folder = home / "deliveries" / day
    folder.mkdir(parents=True)
    rubrics = home / "rubrics" / ASSESSMENT
    rubrics.mkdir(parents=True, exist_ok=True)
    (rubrics / "1.yaml").write_text(rubric())
    responses = 0
    made = sessions(count, seed)
    for file in range(-(-count // _SESSIONS_A_FILE)):
        with (folder / f"delivery-{file:05}.jsonl").open("w", encoding="utf-8") as lines:
            for _, session in zip(range(_SESSIONS_A_FILE), made, strict=False):
                responses += len(session["responses"])
                lines.write(json.dumps(session, ensure_ascii=False, separators=(",", ":")) + "\n")
    return responses
