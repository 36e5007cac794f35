"""Worker processes that judge files within bounds of time and memory."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from netbuilder.core.wording import counted

# TensorFlow alone takes about 0.6 GB of a worker.
DEFAULT_MEMORY_MB = 3000
DEFAULT_SECONDS = 60.0
_START_SECONDS = 180.0
_LOOK_SECONDS = 0.05

Answer = dict[str, Any]


@dataclass(frozen=True)
class Bounds:
    """What one file may cost: ``seconds`` and ``memory_mb`` of its worker."""

    seconds: float = DEFAULT_SECONDS
    memory_mb: int = DEFAULT_MEMORY_MB


DEFAULT = Bounds()


class CancelledError(Exception):
    """The person no longer wants it."""


def judge_all(
    files: Sequence[Path],
    data: Path,
    lesson: str = "",
    *,
    private_key: str = "",
    bounds: Bounds = DEFAULT,
    workers: int | None = None,
    told: Callable[[Path, Answer], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[Path, Answer]:
    """``judge``'s answer for every file, each within the bounds.

    Args:
        files: what to judge.
        data: the hidden data.
        lesson: name or file of a lesson, "" for none.
        private_key: opens seals, "" asks for none.
        bounds: of time and memory, a file.
        workers: processes; None: one a processor, at most 4 and no more than files.
        told: is called with each answer as it comes, from any thread.
        cancelled: asked now and then; True ends the work with what was judged so far.
    """
    waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for file in files:
        waiting.put(file)
    found: dict[Path, Answer] = {}

    def work() -> None:
        worker = _Worker(bounds, cancelled)
        try:
            while not cancelled():
                try:
                    file = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    found[file] = worker.ask(file, data, lesson, private_key)
                except CancelledError:
                    return
                if told is not None:
                    told(file, found[file])
        finally:
            worker.end()

    count = workers or min(4, os.cpu_count() or 1)
    threads = [threading.Thread(target=work) for _ in range(max(1, min(count, len(files))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


class _Worker:
    """One process, started when it is first asked and again after it had to be ended."""

    def __init__(self, bounds: Bounds, cancelled: Callable[[], bool]) -> None:
        self._bounds = bounds
        self._cancelled = cancelled
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask(self, file: Path, data: Path, lesson: str, private_key: str) -> Answer:
        if self._process is None:
            failed = self._start()
            if failed:
                return failed
        assert self._process is not None
        assert self._process.stdin is not None
        request = {
            "file": str(file), "data": str(data), "lesson": lesson, "private_key": private_key,
        }  # fmt: skip
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError:
            self.end()
            return _failed("Its process ended before it could be judged.")
        return self._wait(self._bounds.seconds)

    def _start(self) -> Answer | None:
        environment = {
            **os.environ,
            # The hard bound lies above the one that is watched: a sentence is better than a crash.
            "NETBUILDER_GRADE_MEMORY_MB": str(self._bounds.memory_mb * 2),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "OMP_NUM_THREADS": "1",
            "PYTHONIOENCODING": "utf-8",
        }
        self._lines = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "netbuilder.core.grading.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        threading.Thread(
            target=_read, args=(self._process, self._lines), name="grading", daemon=True
        ).start()
        answer = self._wait(_START_SECONDS)
        return None if answer.get("ready") else answer

    def _wait(self, seconds: float) -> Answer:
        assert self._process is not None
        watched = _watched(self._process.pid)
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if self._cancelled():
                    self.end()
                    raise CancelledError from None
                if time.monotonic() > end:
                    self.end()
                    return _failed(
                        f"It was not done after {counted(round(seconds), 'second')}, so it was "
                        "stopped. Look at it by itself, or allow more time."
                    )
                if _resident(watched) > self._bounds.memory_mb * 2**20:
                    self.end()
                    return _failed(
                        f"It took more than {self._bounds.memory_mb:,} MB of memory, so it was "
                        "stopped."
                    )
                continue
            if line is None:
                self.end()
                return _failed("It ended its process: the file is broken or means harm.")
            answer: Answer = json.loads(line)
            return answer

    def end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                # Closing flushes what the dead process no longer reads.
                try:
                    stream.close()
                except OSError:
                    continue


def _read(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except (ValueError, OSError):  # closed by ``end``
        pass
    lines.put(None)


def _watched(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _resident(process: psutil.Process | None) -> int:
    try:
        return int(process.memory_info().rss) if process is not None else 0
    except psutil.Error:
        return 0


def _failed(message: str) -> Answer:
    return {"failed": True, "message": message}
