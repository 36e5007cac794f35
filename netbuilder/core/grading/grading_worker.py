"""The grading process: JSON requests in, JSON answers out, one per line.

A request is ``{"file": …, "data": … or "", "lesson": …, "places": […]}``, optionally with
``"retrain": true``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process.worker_process import serve_requests

_sentence = sentences_of("grading")


def main() -> None:
    """Answer requests until stdin ends."""
    serve_requests(_ready, lambda request, _tell: _then_clear(answer(request)))


def _ready() -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _then_clear(result: dict[str, Any]) -> dict[str, Any]:
    import keras

    keras.backend.clear_session()
    return result


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request; any error becomes a message in the answer."""
    from netbuilder.core.grading.file_grader import grade_file
    from netbuilder.core.grading.lesson_steps import lesson_named
    from netbuilder.core.grading.retraining import retrain

    places = [Path(place) for place in request.get("places", ())]
    try:
        if request.get("retrain"):
            lesson = lesson_named(request["lesson"]) if request["lesson"] else None
            return retrain(Path(request["file"]), lesson, places)
        data = Path(request["data"]) if request["data"] else None
        return grade_file(Path(request["file"]), data, request["lesson"], places)
    except UserError as error:
        return {"failed": True, "message": str(error)}
    except MemoryError:
        return {"failed": True, "message": _("The submission needs more memory than allowed.")}
    except Exception as error:  # noqa: BLE001  one file must never end the grading
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        return {
            "failed": True,
            "message": _sentence("not_graded", kind=type(error).__name__, reason=first[:200]),
        }


if __name__ == "__main__":
    main()
