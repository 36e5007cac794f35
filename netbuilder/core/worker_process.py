"""A process of its own that answers requests, one JSON line each, within bounds.

``WorkerProcess`` is the side that asks, ``serve_requests`` the side that answers. What a worker
tells on the way, ``{"told": …}``, comes before its answer. A request that kills its process, or
takes more memory or time than it may, costs that process and nothing else; where the asking side is
killed, the worker ends with the next word that it would say.
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

#: ``netbuilder --worker MODULE``: what the program is started with where it is to be a worker.
FLAG = "--worker"

Answer = dict[str, Any]


@dataclass(frozen=True)
class ResourceLimits:
    """What one request may cost: ``seconds`` (None: any) and ``memory_mb`` of its worker.

    The seconds are those in which it computes. A machine that sleeps, swaps or has much else to do
    is not taken for a request without end; one that only waits may do so ``_PATIENCE`` times as
    long by the clock.
    """

    seconds: float | None = DEFAULT_SECONDS
    memory_mb: int = DEFAULT_MEMORY_MB


class RequestCancelledError(Exception):
    """The person no longer wants it."""


def worker_command(module: str) -> list[str]:
    """What starts a worker: this program itself, which may be one that has no Python beside it."""
    frozen = getattr(sys, "frozen", False)  # PyInstaller's folder: there is no ``python -m``
    program = [sys.executable] if frozen else [sys.executable, "-m", "netbuilder"]
    return [*program, FLAG, module]


def run_worker(module: str) -> None:
    """Be the worker that ``worker_command`` asks for.

    Raises:
        ValueError: the module is none of the program's own.
    """
    if not module.startswith("netbuilder."):
        raise ValueError(f"'{module}' is no worker of NetBuilder")
    importlib.import_module(module).main()


class WorkerProcess:
    """One process, started when it is first asked and again after it had to be ended.

    Args:
        module: whose ``main`` is run in it; that calls ``serve_requests``.
        bounds: of one request.
        cancelled: asked now and then; True ends the process.
        died: what is said of a request that ended its process.
        threads: processors that its numbers may be computed on.
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
        told: Callable[[Any], object] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """The answer; what ``failure_answer`` gives where there is none.

        Args:
            request: one JSON object.
            told: given what the worker tells on the way.
            seconds: that this request may take, where not those of the bounds.

        Raises:
            CancelledError: it was cancelled meanwhile.
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
        return self._wait(self._bounds.seconds if seconds is None else seconds, told)

    def _start(self) -> Answer | None:
        environment = {
            **os.environ,
            # The hard bound lies above the one that is watched: a sentence is better than a crash.
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
                # Windows would show a black window for each.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:  # forbidden on a locked-down machine, or no memory for it
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
        # What was started may be a launcher, as ``python.exe`` of a virtual environment is on
        # Windows: the worker itself is the process that answers.
        self._watched = _watched(int(answer["pid"]))
        return None

    def _wait(self, seconds: float | None, told: Callable[[Any], object] | None) -> Answer:
        assert self.process is not None
        watched = self._watched
        end = float("inf") if seconds is None else seconds
        begin, computed = time.monotonic(), _computed(watched)
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
                if told is not None:
                    told(answer["told"])
            waited = (time.monotonic() - begin) / _PATIENCE
            if max(_computed(watched) - computed, waited) > end:
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
                # Closing flushes what the dead process no longer reads.
                try:
                    stream.close()
                except OSError:
                    continue


class SharedWorker(WorkerProcess):
    """A worker for requests of any thread, ended when nobody asked it for a while.

    An idle one would cost an old laptop 40 MB for nothing.
    """

    def __init__(self, module: str) -> None:
        super().__init__(module, ResourceLimits(), lambda: False, died="It ended its reader.")
        self._turn = threading.Lock()
        self._idle: threading.Timer | None = None

    def ask(
        self,
        request: Mapping[str, Any],
        told: Callable[[Any], object] | None = None,
        seconds: float | None = None,
        memory_mb: int = DEFAULT_MEMORY_MB,
    ) -> Answer:
        """As ``WorkerProcess.ask``, within ``memory_mb``."""
        with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            if memory_mb != self._bounds.memory_mb:
                self.end()
                self._bounds = ResourceLimits(memory_mb=memory_mb)
            answer = super().ask(request, told, seconds)
            self._idle = threading.Timer(_IDLE_SECONDS, self._rest)
            self._idle.daemon = True
            self._idle.start()
            return answer

    def _rest(self) -> None:
        with self._turn:
            self.end()


def is_worker() -> bool:
    """Whether this process is a worker: its end costs the one request that it is at."""
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
    """Seconds that a process has computed so far."""
    try:
        times = process.cpu_times() if process is not None else None
    except psutil.Error:
        return 0.0
    return 0.0 if times is None else float(times.user + times.system)


def failure_answer(message: str, reason: str = "") -> Answer:
    """The answer of a request that came to nothing: ``failed``, ``message`` and ``reason``.

    The reason is "start" (no process came up), "died", "time", "memory", or "" where the worker
    itself said why.
    """
    return {"failed": True, "message": message, "reason": reason}


def serve_requests(
    ready: Callable[[], object],
    answer: Callable[[dict[str, Any], Callable[[Any], None]], Answer],
) -> None:
    """Answer requests until stdin ends: what a worker's ``main`` does.

    Args:
        ready: called once the bound of memory is set, before the first request.
        answer: (request, a function that tells something on the way) to its answer.
    """
    # What a library prints goes to stderr: stdout holds answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    limit_memory(int(os.environ.get(_MEMORY, "0")))

    def say(value: Mapping[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    ready()
    say({"ready": True, "pid": os.getpid()})
    # A program without a console has no ``sys.stdin``, and the requests in the pipe all the same.
    for line in open(0, encoding="utf-8", closefd=False):  # noqa: SIM115
        say(answer(json.loads(line), lambda value: say({"told": value})))


def limit_memory(megabytes: int) -> None:
    """Let the system refuse more; where it cannot, the asking side watches. 0: no bound."""
    if megabytes <= 0 or sys.platform == "win32":
        return
    import resource

    limit = megabytes * 2**20
    # macOS does not know this bound: the watch from outside holds there.
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (OSError, ValueError):
        return
