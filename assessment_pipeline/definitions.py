"""What Dagster loads: `dagster dev`, its daemon, and each run's process start here."""

import os

from assessment_pipeline.defs.build import build_defs

# The processes that Dagster starts write deliveries' content too; it is for their owner alone.
os.umask(0o077)

defs = build_defs()
