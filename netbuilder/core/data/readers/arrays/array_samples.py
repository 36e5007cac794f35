"""What arrays in memory are: pictures, a table or sequences of numbers, with their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
_MOST_COLUMNS = 2000


def samples_of_arrays(x: dict[str, Array], y: Array | dict[str, Array], source: str) -> Samples:
    """Samples of arrays in memory: ``x`` by name, n × ..., and ``y``, (n,) or (n, columns).

    Several ``y`` by name are one target column each.

    8-bit pixels are pictures, two axes are a table, all else is numbers. One-hot ``y`` is read
    as class numbers.

    Raises:
        DataError: lengths differ, values are missing, or an array holds no numbers.
    """
    import numpy as np

    answers = y if isinstance(y, dict) else {"y": y}
    count = _length(next(iter(answers.values())))
    for name, values in (*x.items(), *answers.items()):
        if _length(values) != count:
            raise DataError(
                f"'{name}' of {source} has {_length(values)} samples, but "
                f"{next(iter(answers))} has {count}.",
                "Both need one entry a sample.",
            )
    for name, values in x.items():
        if values.dtype.kind not in "iufb" or values.ndim == 0:
            raise DataError(f"'{name}' of {source} holds no numbers.", "Choose another array.")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            sample = int(np.argwhere(~np.isfinite(values))[0][0])
            raise DataError(
                f"'{name}' of {source} has a missing or infinite value in sample {sample}.",
                "Put a number there.",
            )
    for name, values in answers.items():
        if values.dtype.kind not in "iufbUS" or values.ndim == 0:
            raise DataError(
                f"'{name}' of {source} holds neither numbers nor labels.", "Choose another array."
            )
    if count == 0:
        raise DataError(f"The arrays of {source} have no samples.", "Choose another file.")
    targets, notes = _joined(answers) if isinstance(y, dict) else _targets(y)
    first = next(iter(x.values()))
    if first.ndim == 2 and len(x) == 1 and first.shape[1] <= _MOST_COLUMNS:
        import pandas as pd

        names = [f"x{index}" for index in range(first.shape[1])]
        return Samples(
            "table", targets, table=pd.DataFrame(first, columns=names), source=source, notes=notes
        )
    if all(_is_picture(values) for values in x.values()):
        # Pictures without an axis of channels get one, as Conv2D wants it.
        arrays = {n: v[..., None] if v.ndim == 3 else v for n, v in x.items()}
        pixels = (0.0, 255.0) if first.dtype == np.uint8 else None
        return Samples(
            "image", targets, arrays=arrays, value_range=pixels, source=source, notes=notes
        )
    arrays = {n: v[:, None] if v.ndim == 1 else v for n, v in x.items()}
    return Samples("numbers", targets, arrays=arrays, source=source, notes=notes)


def _is_picture(values: Array) -> bool:
    import numpy as np

    if values.dtype == np.uint8 and values.ndim in {3, 4}:
        return True
    return values.ndim == 4 and values.shape[-1] in {1, 3, 4}


def _length(values: Array) -> int:
    return len(values) if values.ndim else 1


def _joined(answers: dict[str, Array]) -> tuple[Any, tuple[str, ...]]:
    import pandas as pd

    columns: dict[str, Any] = {}
    notes: list[str] = []
    for name, values in answers.items():
        frame, said = _targets(values)
        if len(frame.columns) > 1:
            raise DataError(
                f"'{name}' has {len(frame.columns)} numbers a sample.",
                "Give each output an array with one number a sample.",
            )
        columns[name] = frame.iloc[:, 0].to_numpy()
        notes += said
    return pd.DataFrame(columns), tuple(dict.fromkeys(notes))


def _targets(y: Array) -> tuple[Any, tuple[str, ...]]:
    import numpy as np
    import pandas as pd

    flat = y.reshape(len(y), -1) if y.ndim != 1 else y[:, None]
    if flat.dtype.kind == "S":
        flat = np.char.decode(flat, "utf-8")
    if flat.shape[1] == 1:
        return pd.DataFrame({"y": flat[:, 0]}), ()
    if np.isin(flat, (0, 1)).all() and (flat.sum(axis=1) == 1).all():
        return pd.DataFrame({"y": flat.argmax(axis=1)}), ("One-hot y was read as class numbers.",)
    return pd.DataFrame(flat, columns=[f"y{index}" for index in range(flat.shape[1])]), ()
