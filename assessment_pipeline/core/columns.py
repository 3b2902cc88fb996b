"""What every exported column means, in the order in which it stands in its file.

Pure. The one place that says it: the CSV writer takes the order from here, Dagster's page and the
documentation the meaning. How a cell is written is `exports`. The types are those of the
Frictionless Table Schema, the points exact text or decimals as the contract has them.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

SCORECARDS: Final = "scorecards.csv"
SUBSCORES: Final = "subscores.csv"
EVIDENCE: Final = "evidence.csv"

ColumnType = Literal["string", "integer", "number", "date", "datetime"]


class Column(NamedTuple):
    """One column: its name, what its cells are, and what they mean."""

    name: str
    type: ColumnType
    meaning: str
    is_required: bool = True
    """Whether every row has a value; else an empty cell says that there is none."""


_KEYS: Final = (
    Column("delivery_date", "date", "The day on which the session was delivered."),
    Column("assessment_id", "string", "Which assessment was taken."),
    Column("session_id", "string", "The delivery session: one sitting of one candidate."),
    Column("attempt", "integer", "Which attempt at the assessment, from 1."),
    Column("candidate_id", "string", "The candidate's pseudonym, as delivered."),
)

TABLES: Final[Mapping[str, tuple[Column, ...]]] = {
    EVIDENCE: (
        *_KEYS,
        Column("item_id", "string", "Which item of the assessment."),
        Column(
            "item_status",
            "string",
            "What became of the item: scored, scored_missing (no response, points by policy), "
            "pending_ratings, unscorable, voided, excluded, or error.",
        ),
        Column(
            "response_state",
            "string",
            "What kind of response there was: answered, omitted, not_reached, not_presented, "
            "invalid, or absent (the delivery lacks the item).",
        ),
        Column(
            "response",
            "string",
            "The response: text as it is, lists and numbers as JSON; empty if there was none.",
            is_required=False,
        ),
        Column("rule", "string", "The scoring rule that was used.", is_required=False),
        Column(
            "rubric_version",
            "string",
            "The rubric version that scored the item; assessment/version if another assessment's.",
            is_required=False,
        ),
        Column(
            "raw_score",
            "number",
            "Points for the item after its weight; empty unless it was scored.",
            is_required=False,
        ),
        Column(
            "raw_score_exact",
            "string",
            "The same points exactly: a decimal, or a fraction such as 1/3.",
            is_required=False,
        ),
        Column(
            "max_score",
            "number",
            "What full credit for the item is worth, after its weight.",
            is_required=False,
        ),
        Column("weight", "string", "What the item's points are multiplied by.", is_required=False),
        Column("duration_ms", "integer", "Time on the item in milliseconds.", is_required=False),
        Column("explanation", "string", "Why the response has these points, in words."),
        Column("score_run_id", "string", "The score run that this is evidence for."),
    ),
    SCORECARDS: (
        *_KEYS,
        Column(
            "submitted_at",
            "datetime",
            "When the candidate submitted, as delivered.",
            is_required=False,
        ),
        Column(
            "status",
            "string",
            "complete, provisional (ratings are pending), blocked (an item cannot be scored), "
            "or voided. Only a complete scorecard has percent, scale score and level.",
        ),
        Column(
            "raw_score",
            "number",
            "The total of points, after floor and rounding.",
            is_required=False,
        ),
        Column(
            "raw_score_exact",
            "string",
            "The exact total after the floor, before rounding: a decimal, or a fraction.",
            is_required=False,
        ),
        Column("max_score", "number", "The total of full credit.", is_required=False),
        Column(
            "percent",
            "number",
            "The exact total as percent of the maximum, to two places.",
            is_required=False,
        ),
        Column(
            "scale_score", "string", "The total on the rubric's reporting scale.", is_required=False
        ),
        Column(
            "performance_level",
            "string",
            "The highest level of the rubric that the exact total reaches.",
            is_required=False,
        ),
        Column(
            "rubric_version",
            "string",
            "The rubric version that scored the session.",
            is_required=False,
        ),
        Column("feature_version", "string", "The version of the measures taken of responses."),
        Column("engine_version", "string", "The version of the scoring rules' program."),
        Column(
            "response_snapshot_id", "string", "The content hash of the session as it was delivered."
        ),
        Column(
            "supersedes",
            "string",
            "The snapshot that this one corrects, if the delivery says so.",
            is_required=False,
        ),
        Column(
            "score_run_id",
            "string",
            "The content hash of what went in: snapshot, rubrics and versions.",
        ),
        Column("output_hash", "string", "The content hash of the result."),
    ),
    SUBSCORES: (
        *_KEYS,
        Column("dimension", "string", "Which dimension of the rubric the subscore is of."),
        Column("raw_score", "number", "Points for the items of the dimension."),
        Column("raw_score_exact", "string", "The same points exactly: a decimal, or a fraction."),
        Column("max_score", "number", "What full credit for these items is worth."),
        Column(
            "percent",
            "number",
            "Points as percent of the maximum; only of a complete scorecard.",
            is_required=False,
        ),
    ),
}
