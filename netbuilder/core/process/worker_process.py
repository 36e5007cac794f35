"""A worker process that answers JSON requests, one per line, within limits.

``WorkerProcess`` is the client, ``serve_requests`` the worker. Progress, ``{"told": …}``, comes
before the answer. A request that crashes or exceeds its limits costs only its process; if the
client is killed, the worker ends at its next write.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_number

# TensorFlow alone takes about 0.6 GB of a worker.
DEFAULT_MEMORY_MB = 3000
DEFAULT_SECONDS = 60.0
_START_SECONDS = 180.0
_LOOK_SECONDS = 0.05
_PATIENCE = 20.0
_IDLE_SECONDS = 30.0
_MEMORY = "NETBUILDER_WORKER_MEMORY_MB"

#: ``netbuilder --worker MODULE`` starts a worker.
FLAG = "--worker"

Answer = dict[str, Any]


@dataclass(frozen=True)
class ResourceLimits:
    """Limits of a request: ``seconds`` (None: any) of computing, and ``memory_mb`` of its worker.

    A machine may sleep or be busy; so waiting counts only a ``_PATIENCE``-th of computing.
    """

    seconds: float | None = DEFAULT_SECONDS
    memory_mb: int = DEFAULT_MEMORY_MB


class RequestCancelledError(Exception):
    """The request was cancelled."""


def worker_command(module: str) -> list[str]:
    """Return the command that starts a worker: this program, which may be frozen."""
    frozen = getattr(sys, "frozen", False)  # PyInstaller has no ``python -m``
    program = [sys.executable] if frozen else [sys.executable, "-m", "netbuilder"]
    return [*program, FLAG, module]


def run_worker(module: str) -> None:
    """Run the ``main`` of a worker's module; raise ``ValueError`` for foreign modules."""
    if not module.startswith("netbuilder."):
        raise ValueError(f"'{module}' is no worker of NetBuilder")
    importlib.import_module(module).main()


class WorkerProcess:
    """A process that is started at the first request, and again after it ended.

    Args:
        module: its ``main`` is run and calls ``serve_requests``.
        bounds: of one request.
        cancelled: polled; True ends the process.
        died: message for a request that ended its process.
        threads: processors to compute on.
    """

    def __init__(
        self,
        module: str,
        bounds: ResourceLimits,
        cancelled: Callable[[], bool],
        died: str,
        threads: int = 1,
    ) -> None:
        self._module, self._bounds, self._cancelled = module, bounds, cancelled
        self._died, self._threads = died, threads
        self.process: subprocess.Popen[str] | None = None
        self._watched: psutil.Process | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask(
        self,
        request: Mapping[str, Any],
        on_progress: Callable[[Any], object] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Return the answer to a JSON request, or ``failure_answer``.

        ``request``: a JSON object; ``on_progress``: called with its progress; ``seconds``: limit
        of this request, instead of that in the bounds. Raise RequestCancelledError if it was
        cancelled.
        """
        if self.process is None:
            failed = self._start()
            if failed:
                return failed
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except OSError:
            self.end()
            return failure_answer(_("The second process ended before it could start."), "start")
        return self._wait(self._bounds.seconds if seconds is None else seconds, on_progress)

    def _start(self) -> Answer | None:
        environment = {
            **os.environ,
            # The hard limit is above the watched one: a message is better than a crash.
            _MEMORY: str(self._bounds.memory_mb * 2),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "OMP_NUM_THREADS": str(self._threads),
            "PYTHONIOENCODING": "utf-8",
        }
        self._lines = queue.SimpleQueue()
        try:
            self.process = subprocess.Popen(
                worker_command(self._module),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=environment,
                # No console window on Windows.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:  # forbidden, or out of memory
            return failure_answer(
                _("The second process could not be started: {reason}.", reason=error), "start"
            )
        threading.Thread(
            target=_read, args=(self.process, self._lines), name="worker", daemon=True
        ).start()
        self._watched = _watched(self.process.pid)
        answer = self._wait(_START_SECONDS, None)
        if not answer.get("ready"):
            return {**answer, "reason": "start"}
        # The started process may be a launcher, such as a virtual environment's ``python.exe`` on
        # Windows: watch the process that answers.
        self._watched = _watched(int(answer["pid"]))
        return None

    def _wait(self, seconds: float | None, on_progress: Callable[[Any], object] | None) -> Answer:
        assert self.process is not None
        watched = self._watched
        limit = float("inf") if seconds is None else seconds
        started, computed = time.monotonic(), _computed(watched)
        while True:
            line: str | None = ""
            with suppress(queue.Empty):
                line = self._lines.get(timeout=_LOOK_SECONDS)
            if self._cancelled():
                self.end()
                raise RequestCancelledError
            if line is None:
                self.end()
                return failure_answer(self._died, "died")
            if line:
                answer: Answer = json.loads(line)
                if "told" not in answer:
                    return answer
                if on_progress is not None:
                    on_progress(answer["told"])
            waited = (time.monotonic() - started) / _PATIENCE
            if max(_computed(watched) - computed, waited) > limit:
                self.end()
                return failure_answer(
                    ngettext(
                        "Stopped after {count} second, before it was finished. Run it "
                        "separately, or allow more time.",
                        "Stopped after {count} seconds, before it was finished. Run it "
                        "separately, or allow more time.",
                        round(seconds or 0),
                    ),
                    "time",
                )
            if _resident(watched) > self._bounds.memory_mb * 2**20:
                self.end()
                return failure_answer(
                    _(
                        "Stopped because it used more than {size} MB of memory.",
                        size=format_number(self._bounds.memory_mb, ","),
                    ),
                    "memory",
                )

    def end(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        watched, self._watched = self._watched, None
        if process is None:
            return
        if watched is not None and watched.pid != process.pid:
            with suppress(psutil.Error):
                watched.kill()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                # Closing flushes to the dead process.
                try:
                    stream.close()
                except OSError:
                    continue


class SharedWorker(WorkerProcess):
    """A worker for requests of any thread, ended when idle (it takes 40 MB)."""

    def __init__(self, module: str) -> None:
        super().__init__(module, ResourceLimits(), lambda: False, died="It ended its reader.")
        self._turn = threading.Lock()
        self._idle: threading.Timer | None = None

    def ask(
        self,
        request: Mapping[str, Any],
        on_progress: Callable[[Any], object] | None = None,
        seconds: float | None = None,
        memory_mb: int = DEFAULT_MEMORY_MB,
    ) -> Answer:
        """Return the answer as ``WorkerProcess.ask`` does, within ``memory_mb``."""
        with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            if memory_mb != self._bounds.memory_mb:
                self.end()
                self._bounds = ResourceLimits(memory_mb=memory_mb)
            answer = super().ask(request, on_progress, seconds)
            self._idle = threading.Timer(_IDLE_SECONDS, self._rest)
            self._idle.daemon = True
            self._idle.start()
            return answer

    def _rest(self) -> None:
        with self._turn:
            self.end()


def is_worker() -> bool:
    """Return whether this process is a worker, whose end costs only its request."""
    return _MEMORY in os.environ


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


def _computed(process: psutil.Process | None) -> float:
    try:
        times = process.cpu_times() if process is not None else None
    except psutil.Error:
        return 0.0
    return 0.0 if times is None else float(times.user + times.system)


def failure_answer(message: str, reason: str = "") -> Answer:
    """Return the answer of a failed request.

    ``reason`` is "start" (no process started), "died", "time", "memory", or "" if the worker gave
    the message.
    """
    return {"failed": True, "message": message, "reason": reason}


def serve_requests(
    ready: Callable[[], object], answer: Callable[[dict[str, Any], Callable[[Any], None]], Answer]
) -> None:
    """Answer requests until stdin ends: the body of a worker's ``main``.

    ``ready``: called after the memory limit is set, before the first request; ``answer``: takes the
    request and a function that reports progress.
    """
    # stdout has answers only: what libraries print goes to stderr.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    limit_memory(int(os.environ.get(_MEMORY, "0")))

    def send(value: Mapping[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    ready()
    send({"ready": True, "pid": os.getpid()})
    # Without a console there is no ``sys.stdin``, but the pipe exists.
    for line in open(0, encoding="utf-8", closefd=False):  # noqa: SIM115
        send(answer(json.loads(line), lambda value: send({"told": value})))


def limit_memory(megabytes: int) -> None:
    """Limit this process's memory if the system can; 0: no limit."""
    if megabytes <= 0 or sys.platform == "win32":
        return
    import resource

    limit = megabytes * 2**20
    # Not supported by macOS, where the client watches.
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (OSError, ValueError):
        return
