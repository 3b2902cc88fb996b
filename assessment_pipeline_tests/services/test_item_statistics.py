"""Item statistics of a home: which score runs count, what is kept, and what never is."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from assessment_pipeline.core.statistics.results import ItemStatistics, Statistics
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.services.candidate_groups import read_groups
from assessment_pipeline.services.erasure import erase
from assessment_pipeline.services.indexes import FEATURES, ITEM_STATISTICS, SNAPSHOTS
from assessment_pipeline.services.item_statistics import (
    Grouping,
    KeptStatistics,
    compute_statistics,
    days_with_scores,
    keep_statistics,
    pointer_name,
)
from assessment_pipeline.services.statistics_step import make_statistics
from assessment_pipeline_tests.builders import DAY, Bench, files_below
from assessment_pipeline_tests.deliveries import response
from assessment_pipeline_tests.statistics_homes import (
    CANARY,
    CANDIDATES,
    RUBRIC,
    bench_of,
    rating,
    sitting,
)

LATER = "2025-11-21"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return a home that no test changes."""
    return bench_of(tmp_path_factory.mktemp("statistics") / "home")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_of(tmp_path / "home")


def statistics_of(bench: Bench, *days: str, **grouping: Any) -> Statistics:  # noqa: ANN401
    found, _ = compute_statistics(
        bench.home, days or (DAY,), "harbour", grouping=Grouping(**grouping)
    )
    (statistics,) = found
    return statistics


def item_of(statistics: Statistics, item_id: str) -> ItemStatistics:
    (found,) = [item for item in statistics.items if item.item_id == item_id]
    return found


def keep(bench: Bench, **grouping: Any) -> KeptStatistics:  # noqa: ANN401
    with bench.workplace() as place:
        (kept,) = keep_statistics(place, [DAY], grouping=Grouping(**grouping))
        return kept


def test_statistics_are_those_of_the_scorecards(shared: Bench) -> None:
    found = statistics_of(shared)
    rows = shared.table("scorecards")
    assert found.scores.n == len(rows) == CANDIDATES
    assert found.scores.mean == pytest.approx(
        sum(float(row["raw_score"]) for row in rows) / CANDIDATES
    )
    evidence = [row for row in shared.table("evidence") if row["item_id"] == "q3"]
    assert item_of(found, "q3").difficulty == pytest.approx(
        sum(float(row["raw_score"]) for row in evidence) / 2 / CANDIDATES
    )
    assert found.rubric_title == "Harbour & quay"


def test_a_wrong_key_is_flagged(shared: Bench) -> None:
    flags = {flag.code for flag in item_of(statistics_of(shared), "q1").flags}
    assert {"negative_discrimination", "distractor_better_than_key"} <= flags


SPELLINGS = """\
assessment_id: harbour
version: "1"
items:
  q1: {rule: match_correct, correct: true, base_type: boolean}
  q2: {rule: map_response, entries: [{key: A, points: 1, case_sensitive: false}]}
"""


def test_other_spellings_of_a_key_are_no_distractors(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", SPELLINGS, assessment_id="harbour")
    # Those who are good write it in the other way.
    given = [("1", "a"), ("true", "A"), ("0", "B"), ("false", "C")]
    bench.deliver(
        *(
            sitting(number, responses=[response("q1", true), response("q2", choice)])
            for number in range(CANDIDATES)
            for true, choice in [given[number % 8 // 2]]
        )
    )
    bench.run()
    found = statistics_of(bench)
    assert found.flagged == []
    options = item_of(found, "q1").options
    assert options is not None
    assert [(each.option, each.n) for each in options.options] == [("true", 12), ("false", 12)]


def test_times_and_places_come_with_the_items(shared: Bench) -> None:
    first = item_of(statistics_of(shared), "q1")
    assert first.times is not None
    assert first.times.n == CANDIDATES
    assert first.times.median == pytest.approx(5.15)
    assert first.position == 1


def test_raters_are_compared_by_their_latest_ratings(tmp_path: Path) -> None:
    sessions = [sitting(number) for number in range(CANDIDATES)]
    for each in sessions:
        each["responses"][-1]["ratings"] = [
            rating("r1", "0", rated_at="2025-11-22T09:30:00Z"),
            rating("r1", "1", rated_at="2025-11-22T10:00:00+01:00"),
            rating("r2", "1"),
            rating("m", "0", "machine"),
        ]
    found = statistics_of(bench_of(tmp_path / "home", *sessions)).agreement
    assert [(each.kinds, each.pairs, each.exact) for each in found] == [
        ("human-human", CANDIDATES, 0.0),
        ("human-machine", 2 * CANDIDATES, 0.5),
    ]
    assert found[0].mean_difference == 1


GAP = RUBRIC.replace("points: 1}]}]", "points: 1}, {id: '2', points: 2}]}]").replace(
    "{method: mean}", "{method: mean, adjudicate_if_gap_over: 1}"
)


def test_raters_who_are_too_far_apart_are_counted_where_they_stop_the_score(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", GAP, assessment_id="harbour")
    sessions = [sitting(number) for number in range(20)]
    for number, each in enumerate(sessions):
        levels = ("0", "2") if number % 2 else ("12"[number % 4 // 2],) * 2
        each["responses"][-1]["ratings"] = [
            rating(f"r{place}", level) for place, level in enumerate(levels)
        ]
    void = sitting(30, status="voided")
    again = sitting(0, session_id="again", attempt=2)
    bench.deliver(*sessions, void, again)
    bench.run()
    found = statistics_of(bench)
    assert (found.scores.n, found.left_out["provisional"]) == (10, 10)
    (agreed,) = found.agreement
    assert (agreed.pairs, agreed.exact, agreed.adjacent, agreed.mean_difference) == (
        20,
        0.5,
        0.5,
        1,
    )
    assert agreed.kappa is not None
    assert agreed.kappa < 0.5


def test_a_first_attempt_that_waits_is_rated_and_a_later_one_scored(tmp_path: Path) -> None:
    waiting = [sitting(number) for number in range(CANDIDATES)]
    for each in waiting:
        each["responses"][-1]["ratings"] = [rating("r1", "0"), rating("r2", "0")]
        each["responses"][3]["rubric"] = {"assessment_id": "nowhere", "version": "1"}
    again = [
        sitting(number, session_id=f"n{number}", attempt=2, submitted_at="2026-11-20T10:00:00Z")
        for number in range(CANDIDATES)
    ]
    bench = bench_of(tmp_path / "home", *waiting)
    bench.deliver(*again, day=LATER)
    bench.run(LATER)
    found = statistics_of(bench, DAY, LATER)
    assert (found.scores.n, found.left_out) == (CANDIDATES, {"blocked": CANDIDATES})
    assert [(each.pairs, each.exact) for each in found.agreement] == [(CANDIDATES, 1)]
    assert set(found.inputs) == {DAY, LATER}


def test_only_complete_score_runs_count(tmp_path: Path) -> None:
    more = [
        sitting(30, status="voided"),
        sitting(31, responses=[response("q5", "unrated")]),
        sitting(32, status="in_progress", submitted_at=None),
    ]
    found = statistics_of(bench_of(tmp_path / "home", *map(sitting, range(CANDIDATES)), *more))
    assert found.scores.n == CANDIDATES
    assert found.left_out == {"provisional": 1, "voided": 1}


def test_of_a_candidate_the_first_attempt_counts(tmp_path: Path) -> None:
    again = [sitting(number, attempt=2, responses=sitting(23)["responses"]) for number in range(6)]
    one = statistics_of(bench_of(tmp_path / "one", *again, *map(sitting, range(CANDIDATES))))
    assert one.left_out == {"later attempts": 6}
    assert one.scores == statistics_of(bench_of(tmp_path / "two")).scores


def test_of_sessions_without_attempt_numbers_the_first_submitted_counts(tmp_path: Path) -> None:
    earlier = sitting(
        0, session_id="zz", submitted_at="2020-01-01T00:00:00Z", responses=sitting(23)["responses"]
    )
    found = statistics_of(bench_of(tmp_path / "home", *map(sitting, range(CANDIDATES)), earlier))
    before = statistics_of(bench_of(tmp_path / "before")).scores
    # Candidate 0 now counts with what candidate 23 has.
    assert found.scores.n == CANDIDATES
    assert found.scores.counts[-1].n == before.counts[-1].n + 1


def test_of_a_session_on_several_days_the_latest_counts(bench: Bench) -> None:
    best = sitting(23)["responses"]
    bench.deliver(*(sitting(number, responses=best) for number in range(6)), day=LATER)
    bench.run(LATER)
    found = statistics_of(bench, DAY, LATER)
    assert found.scores.n == CANDIDATES
    assert found.left_out == {"delivered again on a later day": 6}
    assert [(day.delivery_date, day.n) for day in found.trend] == [
        (DAY, CANDIDATES - 6),
        (LATER, 6),
    ]
    assert set(found.inputs) == {DAY, LATER}


def test_a_session_that_was_voided_on_a_later_day_does_not_count(bench: Bench) -> None:
    bench.deliver(sitting(0, status="voided"), day=LATER)
    bench.run(LATER)
    assert statistics_of(bench, DAY, LATER).scores.n == CANDIDATES - 1


def test_each_rubric_version_has_statistics_of_its_own(bench: Bench) -> None:
    text = RUBRIC.replace('"1"', '"2"', 1) + "valid_from: 2026-11-21T00:00:00Z\n"
    bench.write_rubric("2", text, assessment_id="harbour")
    late = "2026-11-21T10:00:00Z"
    sessions = (sitting(number, session_id=f"n{number}", submitted_at=late) for number in range(6))
    bench.deliver(*sessions, day=LATER)
    bench.run(LATER)
    found, too_few = compute_statistics(bench.home, [DAY, LATER], "harbour")
    assert [(each.rubric_version, each.scores.n) for each in found] == [("1", CANDIDATES), ("2", 6)]
    assert too_few == ()
    only, _ = compute_statistics(bench.home, [DAY, LATER], "harbour", "2")
    assert only == found[1:]
    # What a version scored on other days is no input of it.
    assert set(found[1].inputs) == {LATER}


def test_a_policy_for_analysis_is_followed(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    policy = "policy: {missing_for_analysis: {omitted: exclude}}\n"
    bench.write_rubric("1", RUBRIC + policy, assessment_id="harbour")
    sessions = [sitting(number) for number in range(CANDIDATES)]
    for each in sessions[:6]:
        each["responses"][1]["value"] = None
    bench.deliver(*sessions)
    bench.run()
    second = item_of(statistics_of(bench), "q2")
    assert second.n == CANDIDATES - 6
    assert second.missing.omitted == 6


def test_items_of_other_assessments_are_no_items_of_this_one(tmp_path: Path) -> None:
    sessions = [sitting(number) for number in range(CANDIDATES)]
    for each in sessions:
        named = response("q01", "B", rubric={"assessment_id": "numeracy", "version": "1"})
        each["responses"].append(named)
    found = statistics_of(bench_of(tmp_path / "home", *sessions))
    assert [item.item_id for item in found.items] == ["q1", "q2", "q3", "q4", "q5"]
    assert found.scores.max_score == 6


OTHER = """\
assessment_id: numeracy
version: "1"
items:
  q1: {rule: match_correct, correct: B, points: 50}
  q5:
    rule: ratings
    criteria: [{id: style, levels: [{id: "0", points: 0}, {id: "1", points: 9}]}]
    resolve: {method: mean}
"""


@pytest.mark.parametrize(
    "named", [("numeracy", "1"), ("harbour", "2")], ids=["another assessment", "another version"]
)
def test_an_item_of_another_rubric_is_not_the_own_one_of_that_name(
    tmp_path: Path, named: tuple[str, str]
) -> None:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", RUBRIC, assessment_id="harbour")
    bench.write_rubric("1", OTHER, assessment_id="numeracy")
    newer = OTHER.replace("numeracy", "harbour").replace('version: "1"', 'version: "2"')
    bench.write_rubric("2", newer + "valid_from: 2030-01-01T00:00:00Z\n", assessment_id="harbour")
    sessions = [sitting(number) for number in range(CANDIDATES)]
    for each in sessions[:10]:
        for response_ in (each["responses"][0], each["responses"][-1]):
            response_["rubric"] = {"assessment_id": named[0], "version": named[1]}
    bench.deliver(*sessions)
    bench.run()
    found = statistics_of(bench)
    first = item_of(found, "q1")
    assert (first.n, first.max_score) == (CANDIDATES - 10, 1)
    assert first.times is not None
    assert first.times.n == CANDIDATES - 10
    assert first.missing.presented == CANDIDATES - 10
    assert [each.pairs for each in found.agreement] == [CANDIDATES - 10]
    assert (found.scores.n, found.scores.maximum) == (CANDIDATES, 5)


def test_groups_come_from_a_table(shared: Bench, tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    rows = [f"candidate-{number:02},{'ab'[number % 2]},x" for number in range(CANDIDATES)]
    path.write_text("\n".join(["Candidate_ID,group,more", *rows, "somebody-else,c"]), "utf-8")
    found = statistics_of(shared, by_candidate=read_groups(path), reference="b")
    assert {(dif.focal, dif.reference) for dif in item_of(found, "q2").dif} == {("a", "b")}
    assert item_of(found, "q2").dif[0].n > 0


def test_groups_come_from_the_context_of_deliveries(shared: Bench) -> None:
    found = statistics_of(shared, context_key="language")
    assert {dif.focal for dif in item_of(found, "q2").dif} == {"en"}
    assert item_of(statistics_of(shared, context_key="site"), "q2").dif == []


def test_a_reference_group_that_nobody_is_of_is_refused(shared: Bench) -> None:
    with pytest.raises(UsageError, match=r"reference group xx; name one of: cy, en\."):
        statistics_of(shared, context_key="language", reference="xx")


def deliver_numeracy(bench: Bench, count: int, day: str = LATER) -> None:
    """Deliver and score sessions of another assessment, without a context."""
    rubric = (
        'assessment_id: numeracy\nversion: "1"\nitems: {n1: {rule: match_correct, correct: A}}\n'
    )
    bench.write_rubric("1", rubric, assessment_id="numeracy")
    sessions = (
        sitting(
            number,
            assessment_id="numeracy",
            session_id=f"n{number}",
            context={},
            responses=[response("n1", "AB"[number % 2])],
        )
        for number in range(count)
    )
    bench.deliver(*sessions, day=day)
    bench.run(day)


def test_without_the_reference_group_an_assessment_is_made_without_dif_or_refused(
    bench: Bench,
) -> None:
    deliver_numeracy(bench, 9)
    grouping = Grouping(context_key="language", reference="en")
    with bench.workplace() as place:
        before = bench.content()
        with pytest.raises(UsageError, match="none is known"):
            make_statistics(place, (None, None), "numeracy", grouping)
        assert bench.content() == before
        result = make_statistics(place, (None, None), None, grouping)
    assert result.counts["assessments"] == 2
    assert result.notes == (
        "numeracy, rubric version 1: no candidate is of the reference group, so no DIF.",
    )
    assert {path.name for path in bench.home.statistics.glob("*-dif.csv")} == {"harbour-v1-dif.csv"}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("candidate_id,site\na,b\n", "line 1: name one column candidate_id and one group"),
        ("candidate_id,group,group\na,b,c\n", "line 1"),
        ("candidate_id,group\na\n", "line 2: a cell is empty"),
        ("candidate_id,group\na,x\na,y\n", "line 3: an earlier line gives .* another group"),
        ("candidate_id,group\n", "has no rows"),
    ],
)
def test_a_table_that_is_none_of_groups_is_refused(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=match):
        read_groups(path)


def test_of_few_candidates_there_are_no_statistics(tmp_path: Path) -> None:
    bench = bench_of(tmp_path / "home", *map(sitting, range(4)))
    with pytest.raises(NothingThereError, match="Fewer than 5 candidates"):
        statistics_of(bench)
    with bench.workplace() as place:
        result = make_statistics(place, (None, None))
    assert result.counts["candidates"] == 0
    assert "fewer than 5 candidates" in result.notes[0]


def test_what_is_not_there_is_said(shared: Bench) -> None:
    with pytest.raises(NothingThereError, match="No complete score run of nothing"):
        compute_statistics(shared.home, [DAY], "nothing")
    with pytest.raises(NothingThereError, match="by version 7 on these days; there are some by 1"):
        compute_statistics(shared.home, [DAY], "harbour", "7")
    with pytest.raises(NothingThereError, match="No day in that time is scored"):
        days_with_scores(shared.home, "2024-01-01", "2024-12-31")
    assert days_with_scores(shared.home, DAY, DAY) == (DAY,)
    with shared.workplace() as place, pytest.raises(NothingThereError, match="look at the"):
        make_statistics(place, (None, None), "nothing")


@pytest.mark.parametrize("asset", [SNAPSHOTS, FEATURES])
def test_a_day_that_is_half_made_is_not_taken(bench: Bench, asset: str) -> None:
    (bench.home.current / asset / f"{DAY}.json").unlink()
    with pytest.raises(IntegrityError, match=f"run `score --date {DAY}` again"):
        statistics_of(bench)


def test_a_day_whose_sessions_are_others_than_were_scored_is_not_taken(bench: Bench) -> None:
    pointer = bench.home.current / SNAPSHOTS / f"{DAY}.json"
    kept = pointer.read_bytes()
    bench.deliver(sitting(0), day=DAY)
    bench.run(accept_changed=True)
    other = pointer.read_bytes()
    assert other != kept
    bench.deliver(*map(sitting, range(CANDIDATES)))
    bench.run(accept_changed=True)
    pointer.write_bytes(other)
    with pytest.raises(IntegrityError, match="has not come to its end"):
        statistics_of(bench)


def test_kept_statistics_are_found_again_and_hold_no_candidate(bench: Bench) -> None:
    kept = keep(bench)
    pointer = bench.home.pointer(ITEM_STATISTICS, "harbour")
    assert pointer is not None
    assert pointer.content_hash == kept.content_hash
    index = msgspec.json.decode(bench.home.artifacts.read(pointer.artifact))
    (named,) = index["statistics"]
    line = (bench.home.artifacts.folder / f"{named['artifact']['sha256'][7:]}.jsonl").read_bytes()
    assert msgspec.json.decode(line, type=Statistics).scores.n == CANDIDATES
    for secret in (b"candidate-", b"session-", b"canary", b"an essay", b"r1", b"2025-11-23"):
        assert secret not in line


def test_kept_again_they_are_the_same_bytes(bench: Bench) -> None:
    assert keep(bench).is_changed
    before = bench.content()
    again = keep(bench)
    assert not again.is_changed
    assert bench.content() == before


def test_another_home_with_the_same_sessions_has_the_same_statistics(
    bench: Bench, tmp_path: Path
) -> None:
    other = Bench(tmp_path / "other")
    other.write_rubric("1", RUBRIC, assessment_id="harbour")
    # In other files, in another order.
    other.deliver(*map(sitting, reversed(range(10))), name="z")
    other.deliver(*map(sitting, range(10, CANDIDATES)), name="b")
    other.run()
    assert keep(bench).content_hash == keep(other).content_hash


def test_pages_and_artifacts_show_no_text_of_a_candidate(bench: Bench) -> None:
    before = set(files_below(bench.home.folder))
    with bench.workplace() as place:
        result = make_statistics(place, (DAY, None), "harbour", Grouping(context_key="language"))
    made = {
        name: content
        for name, content in files_below(bench.home.folder).items()
        if name not in before
    }
    assert {name for name in made if name.startswith("statistics/")} == {
        f"statistics/harbour-v1{ending}"
        for ending in (".html", ".json", "-items.csv", "-options.csv", "-dif.csv")
    }
    for content in made.values():
        assert CANARY.encode() not in content
        assert b"candidate-0" not in content
        assert b"session-0" not in content
    assert result.counts == {
        "assessments": 1,
        "candidates": CANDIDATES,
        "flagged_items": 1,
        "items": 5,
    }
    assert result.rubric_versions == ("harbour/1",)


def test_an_erased_candidate_is_gone_from_the_next_statistics(bench: Bench) -> None:
    keep(bench)
    with bench.workplace() as place:
        erase(place, "candidate-03", "ticket-1")
    assert b"candidate-03" not in b"".join(files_below(bench.home.folder).values())
    again = keep(bench)
    assert again.is_changed
    assert again.statistics[0].scores.n == CANDIDATES - 1
    assert bench.verify().outcome == "right"


def made(bench: Bench, *dates: str, assessment_id: str | None = None, **grouping: Any) -> Any:  # noqa: ANN401
    with bench.workplace() as place:
        first, last = dates or (None, None)
        return make_statistics(place, (first, last), assessment_id, Grouping(**grouping))


def shown(bench: Bench) -> set[str]:
    """Return which statistics are there: pages, and what is kept."""
    pages = {path.name.split(".")[0] for path in bench.home.statistics.iterdir()}
    return pages | set(bench.home.partitions_of(ITEM_STATISTICS))


HARBOUR = {"harbour", "harbour-v1", "harbour-v1-items", "harbour-v1-options"}
NUMERACY = {"numeracy", "numeracy-v1", "numeracy-v1-items", "numeracy-v1-options"}


@pytest.mark.parametrize("assessment_id", [None, "numeracy"])
def test_pages_that_count_an_erased_candidate_go_where_too_few_are_left(
    bench: Bench, assessment_id: str | None
) -> None:
    deliver_numeracy(bench, 5)
    assert not made(bench).notes
    assert shown(bench) == HARBOUR | NUMERACY
    with bench.workplace() as place:
        erase(place, "candidate-03", "ticket-1")
    result = made(bench, assessment_id=assessment_id)
    assert result.is_changed
    assert result.notes[-1] == "Statistics of before that are no longer made were removed."
    assert shown(bench) == HARBOUR | {"numeracy"}
    assert not made(bench, assessment_id=assessment_id).is_changed


@pytest.mark.parametrize("assessment_id", [None, "numeracy"])
def test_where_no_score_run_is_left_page_and_pointer_go(
    bench: Bench, assessment_id: str | None
) -> None:
    deliver_numeracy(bench, 5)
    made(bench)
    bench.deliver(sitting(0, session_id="n0", status="voided"), day=LATER)
    bench.run(LATER, accept_changed=True)
    made(bench, LATER, LATER)
    assert shown(bench) == HARBOUR | NUMERACY
    assert made(bench, assessment_id=assessment_id).is_changed
    assert shown(bench) == HARBOUR
    if assessment_id is not None:
        with pytest.raises(NothingThereError):
            made(bench, assessment_id=assessment_id)


def test_statistics_of_some_days_or_of_one_assessment_leave_those_of_others(bench: Bench) -> None:
    deliver_numeracy(bench, 5)
    made(bench, context_key="language")
    assert shown(bench) == HARBOUR | NUMERACY | {"harbour-v1-dif"}
    made(bench, LATER, LATER)
    made(bench, assessment_id="numeracy")
    assert shown(bench) == HARBOUR | NUMERACY | {"harbour-v1-dif"}
    made(bench, DAY, DAY)
    assert shown(bench) == HARBOUR | NUMERACY


def test_only_files_of_statistics_are_removed(bench: Bench) -> None:
    made(bench)
    for name in ("notes.txt", "harbour.json", "harbour-v2.json"):
        (bench.home.statistics / name).write_text("{}", "utf-8")
    copied = bench.home.statistics / "copy.json"
    copied.write_bytes((bench.home.statistics / "harbour-v1.json").read_bytes())
    made(bench, assessment_id="harbour")
    assert copied.is_file()
    made(bench)
    assert shown(bench) == HARBOUR | {"notes"}


def test_a_long_assessment_id_has_a_pointer_too() -> None:
    assert pointer_name("numeracy") == "numeracy"
    assert len(pointer_name("a" * 255)) == 64
