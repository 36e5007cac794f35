"""Programs without NetBuilder, each in a process that is forked of one which has Keras already.

Its import takes longer than what most of them do. Where a process cannot be forked (Windows), each
begins anew.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_ALONE = "import sys; sys.modules['netbuilder'] = None\n"
_SERVER = """
import json, os, sys, traceback
import keras, pandas, sklearn.model_selection, sklearn.preprocessing, tensorflow
for line in sys.stdin:
    code, folder, out, err = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for number, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(folder)
    status = 1
    try:
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(status)
"""


class PlainPython:
    """Runs programs where NetBuilder cannot be imported: ``printed = plain_python(code, folder)``.

    A program that does not end well fails its test.
    """

    def __init__(self):
        self._server: subprocess.Popen[str] | None = None

    def __call__(self, code, folder):
        with tempfile.TemporaryDirectory() as said:
            out, err = Path(said, "out"), Path(said, "err")
            if hasattr(os, "fork"):
                status = self._forked(_ALONE + code, folder, out, err)
            else:
                with out.open("wb") as first, err.open("wb") as second:
                    status = subprocess.run(
                        [sys.executable, "-X", "utf8", "-c", _ALONE + code],
                        cwd=folder, stdout=first, stderr=second, check=False,
                    ).returncode  # fmt: skip
            assert status == 0, err.read_text("utf-8", "replace")[-3000:]
            return out.read_text("utf-8")

    def _forked(self, *job: str | Path):
        if self._server is None:
            plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            self._server = subprocess.Popen(
                [sys.executable, "-X", "utf8", "-c", _ALONE + _SERVER], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, encoding="utf-8", env=plain,
            )  # fmt: skip
        assert self._server.stdin is not None and self._server.stdout is not None
        print(json.dumps([str(one) for one in job]), file=self._server.stdin, flush=True)
        return int(self._server.stdout.readline())

    def end(self):
        if self._server is not None:
            self._server.communicate()
