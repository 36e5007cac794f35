"""``python -m netbuilder`` and the command ``netbuilder``."""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> int:
    """Run the command line of this process; gives its exit code."""
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback while modules are loaded
    from netbuilder.cli import main as command_line, stop_signals
    from netbuilder.core.process import process_setup, worker_process

    signal.signal(signal.SIGINT, interrupt)
    if interrupt is signal.default_int_handler:
        stop_signals.remember_interrupts()
    process_setup.prepare()
    if sys.argv[1:2] == [worker_process.FLAG]:
        worker_process.run_worker(sys.argv[2])
        return 0
    code = command_line(sys.argv[1:])
    if any(
        thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()
    ):
        # A thread that is inside TensorFlow when the interpreter ends takes the process down with
        # it, with another exit code. Everything of the user's is on disk by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
