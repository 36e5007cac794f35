"""Thirty pupils write to a shared folder, and the teacher's reader follows: how late it is.

``python benchmarks/class_at_work.py [PUPILS] [SECONDS]`` writes one JSON object: seconds from a
pupil's change to its reading (median and worst; goal: 5), milliseconds of one reading, and bytes.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from netbuilder.core.grading import class_progress
from netbuilder.core.grading.class_progress import LOOK_SECONDS, Progress


def pupil(folder: Path, number: int, end: float, written: dict[tuple[str, int], float]) -> None:
    """Write a new step each four seconds, looking as often as a window does."""
    name, own = f"pupil {number:02}", class_progress.new_pupil()
    step, changed = 0, 0.0
    while time.monotonic() < end:
        if time.monotonic() - changed > 4:
            step, changed = step + 1, time.monotonic()
            written[name, step] = changed
        class_progress.write_progress(folder, own, Progress(name, "lesson", (), 200, step))
        time.sleep(LOOK_SECONDS)


def main(pupils: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as shared:
        folder = class_progress.start_class(Path(shared), "benchmark")
        end = time.monotonic() + seconds
        written: dict[tuple[str, int], float] = {}
        threads = [
            threading.Thread(target=pupil, args=(folder, number, end, written))
            for number in range(pupils)
        ]
        for thread in threads:
            thread.start()
        delays: dict[tuple[str, int], float] = {}
        readings: list[float] = []
        while time.monotonic() < end:
            began = time.perf_counter()
            for row in class_progress.read_class(folder):
                key = row.progress.name, row.progress.step
                delays.setdefault(key, time.monotonic() - written[key])
            readings.append(time.perf_counter() - began)
            time.sleep(LOOK_SECONDS)
        for thread in threads:
            thread.join()
        size = sum(path.stat().st_size for path in folder.iterdir())
        class_progress.end_class(folder)
    print(
        json.dumps(
            {
                "pupils": pupils,
                "changes": len(delays),
                "seconds_median": round(statistics.median(delays.values()), 2),
                "seconds_worst": round(max(delays.values()), 2),
                "reading_ms": round(1000 * statistics.median(readings), 1),
                "bytes": size,
            }
        )
    )


if __name__ == "__main__":
    main(int((*sys.argv[1:2], 30)[0]), float((*sys.argv[2:3], 40.0)[0]))
