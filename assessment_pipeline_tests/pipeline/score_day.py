"""Scores a day of a home without Dagster; the tests of equal bytes start it as a process."""

import sys
from pathlib import Path

from assessment_pipeline_tests.builders import Bench

if __name__ == "__main__":
    Bench(Path(sys.argv[1])).run(sys.argv[2])
