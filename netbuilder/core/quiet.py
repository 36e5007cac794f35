"""TensorFlow without the lines that its C++ side writes to stderr while it loads.

They come before its log levels are set up ("All log messages before absl::InitializeLog() is
called ..."), so no environment variable keeps them away, and they frighten beginners.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_NOISE = re.compile(
    rb"WARNING: All log messages before absl"
    rb"|[IWE]\d{4} \d\d:\d\d"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] "
    rb"|To enable the following instructions"
    rb"|This TensorFlow binary is optimized"
)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Within, stderr is kept; at the end all lines but TensorFlow's chatter are written to it.

    An error shows everything. Works on the file descriptor, so for other threads too.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError):  # there is no stderr (pythonw on Windows)
        yield
        return
    with tempfile.TemporaryFile() as told:
        os.dup2(told.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            told.seek(0)
            for line in told:
                if failed or not _NOISE.match(line):
                    os.write(kept, line)
            os.close(kept)
