"""Trials in parallel processes within a memory limit."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.process.worker_process import (
    RequestCancelledError,
    ResourceLimits,
    WorkerProcess,
)
from netbuilder.core.results.tuning.trial import Trial, trial_from_json

_MODULE = "netbuilder.core.results.tuning.tuning_worker"
_DIED = N_("The process ended during training.")
#: What a process with TensorFlow and a small network takes, in MB.
LEAST_MB = 800
Values = dict[str, Any]
Curve = tuple[float, ...]


def fitting_jobs(jobs: int, memory_mb: int | None = None) -> tuple[int, int]:
    """Return the number of processes, at most ``jobs``, and the MB of each. ``memory_mb``: of all
    together; None: four fifths of the free memory."""
    whole = memory_mb or int(0.8 * psutil.virtual_memory().available / 2**20)
    count = max(1, min(jobs, os.cpu_count() or 1, whole // LEAST_MB))
    return count, max(whole // count, LEAST_MB)


class TrialPool:
    """Trains trials in ``jobs`` processes.

    ``request``: fields of each request besides values and others; ``memory_mb``: of each process;
    ``ended``: polled; True ends all processes.
    """

    def __init__(
        self, request: dict[str, Any], jobs: int, memory_mb: int, ended: Callable[[], bool]
    ) -> None:
        self._request, self._jobs, self._ended = request, jobs, ended
        self._bounds = ResourceLimits(None, memory_mb)

    def run(
        self,
        trials: list[Trial],
        next_values: Callable[[Sequence[Trial]], Values | None],
        done: Callable[[Trial], None],
        tell: Callable[[Values, Curve], None] | None,
    ) -> None:
        """Train until ``next_values`` returns None, or it is ended.

        Args:
            trials: that are done; new ones are appended.
            next_values: maps done and running trials (without a score) to the next values.
            done: called with each trial, one at a time.
            tell: called with a running trial's values and its curve so far.
        """
        lock = threading.Lock()
        under_way: list[Trial] = []
        failed = threading.Event()
        threads_each = max(1, (os.cpu_count() or 1) // self._jobs)

        def stopped() -> bool:
            return self._ended() or failed.is_set()

        def work() -> None:
            worker = WorkerProcess(_MODULE, self._bounds, stopped, _(_DIED), threads_each)
            try:
                while not stopped():
                    with lock:
                        values = next_values([*trials, *under_way])
                        if values is None:
                            return
                        mine = Trial(values, None, 0)
                        under_way.append(mine)
                        others = [other.kept() | {"rows": []} for other in trials]
                    trial = self._ask(worker, values, others, tell)
                    with lock:
                        under_way.remove(mine)
                        trials.append(trial)
                        done(trial)
            except RequestCancelledError:
                return
            except BaseException:
                failed.set()
                raise
            finally:
                worker.end()

        with ThreadPoolExecutor(self._jobs, "trial") as threads:
            works = [threads.submit(work) for _ in range(self._jobs)]
        for finished in works:
            finished.result()

    def _ask(
        self,
        worker: WorkerProcess,
        values: Values,
        others: list[dict[str, Any]],
        tell: Callable[[Values, Curve], None] | None,
    ) -> Trial:
        on_curve = None if tell is None else lambda curve: tell(values, tuple(curve))
        answer = worker.ask({**self._request, "values": values, "others": others}, on_curve)
        if answer.get("failed"):
            return Trial(values, None, 0, failed=str(answer["message"]))
        return trial_from_json(answer["trial"])
