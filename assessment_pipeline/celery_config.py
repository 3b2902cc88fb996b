"""Celery's configuration as the settings have it, for the shared app and Dagster's run launcher.

Plain values. Imports no Celery, so that the instance's file can be written without it, and holds
no URL: these are secrets, and go to Celery by themselves.
"""

from typing import Final

from assessment_pipeline.settings import Settings

# Dagster gives a run up after this; a task is killed a little later, and its message comes again
# later still: a message that came again while its first reader is at work would do the work twice.
KILLED_AFTER_SECONDS: Final = 300
REDELIVERED_AFTER_SECONDS: Final = 600

# What a process has taken from the system goes back to it from time to time.
_TASKS_A_PROCESS: Final = 32
_CONTENT: Final = "json"


def celery_config(settings: Settings) -> dict[str, object]:
    """Return Celery's configuration.

    A task is acknowledged when it is done, taken one at a time, and given to another worker if its
    own was killed: every task can be done again without harm.
    """
    time_limit_seconds = settings.max_runtime_seconds + KILLED_AFTER_SECONDS
    config: dict[str, object] = {
        # JSON alone: to read a pickle is to run it.
        "accept_content": [_CONTENT],
        "result_accept_content": [_CONTENT],
        "task_serializer": _CONTENT,
        "result_serializer": _CONTENT,
        "event_serializer": _CONTENT,
        "enable_utc": True,
        "timezone": "UTC",
        **queue_config(settings.celery_queue),
        "worker_prefetch_multiplier": 1,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_track_started": True,
        "task_time_limit": time_limit_seconds,
        "worker_max_tasks_per_child": _TASKS_A_PROCESS,
        "result_expires": settings.celery_result_expires_seconds,
        # Events would carry the arguments of tasks to whoever listens.
        "worker_send_task_events": False,
        "task_send_sent_event": False,
        "broker_connection_retry_on_startup": True,
        # A run goes on without its broker; Dagster's status says how it ended.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
    }
    if not settings.is_celery_amqp:
        config["broker_transport_options"] = {
            # Redis knows no dead connection: after this it gives an unacknowledged message again.
            "visibility_timeout": time_limit_seconds + REDELIVERED_AFTER_SECONDS
        }
    return config


def queue_config(name: str) -> dict[str, object]:
    """Return the part that says which queue there is: this one, without priorities.

    Whoever sends and whoever serves have to declare a queue alike, or RabbitMQ refuses the second.
    Dagster's launcher sets a queue of its own up, with priorities, and has to be told again.
    """
    return {
        "task_default_queue": name,
        "task_queues": None,
        "task_routes": {},
        "task_queue_max_priority": None,
        "task_default_priority": None,
    }
