"""The bounds of a worker hold for the process that works, whatever was started to get there."""

import sys
import time

import psutil
import pytest

from netbuilder.core.process import worker_process
from netbuilder.core.process.worker_process import ResourceLimits, WorkerProcess

#: Starts the rest of its words and waits, as ``python.exe`` of a virtual environment on Windows.
LAUNCHER = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
#: The worker: takes so many MB, or computes for so many seconds, when it is asked.
WORKER = """
import time
from netbuilder.core.process.worker_process import serve_requests

kept = []


def answer(request, tell):
    kept.append(bytearray(request.get("mb", 0) * 2**20))
    end = time.process_time() + request.get("seconds", 0)
    while time.process_time() < end:
        pass
    time.sleep(request.get("rest", 0))
    return {"done": True}


serve_requests(lambda: None, answer)
"""


@pytest.fixture(params=["started", "behind a launcher"])
def start(request, monkeypatch):
    real = [sys.executable, "-c", WORKER]
    behind = [sys.executable, "-c", LAUNCHER, *real]
    command = real if request.param == "started" else behind
    monkeypatch.setattr(worker_process, "worker_command", lambda _module: command)


def _worker(bounds):
    return WorkerProcess("netbuilder.none", bounds, lambda: False, "It died.")


def _gone(process):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.usefixtures("start")
def test_memory_is_bounded():
    worker = _worker(ResourceLimits(60, 300))
    assert worker.ask({"mb": 20}) == {"done": True}
    assert worker._watched is not None
    process = worker._watched
    assert worker.ask({"mb": 450, "rest": 20})["reason"] == "memory"
    assert _gone(process), "the process that works ends, not only the one that was started"


@pytest.mark.usefixtures("start")
def test_processor_time_is_bounded():
    worker = _worker(ResourceLimits(0.5, 300))
    assert worker.ask({"rest": 1}) == {"done": True}, "who only waits computes nothing"
    begin = time.monotonic()
    assert worker.ask({"seconds": 8})["reason"] == "time"
    assert time.monotonic() - begin < 6, "not by the clock, which may go twenty times as long"
    worker.end()
