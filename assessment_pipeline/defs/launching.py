"""Where runs are executed: on this machine, or on Celery workers if there is a broker.

Parts of the instance's configuration, and no import of Celery, which need not be there.
"""

from importlib.util import find_spec

from assessment_pipeline.celery_config import celery_config
from assessment_pipeline.defs.run_launcher import LocalRunLauncher
from assessment_pipeline.errors import UsageError, how_to_install
from assessment_pipeline.settings import PREFIX, Settings


def launcher_config(settings: Settings) -> dict[str, object]:
    """Return the instance's run launcher and how fast it is fed.

    Without a broker the launcher is that of this machine.
    """
    if settings.celery_broker_url is None:
        return {
            "run_launcher": {
                "module": LocalRunLauncher.__module__,
                "class": LocalRunLauncher.__name__,
            }
        }
    if find_spec("dagster_celery") is None:
        raise UsageError(
            f"{PREFIX}CELERY_BROKER_URL is set and Celery is not installed: "
            f"{how_to_install('celery')}. Or unset it to run on this machine."
        )
    backend = "BROKER_URL" if settings.celery_result_backend is None else "RESULT_BACKEND"
    return {
        # A worker that waits for the next run is a core that does nothing; Dagster's is 5.
        "run_queue": {"dequeue_interval_seconds": 1},
        "run_launcher": {
            "module": "assessment_pipeline.defs.celery_launcher",
            "class": "CheckedCeleryRunLauncher",
            "config": {
                # By name: they may hold a password, and the file and every message would show it.
                "broker": {"env": f"{PREFIX}CELERY_BROKER_URL"},
                "backend": {"env": f"{PREFIX}CELERY_{backend}"},
                "default_queue": settings.celery_queue,
                "config_source": celery_config(settings),
            },
        },
    }


def launcher_monitoring(settings: Settings) -> dict[str, object]:
    """Return how runs on Celery workers are monitored, where that differs from this machine's."""
    if settings.celery_broker_url is None:
        return {}
    return {
        # To ask a worker costs milliseconds.
        "poll_interval_seconds": 10,
        # A run that waits for a free worker counts as starting.
        "start_timeout_seconds": 3_600,
    }
