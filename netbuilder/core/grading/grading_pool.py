"""Worker processes that judge files within bounds of time and memory."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.worker_process import (
    Answer,
    RequestCancelledError,
    ResourceLimits,
    WorkerProcess,
)

DEFAULT_LIMITS = ResourceLimits()
_MODULE = "netbuilder.core.grading.grading_worker"
_DIED = N_("The file crashed the grader; it may be corrupt or malicious.")


def grade_all(
    files: Sequence[Path],
    data: Path | None,
    lesson: str = "",
    *,
    private_key: str = "",
    retrain: bool = False,
    bounds: ResourceLimits = DEFAULT_LIMITS,
    workers: int | None = None,
    told: Callable[[Path, Answer], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[Path, Answer]:
    """The worker's answer for every file, each within the bounds.

    Args:
        files: what to judge.
        data: the hidden data; None: each is judged on what its own data keeps aside.
        lesson: name or file of a lesson, "" for none.
        private_key: opens seals, "" asks for none.
        retrain: train each again too; the answer has it under "retrained".
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
        worker = WorkerProcess(_MODULE, bounds, cancelled, _(_DIED))
        try:
            while not cancelled():
                try:
                    file = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    answer = worker.ask(
                        {
                            "file": str(file),
                            "data": str(data) if data is not None else "",
                            "lesson": lesson,
                            "private_key": private_key,
                        }
                    )
                    # A request of its own: what it takes too long for costs only this.
                    if retrain and "fingerprint" in answer:
                        known = lesson or answer["known_lesson"]
                        answer["retrained"] = worker.ask(
                            {"file": str(file), "lesson": known, "retrain": True}
                        )
                    found[file] = answer
                except RequestCancelledError:
                    return
                if told is not None:
                    told(file, found[file])
        finally:
            worker.end()

    count = workers or min(4, os.cpu_count() or 1)
    threads = [threading.Thread(target=work) for _unused in range(max(1, min(count, len(files))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
