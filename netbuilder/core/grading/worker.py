"""The process that judges: reads a request a line, writes an answer a line, as JSON.

``{"file": …, "data": …, "lesson": …, "private_key": …}`` in, ``judge.judge``'s answer or
``{"failed": true, "message": …}`` out; the first line out is ``{"ready": true}``. Started by
``pool``; a file that kills it, or that it cannot finish in time, costs this process and nothing
else.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from netbuilder.core.errors import UserError


def main() -> None:
    """Answer requests until stdin ends."""
    # What a library prints goes to stderr: stdout holds answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    bound_memory(int(os.environ.get("NETBUILDER_GRADE_MEMORY_MB", "0")))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    _say(answers, {"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        _say(answers, answer(request))
        import keras

        keras.backend.clear_session()


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request; whatever goes wrong is a sentence in it."""
    from netbuilder.core.grading.judge import judge

    try:
        return judge(
            Path(request["file"]), Path(request["data"]), request["lesson"], request["private_key"]
        )
    except UserError as error:
        return {"failed": True, "message": str(error)}
    except MemoryError:
        return {"failed": True, "message": "It needs more memory than a hand-in may have."}
    except Exception as error:  # noqa: BLE001  one file must never end the grading
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        return {
            "failed": True,
            "message": f"It could not be judged ({type(error).__name__}: {first[:200]}).",
        }


def bound_memory(megabytes: int) -> None:
    """Let the system refuse more; where it cannot, ``pool`` watches from outside. 0: no bound."""
    if megabytes <= 0 or sys.platform == "win32":
        return
    import resource

    limit = megabytes * 2**20
    # macOS does not know this bound: the watch from outside holds there.
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (OSError, ValueError):
        return


def _say(answers: Any, value: dict[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
