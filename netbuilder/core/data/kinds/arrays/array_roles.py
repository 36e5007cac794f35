"""Decide which arrays of a file are inputs and which are targets, by name or by shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.arrays.array_files import array_shapes, read_arrays_by_name
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.class_folders import TRAIN, VALIDATION
from netbuilder.core.data.readers.csv_dialect import check_file
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.recipe_options import positive_option
from netbuilder.core.errors import DataError, FormatError
from netbuilder.core.files.safe_archives import check_unpacked_size
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import did_you_mean, format_list

if TYPE_CHECKING:
    from numpy.typing import NDArray


Array: TypeAlias = "NDArray[Any]"
X_NAMES = ("x_train", "x", "X_train", "X", "images", "data", "features")
Y_NAMES = ("y_train", "y", "Y_train", "Y", "labels", "target", "targets")
VALIDATION_WORDS = ("val", "valid", "validation", "dev")


def read_arrays(
    path: Path,
    options: Mapping[str, Any],
    inputs: Sequence[str],
    targets: Sequence[str] = (),
    *,
    test: bool = False,
) -> Samples | None:
    """Read the samples of a file of arrays.

    Args:
        path: ``.npz``, ``.h5`` or ``.hdf5``.
        options: "x" and "y": names of the arrays (default: the usual names); "x_test" and
            "y_test": those of the test samples.
        inputs: names of arrays that the recipe assigns to Input nodes.
        targets: names of arrays that it assigns to outputs, each with one number a sample (or
            one one-hot row).
        test: read the test samples; None where the file has none.

    Raises:
        DataError: the file cannot be read, or its arrays do not fit together.
    """
    check_file(path)
    try:
        check_unpacked_size(path, positive_option(options, "memory_limit_mb", 1024))
        shapes = array_shapes(path)
    except FormatError as error:
        raise DataError(error.what, error.fix, path=str(path)) from error
    names = list(shapes)
    if not names:
        raise data_error("arrays_none", path)
    x_names, y_names, guessed = names_of(path, options, inputs, targets, shapes)
    if not y_names:
        return None if test else _one_array(path, x_names[0])
    notes = (
        (_("'{x}' is used as the input and '{y}' as the target.", x=x_names[0], y=y_names[0]),)
        if guessed
        else ()
    )
    stored = {name: name for name in (*x_names, *y_names)}
    if test:
        stored = {name: _part_name(name, "test") for name in stored}
        stored[x_names[0]] = str(options.get("x_test") or stored[x_names[0]])
        stored[y_names[0]] = str(options.get("y_test") or stored[y_names[0]])
        if any(name not in names for name in stored.values()):
            return None
    for name in stored.values():
        _need(name, names, path)
    read = read_arrays_by_name(path, list(stored.values()))
    # Test arrays go by the names of those that they are compared with.
    arrays = {name: read[stored[name]] for name in stored}
    parts = None if test else _watched(path, names, arrays)
    answers = arrays[y_names[0]] if not targets else {name: arrays[name] for name in y_names}
    samples = samples_of_arrays({name: arrays[name] for name in x_names}, answers, path.name)
    return replace(samples, parts=parts, notes=(*notes, *samples.notes))


def names_of(
    path: Path,
    options: Mapping[str, Any],
    inputs: Sequence[str],
    targets: Sequence[str],
    shapes: Mapping[str, tuple[int, ...]],
) -> tuple[list[str], list[str], bool]:
    """Return the names of inputs and targets, and whether they were guessed by their shapes.

    Without targets, the last column of the only table is the target. Raise DataError if the names
    are ambiguous.
    """
    if not (inputs or targets or options.get("x") or options.get("y")):
        guess = _guessed(path, shapes)
        if guess is not None:
            return [guess[0]], [guess[1]] if guess[1] else [], True
    y_names = list(targets) or [_chosen(options.get("y"), Y_NAMES, shapes, path, "y")]
    rest = {name: shape for name, shape in shapes.items() if name not in y_names}
    x_names = list(inputs) or [_chosen(options.get("x"), X_NAMES, rest, path, "x")]
    return x_names, y_names, False


def _watched(path: Path, names: Sequence[str], arrays: dict[str, Array]) -> Array | None:
    """Append the validation arrays (``x_val``, …) to the training arrays."""
    import numpy as np

    for word in VALIDATION_WORDS:
        others = {name: _part_name(name, word) for name in arrays}
        if not all(other in names for other in others.values()):
            continue
        more = read_arrays_by_name(path, list(others.values()))
        first = len(next(iter(arrays.values())))
        for name, other in others.items():
            if arrays[name].shape[1:] != more[other].shape[1:]:
                return None
            arrays[name] = np.concatenate([arrays[name], more[other]])
        added = len(next(iter(arrays.values()))) - first
        return np.repeat(np.array([TRAIN, VALIDATION], np.int8), [first, added])
    return None


def _guessed(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, str] | None:
    """Guess inputs and targets by shape; the target is "" for the last column of one table."""
    import numpy as np

    if path.suffix.lower() == ".npy":
        pool = {path.stem: shapes[path.stem]}
        partner = partner_of(path.stem, list(shapes))
        if partner is None and len(shapes[path.stem]) == 2:
            return path.stem, ""
        if partner is not None:
            return path.stem, partner
    elif any(name in shapes for name in X_NAMES) and any(name in shapes for name in Y_NAMES):
        return None
    words = ("test", *VALIDATION_WORDS)
    pool = {n: s for n, s in shapes.items() if not any(word in n.lower() for word in words)}
    pool = {n: s for n, s in pool.items() if "train" in n.lower()} or pool
    if len(pool) == 1:
        name, shape = next(iter(pool.items()))
        return (name, "") if len(shape) == 2 and shape[1] > 1 else None
    if len(pool) != 2:
        return None
    (first, size), (second, other) = pool.items()
    if not size or not other or size[0] != other[0]:
        return None
    sizes = int(np.prod(size[1:])), int(np.prod(other[1:]))
    if sizes[0] == sizes[1]:
        return None
    return (first, second) if sizes[0] > sizes[1] else (second, first)


def partner_of(stem: str, names: Sequence[str]) -> str | None:
    """Return the targets that belong to an array of a folder: ``y_train`` for ``x_train``."""
    for x, y in zip(X_NAMES[1:], Y_NAMES[1:], strict=True):
        for old, new in ((x, y), (x.lower(), y.lower()), ("data", "labels"), ("images", "labels")):
            name = stem.replace(old, new, 1)
            if name != stem and name in names:
                return name
    return next((name for name in Y_NAMES if name in names and name != stem), None)


def _one_array(path: Path, name: str) -> Samples:
    values = read_arrays_by_name(path, [name])[name]
    samples = samples_of_arrays({name: values[:, :-1]}, values[:, -1], path.name)
    note = _("'{name}' is a single table: its last column is used as the target.", name=name)
    return replace(samples, notes=(note, *samples.notes))


def read_inputs(path: Path, inputs: Mapping[str, InputPreprocessing]) -> dict[str, Array]:
    """Raw values for each Input of a model from a file of arrays without answers.

    An array is taken by the name that the model was trained with, else by the Input's id, else by
    the usual names; a file with a single array needs no name. Raise DataError if the file cannot be
    read, or does not say which array is meant.
    """
    import numpy as np

    check_file(path)
    shapes = array_shapes(path)
    names = list(shapes)
    inputs_by_key: dict[str, Array] = {}
    for key, entry in inputs.items():
        alone = [path.stem] if path.suffix.lower() == ".npy" and len(inputs) == 1 else []
        candidates = [*alone, entry.source, key, *(names if len(names) == len(inputs) == 1 else ())]
        name = next((name for name in candidates if name in names), None)
        name = name or _chosen(None, ("x_test", *X_NAMES), shapes, path, "x")
        values = read_arrays_by_name(path, [name])[name]
        if values.dtype.kind not in "iufb":
            raise data_error("arrays_not_numbers", name=name, file=path.name)
        shape = tuple(size or -1 for size in entry.shape)
        values = values[None] if values.shape == shape else values
        fits = int(np.prod(values.shape[1:])) == int(np.prod(shape))
        inputs_by_key[key] = (
            values.reshape(len(values), *shape) if fits and -1 not in shape else values
        )
    return inputs_by_key


def _part_name(name: str, part: str) -> str:
    return name.replace("train", part) if "train" in name else f"{name}_{part}"


def _need(name: str, names: Sequence[str], path: Path) -> None:
    if name not in names:
        raise DataError(
            _("There is no array '{name}' in {file}.", name=name, file=path.name),
            did_you_mean(
                name, names, _("The file contains {names}.", names=format_list(names, 12))
            ),
            code="array_missing",
            path=str(path),
        )


def _chosen(
    choice: Any, usual: Sequence[str], shapes: Mapping[str, tuple[int, ...]], path: Path, role: str
) -> str:
    if choice:
        _need(str(choice), list(shapes), path)
        return str(choice)
    for name in usual:
        if name in shapes:
            return name
    descriptions = [f"{name} ({'×'.join(map(str, shape))})" for name, shape in shapes.items()]
    raise data_error(
        "arrays_role_unclear", path, file=path.name, role=role, arrays=format_list(descriptions, 12)
    )


_MOST_COLUMNS = 2000


def samples_of_arrays(x: dict[str, Array], y: Array | dict[str, Array], source: str) -> Samples:
    """Return samples of arrays in memory: ``x`` by name, n × ..., and ``y``, (n,) or (n, columns).

    Several ``y`` by name are one target column each. 8-bit pixels are pictures, two axes are a
    table, all else is numbers. One-hot ``y`` is read as class numbers. Raise DataError if lengths
    differ, values are missing, or an array holds no numbers.
    """
    import numpy as np

    answers = y if isinstance(y, dict) else {"y": y}
    count = _length(next(iter(answers.values())))
    for name, values in (*x.items(), *answers.items()):
        if _length(values) != count:
            raise data_error(
                "arrays_lengths_differ",
                name=name,
                file=source,
                count=_length(values),
                other=next(iter(answers)),
                expected=count,
            )
    for name, values in x.items():
        if values.dtype.kind not in "iufb" or values.ndim == 0:
            raise data_error("arrays_not_numbers:2", name=name, file=source)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            sample = int(np.argwhere(~np.isfinite(values))[0][0])
            raise data_error("arrays_not_finite", name=name, file=source, sample=sample)
    for name, values in answers.items():
        if values.dtype.kind not in "iufbUS" or values.ndim == 0:
            raise data_error("arrays_not_targets", name=name, file=source)
    if count == 0:
        raise data_error("arrays_no_samples", file=source)
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
        frame, more_notes = _targets(values)
        if len(frame.columns) > 1:
            raise data_error("arrays_several_targets", count=len(frame.columns), name=name)
        columns[name] = frame.iloc[:, 0].to_numpy()
        notes += more_notes
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
        return pd.DataFrame({"y": flat.argmax(axis=1)}), (
            _("The one-hot targets were converted to class numbers."),
        )
    return pd.DataFrame(flat, columns=[f"y{index}" for index in range(flat.shape[1])]), ()
