"""A process that scores the small day, to be killed at any moment.

`python -m assessment_pipeline_tests.faults.day_runner HOME` says `ready` before it begins.
"""

import sys
from pathlib import Path

from assessment_pipeline_tests.builders import Bench


def run_day(home: Path) -> None:
    """Run every step of the day."""
    bench = Bench(home)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    bench.run()


if __name__ == "__main__":
    run_day(Path(sys.argv[1]))
