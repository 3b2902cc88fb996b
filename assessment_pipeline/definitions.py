"""What Dagster loads: `dagster dev`, its daemon, and each run's process start here."""

import os

from assessment_pipeline.defs.build import build_defs
from assessment_pipeline.services.event_log import configure_event_log
from assessment_pipeline.settings import load_settings

# The processes that Dagster starts write deliveries' content too; it is for their owner alone.
os.umask(0o077)

configure_event_log(load_settings())

defs = build_defs()
