"""What a job must bear: every test does real harm to real processes."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from augury import Client
from store import queue
from store.queue import Queue, celery_app
from store.settings import StoreSettings
from tests.end_to_end.stack import LONG, Stack, comparison, cpu_seconds, training
from tests.servers import wait_for

pytestmark = pytest.mark.timeout(400)


def test_a_trial_whose_process_is_killed_is_trained_by_another(stack: Stack) -> None:
    """A pool process killed in mid-trial costs an attempt, and the job succeeds all the same."""
    job = stack.submit(training(**LONG, first_seed=100))
    victim = stack.wait_until_training(job["id"])

    stack.kill_owner_of(victim["id"])

    assert stack.finished(job["id"])["state"] == "succeeded"
    attempts = {trial["id"]: trial["attempts"] for trial in stack.trials(job["id"])}
    assert attempts.pop(victim["id"]) == 2
    assert set(attempts.values()) == {1}


def test_a_trial_that_always_loses_its_worker_fails_and_the_rest_is_reported(stack: Stack) -> None:
    """After three lost workers the trial is 'worker_lost'; the job fails with a report of the other arms."""
    request = comparison(**LONG, first_seed=200)
    request["candidates"].append({"name": "shift", "spec": {"width_shift_range": 0.1, "rescale": 1 / 255}})
    job = stack.submit(request)
    wait_for(lambda: stack.trials(job["id"]), "the trials to be planned")
    (victim,) = [trial for trial in stack.trials(job["id"]) if (trial["arm"], trial["seed"]) == ("shift", 200)]

    killed: list[int | None] = [None]
    for _ in range(3):
        # The dead one's lease lasts a while, and another may have the trial as soon as it has run out.
        wait_for(lambda: stack.owner_of(victim["id"]) not in killed, "another worker to claim the trial", 120)
        killed.append(stack.kill_owner_of(victim["id"]))

    ended = stack.finished(job["id"])
    assert (ended["state"], ended["error"]["class"]) == ("failed", "worker_lost")
    trials = {(trial["arm"], trial["seed"]): trial for trial in stack.trials(job["id"])}
    lost = trials.pop(("shift", 200))
    assert (lost["state"], lost["attempts"], lost["error"]["class"]) == ("failed", 3, "worker_lost")
    assert {trial["state"] for trial in trials.values()} == {"succeeded"}
    report = stack.report(job["id"])
    assert not report["complete"]
    verdicts = {candidate["name"]: candidate["difference"] for candidate in report["candidates"]}
    assert verdicts["flip"] is not None
    assert verdicts["shift"] is None


def test_new_pool_processes_are_forked_beside_no_other_thread(stack: Stack) -> None:
    """The tests above had the worker fork some; what another thread held then would be held in the child for ever."""
    log = (stack.folder / "cpu.log").read_text()
    assert "exited with 'signal 9 (SIGKILL)'" in log
    assert "forking beside other threads" not in log


def test_cancel_stops_the_training_long_before_its_end(stack: Stack) -> None:
    """A cancel in mid-training ends in 'cancelled', and the process that trained is idle or gone."""
    job = stack.submit(comparison(epochs=1000, model="small_cnn", first_seed=300))
    victim = stack.wait_until_training(job["id"])
    owner = stack.owner_of(victim["id"])
    assert owner is not None

    answer = stack.http.post(f"/v1/jobs/{job['id']}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelling")
    wait_for(lambda: stack.job(job["id"])["state"] == "cancelled", "the job to be cancelled")

    assert max(trial["epoch"] for trial in stack.trials(job["id"])) < 1000
    assert {trial["state"] for trial in stack.trials(job["id"])} == {"cancelled"}
    if os.path.exists(f"/proc/{owner}"):
        used = cpu_seconds(owner)
        time.sleep(1)
        assert cpu_seconds(owner) - used < 0.3


def test_a_message_delivered_twice_is_executed_once(stack: Stack) -> None:
    """Workers that are rung too often find every trial claimed or done, and do nothing."""
    sender = Queue(celery_app(StoreSettings(broker_url=stack.broker.url)))
    job = stack.submit(comparison(epochs=20, model="small_cnn", training_images=100, first_seed=400))
    wait_for(lambda: stack.trials(job["id"]), "the trials to be planned")

    for _ in range(3 * len(stack.trials(job["id"]))):
        assert sender.publish(*queue.doorbell(queue.CPU))
    for _ in range(3):
        assert sender.publish(queue.ADVANCE, job["id"], queue.CONTROL)

    assert stack.finished(job["id"])["state"] == "succeeded"
    assert {trial["attempts"] for trial in stack.trials(job["id"])} == {1}
    endings = [entry for entry in stack.job(job["id"])["timeline"] if entry["type"] == "succeeded"]
    assert len(endings) == 1


def test_every_accepted_job_ends_when_the_broker_is_killed_and_comes_back(stack: Stack) -> None:
    """Jobs are accepted while the broker is away, and all of them end after it is back."""
    before = stack.submit(training(**LONG, first_seed=500))
    stack.wait_until_training(before["id"])
    stack.broker.kill()
    during = stack.submit(comparison(epochs=2, first_seed=510))
    assert stack.http.get("/readyz").json()["status"] == "degraded"
    stack.broker.start()

    assert stack.finished(before["id"])["state"] == "succeeded"
    assert stack.finished(during["id"])["state"] == "succeeded"


def test_every_accepted_job_ends_when_the_broker_comes_back_empty(stack: Stack) -> None:
    """What a broker forgets is published again from SQL."""
    waiting = [stack.submit(training(**LONG, first_seed=600 + 10 * n)) for n in range(2)]
    stack.wait_until_training(waiting[0]["id"])
    stack.broker.kill()
    stack.broker.start(empty=True)

    assert [stack.finished(job["id"])["state"] for job in waiting] == ["succeeded", "succeeded"]


def test_a_job_is_there_after_the_service_was_killed_right_after_accepting_it(stack: Stack) -> None:
    """202 is a promise that a killed process keeps."""
    job = stack.submit(comparison(epochs=2, first_seed=700))
    stack.kill("api")
    stack.start_api()

    assert stack.finished(job["id"])["state"] == "succeeded"


def test_who_listens_hears_of_everything_through_a_death_of_the_service(stack: Stack) -> None:
    """The client goes on from the last event that it heard: each comes once, and the watch ends with the job."""
    job = stack.submit(training(**LONG, first_seed=750))
    url = f"http://127.0.0.1:{stack.port}"
    with ThreadPoolExecutor(2) as pool, Client(url) as watching, Client(url) as listening:
        watched = pool.submit(lambda: list(watching.watch(job["id"])))
        heard = pool.submit(lambda: [event.sequence for event in listening.events(job["id"])])
        stack.wait_until_training(job["id"])
        stack.kill("api")
        stack.start_api()
        stack.finished(job["id"])
        assert watched.result(60)[-1].state == "succeeded"
        assert heard.result(60) == [entry["sequence"] for entry in stack.job(job["id"])["timeline"]]


def test_a_worker_that_is_told_to_stop_gives_its_trial_back_at_once(stack: Stack) -> None:
    """SIGTERM in mid-trial returns the trial to the queue without charging an attempt."""
    job = stack.submit(training(**LONG, first_seed=800))
    victim = stack.wait_until_training(job["id"])

    assert stack.terminate("cpu") < 30
    states = {trial["id"]: trial for trial in stack.trials(job["id"])}
    assert (states[victim["id"]]["state"], states[victim["id"]]["attempts"]) == ("queued", 0)
    stack.start_worker("cpu")

    assert stack.finished(job["id"])["state"] == "succeeded"


def test_colliding_idempotency_keys_make_one_job_each(stack: Stack) -> None:
    """30 keys, each sent four times by 16 threads at once: 30 jobs, and equal answers for equal keys."""
    request = training(epochs=1, first_seed=900) | {"labels": {"test": "colliding-keys"}}
    keys = [f"key-{number}" for number in range(30)]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda key: stack.submit(request, **{"Idempotency-Key": key})["id"], keys * 4))

    assert answers[:30] == answers[30:60] == answers[60:90] == answers[90:]
    listed: list[str] = []
    cursor = ""
    while cursor is not None:
        parameters = {"label": "test:colliding-keys", "limit": 20} | ({"cursor": cursor} if cursor else {})
        page = stack.http.get("/v1/jobs", params=parameters).json()
        listed += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(listed) == sorted(set(answers))
    assert len(listed) == 30
    for job_id in listed:
        assert stack.finished(job_id)["state"] == "succeeded"
