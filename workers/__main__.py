"""``python -m workers KIND``: run a worker. ``python -m workers ping KIND``: does it answer?"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from augury.memory import few_heaps
from augury.private_files import OWNER_ONLY_UMASK
from store import queue

_CELERY = [sys.executable, "-m", "workers.starting", "--app", "workers.app", "--quiet"]
_COMMON = ["--loglevel", "INFO", "--without-mingle", "--without-gossip"]
_ARGUMENTS = {
    # Planning and sweeping take milliseconds; TensorFlow is never loaded here.
    "control": ["--queues", queue.CONTROL, "--pool", "solo"],
    "cpu": ["--queues", queue.CPU, "--pool", "prefork"],
    "gpu": ["--queues", queue.GPU, "--pool", "prefork", "--concurrency", "1"],
    "cpu-jax": ["--queues", queue.CPU_JAX, "--pool", "prefork"],
    "gpu-jax": ["--queues", queue.GPU_JAX, "--pool", "prefork", "--concurrency", "1"],
}
_ON_GPUS = ("gpu", "gpu-jax")
_OF_JAX = ("cpu-jax", "gpu-jax")
_PING_SECONDS = 5
_POLL_SECONDS = 0.5


def main() -> int:
    """Run what the command line asks for; the exit code of the worker, or 0 and 1 for a ping."""
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("control", help="plan jobs and sweep; run at least one")
    commands.add_parser("cpu", help="ingest datasets and train trials on the CPU")
    commands.add_parser("cpu-jax", help="the same for jobs with training.backend jax, which takes augury[jax]")
    commands.add_parser("gpu", help="train trials on GPUs, one process a device")
    commands.add_parser("gpu-jax", help="the same for jobs with training.backend jax")
    for kind in _ON_GPUS:
        says = "the device of this process; default: all that CUDA_VISIBLE_DEVICES names"
        commands.choices[kind].add_argument("--device", help=says)
    ping = commands.add_parser("ping", help="exit 0 if this host's worker of a kind answers, and sweeps are done")
    ping.add_argument("kind", choices=sorted(_ARGUMENTS))
    arguments = parser.parse_args()
    if arguments.command == "ping":
        return _ping(arguments.kind)
    os.umask(OWNER_ONLY_UMASK)  # pool processes and those that read datasets inherit it
    if arguments.command in _ON_GPUS:
        return _run_gpu_workers(arguments.command, arguments.device)
    # Several of a kind may run on one machine, and Celery wants to tell them apart; exec keeps the process's number.
    command = _worker_command(arguments.command, f"{arguments.command}{os.getpid()}@%h")
    return os.execv(command[0], command)


def _worker_command(kind: str, node: str) -> list[str]:
    os.environ["AUGURY_WORKER_KIND"] = kind
    if kind in _OF_JAX:
        os.environ["KERAS_BACKEND"] = "jax"  # read by Keras as it is imported
    if kind == "control":  # trainings compute on many threads, and their processes are replaced once they have grown
        os.environ.update(few_heaps())
    return [*_CELERY, "worker", "--hostname", node, *_COMMON, *_ARGUMENTS[kind]]


def _ping(kind: str) -> int:
    from workers.app import app, settings  # settings are read here, and a help text must not need them
    from workers.maintenance import heart

    if kind == "control" and not heart.is_beating(settings):
        print("no sweep was done lately: lost work is not found", file=sys.stderr)
        return 1
    nodes = f"{kind}[!-]*@{os.uname().nodename}"  # with a number in their names; "cpu-jax" is not a "cpu"
    return 0 if app.control.inspect(pattern=nodes, matcher="glob", timeout=_PING_SECONDS, limit=1).ping() else 1


def _run_gpu_workers(kind: str, device: str | None) -> int:
    os.environ.setdefault("AUGURY_WORKER_DEVICES", str(max(1, len(_visible_devices()))))
    if device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = device  # before anything loads TensorFlow or JAX
        command = _worker_command(kind, f"{kind}{device}@%h")
        os.execv(command[0], command)
    devices = _visible_devices()
    if not devices:
        print("no GPU: nvidia-smi lists none and CUDA_VISIBLE_DEVICES names none", file=sys.stderr)
        return 2
    children = [subprocess.Popen([sys.executable, "-m", "workers", kind, "--device", each]) for each in devices]

    def pass_on(number: int, _frame: FrameType | None) -> None:
        for child in children:
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, pass_on)
    while all(child.poll() is None for child in children):
        time.sleep(_POLL_SECONDS)
    # One that is gone leaves a device idle: end the others too, so that whoever watches this process restarts all.
    for child in children:
        child.terminate()
    return max(abs(child.wait()) for child in children)


def _visible_devices() -> list[str]:
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [device for device in named.split(",") if device]
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return listing.stdout.split()


if __name__ == "__main__":
    sys.exit(main())
