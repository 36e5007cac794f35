"""Scripts in processes of their own that are forked of one which has TensorFlow already.

Its import takes longer than what most of them do. Where processes cannot be forked (Windows) each
begins anew.
"""

import multiprocessing
import os
import runpy
import sys

_WAYS = multiprocessing.get_all_start_methods()
_CONTEXT = multiprocessing.get_context("forkserver" if "forkserver" in _WAYS else "spawn")


def _run(script, words, environment, said):
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(said.fileno(), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    said.close()
    sys.argv = [script, *words]
    sys.stdout = os.fdopen(1, "w", closefd=False)
    runpy.run_path(script, run_name="__main__")


class Forked:
    """A running script, with what of ``subprocess.Popen`` tests ask for."""

    def __init__(self, script, *words: str):
        _CONTEXT.set_forkserver_preload(
            ["tensorflow", "keras", "h5py", "netbuilder.core.engine.session", __name__]
        )
        listened, said = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_run, args=(str(script), list(words), dict(os.environ), said), daemon=True
        )
        self._process.start()
        said.close()
        self.stdout = os.fdopen(os.dup(listened.fileno()), encoding="utf-8")
        listened.close()

    @property
    def returncode(self):
        return self._process.exitcode

    def kill(self):
        self._process.kill()

    def wait(self, timeout=None):
        self._process.join(timeout)
        assert self.returncode is not None, "it goes on"
        self.stdout.close()
        return self.returncode

    def communicate(self, timeout):
        """What it said until its end."""
        text = self.stdout.read()
        self.wait(timeout)
        return text, None
