"""Schema texts: what an editor shows beside each field of a rubric file.

Holds wording only, by model and field; a field that several models share in one sense stands once,
by its own name.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["description_of"]


def description_of(model: str, field: str) -> str:
    """Return what a field of a model is for.

    Raises:
        KeyError: nobody has written it down; add it below.
    """
    return _TEXTS.get(f"{model}.{field}") or _TEXTS[field]


_TEXTS: Final[Mapping[str, str]] = {
    # A rubric version
    "Rubric.assessment_id": "The assessment that it scores; the folder of the file has this name.",
    "Rubric.version": "The version; the file has this name. A version that has scored is frozen.",
    "Rubric.title": "A title for people; part of no score.",
    "Rubric.valid_from": "Scores sessions submitted from then on, until a later version's "
    "valid_from; without it from the beginning. With an offset, such as 2026-09-01T00:00:00Z.",
    "Rubric.replaces": "The version that this one corrects: it takes over that one's validity, "
    "instead of valid_from, and needs a reason.",
    "Rubric.reason": "Why it replaces another version.",
    "Rubric.policy": "What holds for all items and for the total.",
    "Rubric.dimensions": "Subscores by name, each with the items that count in it.",
    "Rubric.performance_levels": "Levels with inclusive lower bounds, compared with the exact "
    "total before rounding. Their order does not matter.",
    "Rubric.scale": "The scale score of the rounded total: a table, or a line.",
    "Rubric.items": "The items by id, each with a rule.",
    "Rubric.default_item": "The rule of items that are not listed; without it they are "
    "`unscorable`. `{rule: void}` suits screens that are not scored.",
    # Policies
    "missing": "What becomes of a response that is not answered, by its state: zero gives no "
    "points, exclude takes the item out of the maximum too, rule asks the item's rule.",
    "missing_for_analysis": "What statistics make of missing responses; no score reads it. "
    "Without it, what scoring makes of them.",
    "formula_scoring": "What a wrong answer costs in single-choice items that do not say so "
    "themselves: points/(choices - 1).",
    "late": "What handing in after the due time costs.",
    "floor": "The lowest total; null for none. Without it 0.",
    "rounding": "How the total is rounded, once; without it nothing is rounded.",
    "omitted": "Seen and left out.",
    "not_reached": "Not come to, such as when time ran out.",
    "not_presented": "Never shown to the candidate.",
    "invalid": "An answer that the item cannot have, such as a word for a number.",
    "absent": "The delivery does not speak of the item.",
    "choices": "How many options there are to choose from.",
    "Rounding.mode": "half_up sends ties towards +infinity (as QTI), half_away away from zero, "
    "half_even to the even neighbour.",
    "decimals": "How many decimals are kept.",
    "LatePolicy.mode": "none, fixed points, percent for every unit started, or zero: nothing "
    "handed in late counts.",
    "grace_minutes": "So many minutes after the due time are still in time.",
    "LatePolicy.points": "Of mode fixed: what is taken off.",
    "percent": "Of mode percent_per_unit: what every unit started takes off.",
    "unit": "Of mode percent_per_unit: minutes, hours or days.",
    "of": "Of what the percent are: the maximum (without it), or the score reached.",
    "cap": "The most that is taken off, in percent; without it 100.",
    # Dimensions, levels, scale
    "title": "A title for people; part of no score.",
    "descriptor": "What it stands for, in words; part of no score.",
    "Dimension.items": "The items that count in it; an item can also name its dimension itself.",
    "PerformanceLevel.level": "The level's name, as it stands in scorecards.csv.",
    "PerformanceLevel.minimum": "The exact total from which on the level is reached.",
    "ScaleRow.minimum": "The rounded total from which on the row counts.",
    "inclusive": "false: only totals above the minimum.",
    "ScaleRow.value": "The scale score.",
    "table": "Rows by minimum; the highest one that the rounded total reaches counts.",
    "linear": "slope x rounded total + intercept, within minimum and maximum.",
    "slope": "What a point adds to the scale score.",
    "ScaleLine.intercept": "The scale score of a total of 0.",
    "ScaleLine.minimum": "The lowest scale score.",
    "ScaleLine.maximum": "The highest scale score.",
    # Every item
    "rule": "How the item is scored.",
    "points": "What full credit is worth; without it 1.",
    "weight": "Multiplies score and maximum; without it 1.",
    "dimension": "A dimension that the item counts in besides those that list it.",
    "examples": "Responses with the points that the rule alone must give them; checked on loading.",
    "Example.response": "A response as a delivery holds it.",
    "Example.points": "The points that the rule gives it, before weight.",
    "status": "Instead of points: the rule cannot give any.",
    "features": "Features that stand in for those of the response, for rules that read features.",
    "Example.ratings": "Ratings that come with the response, for rules that read ratings.",
    "rater_id": "Who rated.",
    "criterion_id": "The criterion that was rated.",
    "level_id": "The level that was given.",
    "ExampleRating.kind": "A human or a machine rating.",
    "rated_at": "When; a later rating of the same rater counts.",
    # match_correct and the map rules
    "MatchCorrect.correct": "The correct value, or a list of them.",
    "cardinality": "single takes one value; multiple any number, in any order; ordered a sequence.",
    "base_type": "How values are compared: as texts, numbers, pairs in any order, points.",
    "guessing_penalty": "What a wrong answer costs here: points/(choices - 1).",
    "entries": "What values are worth.",
    "MapEntry.key": "The value.",
    "MapEntry.points": "What it is worth.",
    "case_sensitive": "false: capitals do not matter.",
    "default": "What a value without an entry is worth; without it 0.",
    "MapResponsePoint.default": "What hitting no area is worth, once; without it 0.",
    "blank": "What no response is worth; without it the default.",
    "lower_bound": "The lowest points that the item gives.",
    "upper_bound": "The highest points that the item gives, and its maximum unless points say so.",
    "MapResponse.points": "The item's maximum only, it scales nothing; without it upper_bound, "
    "else the best reachable sum.",
    "MapResponsePoint.points": "The item's maximum only, it scales nothing; without it "
    "upper_bound, else the best reachable sum.",
    "areas": "What hitting a part of the picture is worth; each counts once.",
    "shape": "circle, rect, poly, ellipse, or default: everything.",
    "coords": "circle: x, y, radius; rect: left, top, right, bottom; poly: x1, y1, x2, y2, ...; "
    "ellipse: x, y, horizontal radius, vertical radius. Whole numbers.",
    "Area.points": "What hitting it is worth.",
    # numeric and text
    "Numeric.answers": "Accepted numbers; the first that matches counts.",
    "NumericAnswer.value": "The number.",
    "NumericAnswer.tolerance": "How near is near enough; without it exactly.",
    "fraction": "The part of the points that it is worth; without it 1.",
    "Tolerance.mode": "exact; absolute or relative distance; geometric factor; equal to so many "
    "significant figures or decimal places.",
    "Tolerance.value": "The distance on both sides; relative ones are of the answer's size.",
    "lower": "The distance below; together with upper instead of value.",
    "upper": "The distance above; together with lower instead of value.",
    "figures": "How many figures or places are compared.",
    "TextRule.answers": "Accepted texts; the first that matches counts.",
    "TextAnswer.text": "The text or pattern.",
    "match": "exact; wildcard (* is any run of characters); regex (RE2, of the whole text); "
    "edit_distance (at most max_edits).",
    "max_edits": "Of match edit_distance: insertions, deletions and substitutions allowed.",
    "normalise": "Which differences between texts do not matter.",
    # multi_select, ordering, keywords
    "MultiSelect.correct": "The correct options.",
    "options": "All options; a pick that is none of them is an invalid response.",
    "MultiSelect.method": "How picks become a part of the points, see the rules.",
    "Ordering.correct": "The correct order.",
    "Ordering.method": "How the order becomes a part of the points, see the rules.",
    "Keywords.criteria": "What a response should speak of; the points of those met add up, to at "
    "most the item's points.",
    "whole_words": "false: a term may be part of a longer word.",
    "id": "Its name within the item.",
    "any_of": "Terms, any of which meets the criterion.",
    "KeywordCriterion.points": "What meeting it is worth.",
    # feature rules
    "bands": "From which value of a feature on how many points are given.",
    "feature": "A feature of the response, see the features.",
    "FeatureBand.minimum": "The value from which on the band is reached.",
    "FeatureBand.points": "What the band is worth.",
    "FeatureBands.points": "The maximum; without it the best reachable sum.",
    "terms": "The features, and what each unit of them is worth.",
    "coefficient": "What a unit of the feature is worth.",
    "FeatureLinear.intercept": "The points before any feature counts.",
    "trim": "The ends of the score.",
    "Trim.minimum": "The lowest score, before tolerance.",
    "Trim.maximum": "The highest score, before tolerance.",
    "Trim.tolerance": "By how much both ends are extended.",
    "FeatureLinear.points": "The maximum; without it the highest score that trim leaves.",
    # ratings
    "Ratings.criteria": "What raters look at.",
    "Ratings.points": "The maximum; without it the best reachable sum.",
    "RatingCriterion.weight": "Multiplies the criterion's points; without it 1.",
    "levels": "The levels that raters choose from.",
    "RatingLevel.points": "What the level is worth.",
    "resolve": "How several ratings of a criterion become its points.",
    "Resolve.method": "single takes one rating; latest, mean, median, higher and lower several.",
    "Resolve.rounding": "Rounds each criterion's points to whole ones.",
    "adjudicate_if_gap_over": "If the first two ratings lie further apart, a third is needed.",
    "adjudication": "parity: the method reads all ratings; expert: the last one stands alone.",
    "minimum_ratings": "With fewer of any criterion the item is pending.",
    "Resolve.kind": "Which ratings count.",
    # composite and awards
    "combine": "How the points of the parts become the item's.",
    "parts": "Rules over the same response.",
    "count": "Of combine count_at_least: so many parts must have full credit.",
    "select": "Which value of the response the part judges, from 1; without it the whole response.",
    "item": "The part's rule.",
    "Constant.points": "What every response gets.",
    "FullCredit.points": "What everyone gets; without it 1.",
    "who": "Everyone, or everyone who answered.",
    "Void.points": "Not read: the item does not count.",
}
