"""JSON of long rows of numbers, written without holding up other threads."""

from __future__ import annotations

import json
from typing import Any

_PIECE = 1000


def dumps(value: Any) -> str:
    """As ``json.dumps(value, ensure_ascii=False)``, in pieces.

    Python's encoder keeps all other threads waiting until it is done: for the curves of 60,000
    epochs a tenth of a second, in which the window stands still. Between pieces they have their
    turn.
    """
    if isinstance(value, dict) and all(type(key) is str for key in value):
        pairs = (
            f"{json.dumps(key, ensure_ascii=False)}: {dumps(one)}" for key, one in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    if type(value) is list and len(value) > _PIECE:
        pieces = (value[first : first + _PIECE] for first in range(0, len(value), _PIECE))
        return f"[{', '.join(json.dumps(one, ensure_ascii=False)[1:-1] for one in pieces)}]"
    return json.dumps(value, ensure_ascii=False)
