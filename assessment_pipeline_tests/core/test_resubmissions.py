"""Resubmissions within a day: who stands, who is replaced, who conflicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.resubmissions import Outcome, Submission, resolve

STANDING, REPLACED = Outcome.STANDING, Outcome.REPLACED
DUPLICATE, CONFLICTING = Outcome.DUPLICATE, Outcome.CONFLICTING


def sent(
    name: str, supersedes: str | None = None, status: str = "submitted", attempt: int = 1
) -> Submission:
    return Submission("s-1", attempt, f"id-{name}", status, supersedes and f"id-{supersedes}")


def test_single_records_stand() -> None:
    records = [Submission(f"s-{n}", 1, f"id-{n}", "submitted") for n in range(3)]

    assert resolve(records) == [STANDING] * 3
    assert resolve([]) == []


def test_attempts_are_decided_apart() -> None:
    assert resolve([sent("a"), sent("b", attempt=2), sent("c", attempt=2)]) == [
        STANDING,
        STANDING,
        CONFLICTING,
    ]


def test_equal_content_again_is_a_duplicate() -> None:
    assert resolve([sent("a"), sent("a"), sent("a")]) == [STANDING, DUPLICATE, DUPLICATE]


def test_content_that_was_replaced_is_a_duplicate_when_it_comes_again() -> None:
    assert resolve([sent("a"), sent("b", "a"), sent("a")]) == [REPLACED, STANDING, DUPLICATE]


def test_content_that_conflicts_is_a_duplicate_when_it_comes_again() -> None:
    assert resolve([sent("a"), sent("b"), sent("b")]) == [STANDING, CONFLICTING, DUPLICATE]


def test_other_content_conflicts_and_the_first_stands() -> None:
    assert resolve([sent("a"), sent("b")]) == [STANDING, CONFLICTING]


@pytest.mark.parametrize("status", ["submitted", "voided", "in_progress"])
def test_a_correction_replaces_what_it_supersedes_in_either_order(status: str) -> None:
    first, correction = sent("a", status=status), sent("b", "a")

    assert resolve([first, correction]) == [REPLACED, STANDING]
    assert resolve([correction, first]) == [STANDING, REPLACED]


def test_a_correction_of_something_else_conflicts() -> None:
    assert resolve([sent("a"), sent("b", "z")]) == [STANDING, CONFLICTING]


def test_of_two_corrections_of_one_record_the_first_stands() -> None:
    assert resolve([sent("a"), sent("b", "a"), sent("c", "a")]) == [REPLACED, STANDING, CONFLICTING]
    assert resolve([sent("b", "a"), sent("c", "a"), sent("a")]) == [STANDING, CONFLICTING, REPLACED]


def test_of_two_corrections_that_wait_the_first_is_taken() -> None:
    order = [sent("x"), sent("c", "b"), sent("d", "b"), sent("b", "x")]

    assert resolve(order) == [REPLACED, STANDING, CONFLICTING, REPLACED]


def test_what_follows_a_session_in_progress_replaces_it() -> None:
    in_progress = sent("a", status="in_progress")
    more = sent("b", status="in_progress")

    assert resolve([in_progress, more, sent("c")]) == [REPLACED, REPLACED, STANDING]


def test_a_session_in_progress_that_follows_a_submitted_one_conflicts() -> None:
    assert resolve([sent("a"), sent("b", status="in_progress")]) == [STANDING, CONFLICTING]


def test_voiding_that_follows_replaces() -> None:
    assert resolve([sent("a"), sent("b", status="voided")]) == [REPLACED, STANDING]


def test_what_follows_voiding_conflicts() -> None:
    assert resolve([sent("a", status="voided"), sent("b")]) == [STANDING, CONFLICTING]


def test_voiding_that_was_superseded_does_not_replace_its_correction() -> None:
    assert resolve([sent("b", "a"), sent("a", status="voided")]) == [STANDING, REPLACED]


def test_who_waits_is_not_taken_for_following_a_later_session_in_progress() -> None:
    # "b" came after "a" had been submitted; that "c" is in progress since does not let it in.
    order = [sent("a"), sent("b"), sent("c", "a", status="in_progress")]

    assert resolve(order) == [REPLACED, CONFLICTING, STANDING]


@given(st.integers(1, 8).flatmap(lambda length: st.permutations(range(length))))
def test_a_chain_of_corrections_ends_the_same_in_any_order(order: list[int]) -> None:
    chain = [sent(str(n), str(n - 1) if n else None) for n in range(len(order))]

    outcomes = resolve([chain[n] for n in order])

    assert dict(zip(order, outcomes, strict=True)) == {
        n: STANDING if n == len(order) - 1 else REPLACED for n in order
    }


@given(
    st.lists(
        st.builds(
            sent,
            st.sampled_from("abcd"),
            st.none() | st.sampled_from("abcd"),
            st.sampled_from(["submitted", "voided", "in_progress"]),
        ),
        min_size=1,
    )
)
def test_exactly_one_record_stands_and_each_content_counts_once(records: list[Submission]) -> None:
    outcomes = resolve(records)

    assert outcomes.count(STANDING) == 1
    contents = {record.response_snapshot_id for record in records}
    assert outcomes.count(DUPLICATE) == len(records) - len(contents)


def test_a_day_of_corrections_of_one_session_takes_no_time_to_speak_of() -> None:
    # Backwards, so that every record waits for the last; quadratic work would take minutes.
    last = 30_000
    backwards = [sent(str(n), str(n - 1)) for n in range(last, 0, -1)]
    odd_first = [*backwards[::2], *backwards[1::2], sent("0")]

    outcomes = resolve(odd_first)

    assert outcomes[0] is STANDING
    assert outcomes.count(REPLACED) == last


def test_a_correction_that_was_replaced_while_it_waited_does_not_come_back() -> None:
    records = [sent("a"), sent("c", "b"), sent("e", "c", status="voided"), sent("b", "e")]

    assert resolve(records) == [REPLACED, REPLACED, REPLACED, STANDING]
