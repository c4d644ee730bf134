"""How a machine's cores are shared out among the processes that train on it."""

from __future__ import annotations

import os

import pytest

from workers import __main__ as command_line
from workers.settings import WorkerSettings, _usable_cores


class _BecomesAnotherProgramError(Exception):
    """Instead of it."""


def test_a_gpu_worker_has_the_cores_that_are_its_devices_share() -> None:
    """Its one process augments with all cores of the machine, or its part of them beside other devices."""
    cores = _usable_cores()
    assert WorkerSettings(worker_kind="gpu").threads_per_process == cores
    assert WorkerSettings(worker_kind="gpu", worker_devices=2).threads_per_process == max(1, cores // 2)
    assert WorkerSettings(worker_kind="gpu", worker_devices=1000).threads_per_process == 1


def test_a_cpu_worker_shares_its_cores_out_among_its_processes() -> None:
    """Whatever devices there are."""
    settings = WorkerSettings(worker_kind="cpu", worker_concurrency=1, worker_devices=8)
    assert settings.threads_per_process == _usable_cores()


@pytest.mark.parametrize(("given", "expected"), [(None, "3"), ("6", "6")])
def test_a_worker_for_one_device_counts_those_beside_it(
    given: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it sees its own alone; a number that was given is kept."""

    def become(*_: object) -> None:
        raise _BecomesAnotherProgramError

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,3")
    monkeypatch.setenv("AUGURY_WORKER_DEVICES", given or "")
    if given is None:
        monkeypatch.delenv("AUGURY_WORKER_DEVICES")
    monkeypatch.setenv("AUGURY_WORKER_KIND", "cpu")
    with pytest.raises(_BecomesAnotherProgramError):
        command_line._run_gpu_workers("gpu", "1")
    assert os.environ["AUGURY_WORKER_DEVICES"] == expected
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    monkeypatch.delenv("AUGURY_WORKER_DEVICES")


@pytest.mark.parametrize(
    ("kind", "backend"),
    [("control", "tensorflow"), ("cpu", "tensorflow"), ("gpu", "tensorflow"), ("cpu-jax", "jax"), ("gpu-jax", "jax")],
)
def test_a_worker_has_one_backend_and_keras_is_told_of_jax(
    kind: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything imports it, and whatever the environment said."""
    monkeypatch.setenv("AUGURY_WORKER_KIND", "cpu")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    command = command_line._worker_command(kind, f"{kind}1@host")
    assert WorkerSettings().worker_kind == kind
    assert WorkerSettings().backend == backend == os.environ["KERAS_BACKEND"]
    assert command[command.index("--queues") + 1] == kind


def test_a_jax_worker_shares_its_cores_out_as_the_others_do() -> None:
    """By processes on processors, and by devices on GPUs."""
    cores = _usable_cores()
    assert WorkerSettings(worker_kind="cpu-jax", worker_concurrency=1, worker_devices=8).threads_per_process == cores
    assert WorkerSettings(worker_kind="gpu-jax", worker_devices=1000).threads_per_process == 1
