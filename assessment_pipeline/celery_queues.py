"""The one queue of an installation, declared the same way by whoever sends and whoever serves.

Dagster sends its runs with the queue's name and the task's as the routing key, such as
`assessment_pipeline.execute_job`: a topic exchange takes all of these to the queue. The direct
exchange that Celery would make of itself takes them nowhere, and RabbitMQ drops them in silence.
"""

from celery import Celery
from kombu import Exchange, Queue


def declare_queue(app: Celery, name: str) -> None:
    """Let an app send to this queue and serve it."""
    app.conf.update(
        task_queues=(Queue(name, Exchange(name, type="topic"), routing_key=f"{name}.#"),),
        task_default_queue=name,
        task_default_exchange=name,
        task_default_exchange_type="topic",
        task_default_routing_key=f"{name}.task",
        # What Dagster's own app says, of a queue that is not there.
        task_routes={},
        task_queue_max_priority=None,
        task_default_priority=None,
    )
