"""Programs that a test runs in a Python of their own."""

import subprocess
import sys
from typing import Any


def run_python(
    code: str, *arguments: str, timeout: float = 200, check: bool = False, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run code, as ``python -c`` does, and return what it printed and its exit status."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=check, **more
    )
