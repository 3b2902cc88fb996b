"""A process that runs the job on one day as Dagster's daemon would have it run.

`python -m assessment_pipeline_tests.pipeline.run_job sensor|backfill DAY` with the home in the
environment; it says `ready` and waits for a line before it begins, so that several begin at once.
"""

import sys
from collections.abc import Mapping

import dagster as dg

from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.defs.instance import open_instance
from assessment_pipeline.defs.jobs import NIGHTLY_SCORING
from assessment_pipeline.defs.sensors import look_at_deliveries
from assessment_pipeline.services.steps import utc_now
from assessment_pipeline.settings import Settings, load_settings
from assessment_pipeline.storage.home import Home


def tags_of(
    launcher: str, settings: Settings, day: str, instance: dg.DagsterInstance
) -> Mapping[str, str]:
    """Return the tags of a run that a launcher asks for."""
    if launcher == "backfill":
        return {"dagster/backfill": "abcdefgh"}
    # The sensor asks for a day when two looks at it agree.
    seen = look_at_deliveries(settings, utc_now(), {}, instance).seen
    look = look_at_deliveries(settings, utc_now(), seen, instance)
    (request,) = (each for each in look.requests if each.partition_key == day)
    assert request.run_key is not None
    return {**request.tags, "dagster/run_key": request.run_key}


def main() -> None:
    """Run the job."""
    launcher, day = sys.argv[1:]
    settings = load_settings()
    job = build_defs(settings).resolve_job_def(NIGHTLY_SCORING)
    with open_instance(Home(settings.home), settings) as instance:
        tags = tags_of(launcher, settings, day, instance)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        result = job.execute_in_process(
            instance=instance, partition_key=day, tags=dict(tags), raise_on_error=False
        )
    sys.exit(0 if result.success else 1)


if __name__ == "__main__":
    main()
