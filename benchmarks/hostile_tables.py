"""Memory and time of ``python -m netbuilder data FILE`` for small files that ask for gigabytes.

    python benchmarks/hostile_tables.py            # the files of test_hostile_tables.py
    python benchmarks/hostile_tables.py a.xls b.ods

Prints a JSON object a file: its KB, the peak of resident memory of the program with the process
that reads for it, in GB, the seconds, and the exit code (1: refused, or nothing to learn from).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def measure(path: Path) -> dict[str, object]:
    """Read one file by the command, and watch what it takes."""
    started, peak = time.monotonic(), 0
    command = [sys.executable, "-m", "netbuilder", "data", str(path)]
    program = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while program.poll() is None:
        with suppress(psutil.Error):
            processes = [program, *program.children(recursive=True)]
            peak = max(peak, sum(process.memory_info().rss for process in processes))
        time.sleep(0.01)
    return {
        "file": path.name,
        "kb": round(path.stat().st_size / 1024, 1),
        "peak_gb": round(peak / 1e9, 2),
        "seconds": round(time.monotonic() - started, 1),
        "exit": program.returncode,
    }


def main() -> None:
    """Measure the files of the command line, or else those of the test."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(name).resolve() for name in sys.argv[1:]]
        if not paths:
            from tests.core.data.test_hostile_tables import write_hostile_files

            write_hostile_files(Path(folder))
            paths = sorted(Path(folder).iterdir())
        for path in paths:
            print(json.dumps(measure(path)), flush=True)


if __name__ == "__main__":
    main()
