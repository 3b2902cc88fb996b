"""The shared Celery app: its configuration, its tasks, and life without Celery."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from assessment_pipeline import celery_app
from assessment_pipeline.celery_config import celery_config
from assessment_pipeline.defs.celery_launcher import CheckedCeleryRunLauncher
from assessment_pipeline.defs.instance import (
    instance_config,
    open_instance,
    write_instance_config,
)
from assessment_pipeline.errors import (
    AssessmentPipelineError,
    NothingThereError,
    StorageError,
    UsageError,
    how_to_install,
)
from assessment_pipeline.services.steps import StepResult, Workplace
from assessment_pipeline.settings import PREFIX, load_settings
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.builders import Bench, files_below
from assessment_pipeline_tests.deliveries import response, session
from assessment_pipeline_tests.installations import DAY, answers

REDIS = "redis://127.0.0.1:6379/0"
CANARY = "the candidate's own words"
# Runs a program in an environment without the extra: its packages are not found.
WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        extra = {"billiard", "celery", "dagster_celery", "kombu", "redis"}
        return None if name.partition(".")[0] in extra else super().find_spec(name, path, target)

sys.meta_path[:] = [Without if each is PathFinder else each for each in sys.meta_path]
"""
COMMAND = "from assessment_pipeline.cli import main; sys.argv[1:] = {}; main()"
INSTALL = how_to_install("celery")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return an installation of one day that is scored, and that the tasks take for theirs."""
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s-1"), answers("s-2", "C"))
    bench.score()
    monkeypatch.setenv(f"{PREFIX}HOME", str(bench.home.folder))
    monkeypatch.setenv(f"{PREFIX}FIRST_DATE", "2025-01-01")
    return bench


def done_here(task: str, delivery_date: object) -> dict[str, object]:
    """Run a task in this process, without a broker; return what it gives or raise its error."""
    made = celery_app.app.tasks[f"assessment_pipeline.{task}"].apply((delivery_date,))
    given: dict[str, object] = made.get()
    return given


def without_celery(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_json_is_all_that_is_sent_and_taken() -> None:
    config = celery_config(load_settings())
    said = {name: config[name] for name in config if name.endswith(("content", "serializer"))}
    assert said == {
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "event_serializer": "json",
    }
    assert celery_app.app.conf.accept_content == ["json"]


def test_a_task_is_taken_alone_and_acknowledged_when_it_is_done() -> None:
    conf = celery_app.app.conf
    assert conf.worker_prefetch_multiplier == 1
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.timezone == "UTC"
    assert not conf.worker_send_task_events
    assert not conf.task_send_sent_event


def test_no_message_comes_again_while_a_task_may_still_be_at_work() -> None:
    settings = load_settings(celery_broker_url=REDIS, max_runtime_seconds=7_200)
    config = celery_config(settings)
    transport = config["broker_transport_options"]
    assert isinstance(transport, dict)
    limit = config["task_time_limit"]
    assert isinstance(limit, int)
    assert 7_200 < limit < transport["visibility_timeout"]


def test_rabbitmq_is_told_nothing_that_only_redis_knows() -> None:
    settings = load_settings(
        celery_broker_url="amqps://user:secret@broker/", celery_result_backend=REDIS
    )
    assert "broker_transport_options" not in celery_config(settings)


def test_the_launcher_and_the_app_declare_the_same_one_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}CELERY_BROKER_URL", REDIS)
    settings = load_settings(home=tmp_path / "home")
    with open_instance(Home(settings.home), settings) as instance:
        launcher = instance.run_launcher
    assert isinstance(launcher, CheckedCeleryRunLauncher)
    ours, theirs = (
        {queue.name: (queue.exchange, queue.routing_key, queue.queue_arguments) for queue in queues}
        for queues in (app.amqp.queues.values() for app in (celery_app.app, launcher.celery))
    )
    assert ours == theirs
    assert list(ours) == ["assessment_pipeline"]
    assert launcher.celery.conf.accept_content == ["json"]
    assert launcher.celery.conf.task_serializer == "json"


def test_the_instance_names_the_broker_by_its_variable_alone(tmp_path: Path) -> None:
    url = "rediss://:r3dis-canary@broker:6380/0"
    settings = load_settings(home=tmp_path / "home", celery_broker_url=url)
    text = write_instance_config(Home(settings.home), settings).read_text()
    launcher = yaml.safe_load(text)["run_launcher"]

    assert "r3dis-canary" not in text
    assert launcher["config"]["broker"] == {"env": f"{PREFIX}CELERY_BROKER_URL"}
    assert launcher["config"]["backend"] == {"env": f"{PREFIX}CELERY_BROKER_URL"}


def test_results_can_be_kept_elsewhere(tmp_path: Path) -> None:
    settings = load_settings(
        home=tmp_path / "home",
        celery_broker_url="amqps://user:r3dis-canary@broker/",
        celery_result_backend=REDIS,
    )
    launcher = instance_config(settings)["run_launcher"]
    assert isinstance(launcher, dict)
    assert launcher["config"]["backend"] == {"env": f"{PREFIX}CELERY_RESULT_BACKEND"}
    assert settings.celery_urls == ("amqps://user:r3dis-canary@broker/", REDIS)


def test_without_a_broker_runs_stay_on_this_machine() -> None:
    config = instance_config(load_settings())
    assert config["run_launcher"] == {
        "module": "assessment_pipeline.defs.run_launcher",
        "class": "LocalRunLauncher",
    }
    assert "run_queue" not in config


def test_a_run_may_wait_for_a_worker_and_its_worker_is_asked_often() -> None:
    settings = load_settings(celery_broker_url=REDIS, max_runtime_seconds=7_200)
    monitoring = instance_config(settings)["run_monitoring"]
    assert isinstance(monitoring, dict)
    assert monitoring["start_timeout_seconds"] == 3_600
    assert monitoring["poll_interval_seconds"] == 10
    assert monitoring["max_runtime_seconds"] == 7_200


def test_scorecards_and_exports_are_made_once_and_skipped_then(bench: Bench) -> None:
    for path in (bench.home.exports / DAY).iterdir():
        path.unlink()
    scorecards = done_here("generate_scorecards", DAY)
    first, second = done_here("export_csv", DAY), done_here("export_csv", DAY)

    assert scorecards["skipped"] is True
    assert scorecards["counts"] == {"scorecards": 2, "complete": 2}
    assert (first["skipped"], second["skipped"]) == (False, True)
    assert first["content_hash"] == second["content_hash"]
    assert set(files_below(bench.home.exports / DAY)) == {
        "evidence.csv",
        "manifest.json",
        "scorecards.csv",
        "subscores.csv",
    }


@pytest.mark.slow
def test_a_day_is_scored_as_a_run_of_dagsters(bench: Bench) -> None:
    other = "2025-11-21"
    bench.deliver(
        answers("s-3"), session(session_id="s-4", responses=[response("q01", CANARY)]), day=other
    )
    given = done_here("score_delivery_date", other)

    assert (given["success"], given["accepted"], given["score_runs"]) == (True, 2, 2)
    assert given["failed_checks"] == []
    assert "notes" not in given
    assert CANARY not in str(given)
    assert (bench.home.exports / other / "manifest.json").is_file()


@pytest.mark.slow
def test_a_run_that_fails_is_a_task_that_fails(bench: Bench) -> None:
    bench.deliver(answers("s-9"), name="a")
    with pytest.raises(AssessmentPipelineError, match=r"^Run [0-9a-f-]{36} of 2025-11-20 failed: "):
        done_here("score_delivery_date", DAY)


@pytest.mark.slow
def test_a_day_without_a_partition_cannot_be_scored(bench: Bench) -> None:
    assert bench.settings.first_date.year == 2025
    with pytest.raises(UsageError, match="2024-12-31 has no partition"):
        done_here("score_delivery_date", "2024-12-31")


@pytest.mark.parametrize("given", ["20251120", "../../etc", "", 20251120, None, [DAY]])
def test_what_is_no_date_is_refused_at_once(bench: Bench, given: object) -> None:
    before = files_below(bench.home.current)
    with pytest.raises(UsageError, match="is not a date"):
        done_here("export_csv", given)
    assert files_below(bench.home.current) == before


def test_a_day_that_is_not_scored_is_named(bench: Bench) -> None:
    assert bench.home.folder.is_dir()
    with pytest.raises(NothingThereError, match="Nothing is scored for 2025-11-21"):
        done_here("generate_scorecards", "2025-11-21")


class Failing:
    """A service that fails some times before it works."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.calls = error, times, 0

    def __call__(self, _: Workplace, partition: str) -> StepResult:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return StepResult(
            "scorecards", partition, "sha256:0", {}, is_changed=False, was_skipped=True
        )


@pytest.mark.usefixtures("bench")
def test_what_may_pass_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Failing(StorageError("The disk is full; make room."), times=3)
    monkeypatch.setattr(celery_app, "report", service)
    assert done_here("generate_scorecards", DAY)["skipped"] is True
    assert service.calls == 4


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize("error", [UsageError("No."), NothingThereError("No.")])
def test_what_cannot_pass_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    service = Failing(error, times=9)
    monkeypatch.setattr(celery_app, "report", service)
    with pytest.raises(type(error), match=r"^No\.$"):
        done_here("generate_scorecards", DAY)
    assert service.calls == 1


@pytest.mark.usefixtures("bench")
def test_a_defect_is_told_without_what_it_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery_app, "report", Failing(KeyError(CANARY), times=9))
    with pytest.raises(AssessmentPipelineError, match="A defect of this program, KeyError at"):
        done_here("generate_scorecards", DAY)
    made = celery_app.generate_scorecards.apply((DAY,))
    assert CANARY not in f"{made.traceback} {made.result!r}"


def test_a_task_without_a_broker_says_which_setting_names_one() -> None:
    with pytest.raises(UsageError, match=f"{PREFIX}CELERY_BROKER_URL"):
        celery_app.export_csv.delay(DAY)


@pytest.mark.slow
def test_whoever_sends_tasks_need_not_import_dagster() -> None:
    program = "import sys, assessment_pipeline.celery_app; print('dagster' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout == "False\n"


@pytest.mark.slow
def test_everything_else_works_without_celery(bench: Bench) -> None:
    program = COMMAND.format(["score", "--date", DAY])
    done = without_celery(program)
    assert (done.returncode, done.stderr) == (0, "")
    assert "unchanged" in done.stdout
    assert bench.verify().differences == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("import assessment_pipeline.celery_app", f"Celery is not installed: {INSTALL}"),
        (COMMAND.format(["worker"]), f"Celery is not installed: {INSTALL}"),
        (COMMAND.format(["score"]), f"{PREFIX}CELERY_BROKER_URL is set and Celery is not"),
    ],
    ids=["import", "worker", "score"],
)
def test_without_celery_it_is_said_in_a_sentence_how_to_install_it(
    bench: Bench, program: str, sentence: str
) -> None:
    bench.deliver(answers("s-3"), name="b")
    done = without_celery(program, **{f"{PREFIX}CELERY_BROKER_URL": REDIS})
    assert done.returncode != 0
    assert sentence in done.stderr
    assert INSTALL in done.stderr
    assert "ModuleNotFoundError" not in done.stderr


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{PREFIX}CELERY_BROKER_URL", raising=False)
