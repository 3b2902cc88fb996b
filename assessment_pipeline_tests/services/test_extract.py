"""Extract: features of every captured record, stored by delivery file, rubrics or not."""

import json
from pathlib import Path

import pytest

from assessment_pipeline.core.hashing import content_hash, hash_bytes, partition_hash
from assessment_pipeline.services.indexes import FEATURES, FeatureRow, FeaturesIndex, read_rows
from assessment_pipeline_tests.builders import Bench, answers
from assessment_pipeline_tests.deliveries import response


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def lines_of(bench: Bench) -> list[list[bytes]]:
    index = bench.index(FEATURES, FeaturesIndex)
    return [list(bench.home.artifacts.lines(chunk.features)) for chunk in index.chunks]


def test_a_day_s_features_hash_is_the_root_over_ids_and_lines(bench: Bench) -> None:
    sessions = [answers("s1"), answers("s2", None)]
    bench.deliver(*sessions)

    result = bench.run()[FEATURES]

    (lines,) = lines_of(bench)
    leaves = zip(map(content_hash, sessions), map(hash_bytes, lines), strict=True)
    assert result.content_hash == partition_hash(leaves)
    assert result.counts["sessions"] == 2


def test_rows_say_where_each_line_lies_and_what_it_hashes_to(bench: Bench) -> None:
    bench.deliver(answers("s1"), answers("s2", "C"), answers("s3", ""))
    bench.run()
    (chunk,) = bench.index(FEATURES, FeaturesIndex).chunks
    store = bench.home.artifacts

    content = store.read(chunk.features)
    for row, line in zip(read_rows(store, chunk.rows, FeatureRow), lines_of(bench)[0], strict=True):
        assert content[row.offset : row.offset + row.length] == line
        assert row.features_hash == hash_bytes(line)


def test_features_do_not_depend_on_rubrics(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    other.write_rubric("1", "not a rubric")
    for each in (bench, other):
        each.deliver(answers("s1"))

    assert bench.run()[FEATURES].content_hash == other.run()[FEATURES].content_hash


def test_one_more_delivery_file_leaves_the_features_of_the_others(bench: Bench) -> None:
    bench.deliver(answers("s1"), name="a")
    bench.run()
    (before,) = bench.index(FEATURES, FeaturesIndex).chunks
    bench.deliver(answers("s2"), name="b")
    bench.run()

    after = bench.index(FEATURES, FeaturesIndex).chunks
    assert len(after) == 2
    assert after[0] == before


def test_a_session_s_features_are_the_same_in_any_file(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    bench.deliver(answers("s1"), answers("s2"))
    other.deliver(answers("s2"), name="a")
    other.deliver(answers("s1"), name="b")
    bench.run()
    other.run()

    assert sorted(sum(lines_of(bench), [])) == sorted(sum(lines_of(other), []))  # noqa: RUF017 - few
    hashes = [each.index(FEATURES, FeaturesIndex).content_hash for each in (bench, other)]
    assert hashes[0] == hashes[1]


def test_features_of_hostile_responses_are_kept_with_reasons(bench: Bench) -> None:
    values = ["", " ", [], [""], "\u2028", 1e300, -(2**63), True, "x" * 60_000, "=1+1", None]
    items = [response(f"q{n:02}", value, state="answered") for n, value in enumerate(values)]
    bench.deliver(answers("s1") | {"responses": items})

    bench.run()

    ((line,),) = lines_of(bench)
    columns = json.loads(line)["features"]
    assert columns["characters"][8] == 60_000
    assert columns["number"][6] == str(-(2**63))
    assert None not in columns["trailing_unanswered"]
