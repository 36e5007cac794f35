"""The process that trains trials: a JSON request a line in, the trial a line out.

``{"project": …, "base": …, "values": …, "others": [trials], "prune": …, "shared": …}``
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netbuilder.core.i18n import gettext as _
from netbuilder.core.process.worker_process import serve_requests
from netbuilder.core.project.files import from_json
from netbuilder.core.results.tuning.trial import Trial, trial_from_json


def main() -> None:
    """Serve requests until stdin ends."""
    serve_requests(_ready, _answer)


def _ready() -> None:
    # The parent handles Ctrl+C: it saves the trials and ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _answer(request: dict[str, Any], tell: Callable[[Any], None]) -> dict[str, Any]:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.tuning.train_trial import train_trial

    project, base = from_json(request["project"]), Path(request["base"])
    shared = (
        load_dataset(project, base) if request["shared"] else None
    )  # read once, then remembered
    try:
        trial = train_trial(
            project,
            base,
            request["values"],
            [trial_from_json(entry) for entry in request["others"]],
            shared,
            prune=request["prune"],
            plainly=request["plainly"],
            tell=lambda curve: tell(list(curve)),
        )
    except MemoryError:
        trial = Trial(
            request["values"], None, 0, failed=_("The trial needs more memory than allowed.")
        )
    except Exception as error:  # noqa: BLE001  one variant must never end the study
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        words = _(
            "Training failed ({error}: {reason}).", error=type(error).__name__, reason=first[:200]
        )
        trial = Trial(request["values"], None, 0, failed=words)
    assert trial is not None
    return {"trial": trial.kept()}


if __name__ == "__main__":
    main()
