"""Arrays from ``.npz``, ``.npy`` and ``.h5`` files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.data_facts import BINARY, CLASSES
from netbuilder.core.data.kinds.kind import PARTS, SCALING, TASK, DataCode, DataKind, Fed, Question
from netbuilder.core.data.kinds.modality import (
    Fitted,
    Modality,
    Rows,
    Shown,
    shaped,
    source_of,
    values_of,
    wanted_shape,
)
from netbuilder.core.data.kinds.script import used_inputs
from netbuilder.core.data.preprocessing import scaling
from netbuilder.core.data.preprocessing.missing import missing_rules
from netbuilder.core.data.preprocessing.preprocess import Column, InputPre
from netbuilder.core.data.readers.array_files import ENDINGS, read_named, shapes_of
from netbuilder.core.data.readers.class_folders import TRAIN, VALIDATION
from netbuilder.core.data.readers.csv_dialect import check_file
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.recipe_options import positive
from netbuilder.core.errors import DataError, FormatError
from netbuilder.core.project.graph_ends import byte_taker, feeds_embedding
from netbuilder.core.project.model import Data, Project
from netbuilder.core.python_text import literal
from netbuilder.core.unpacked import check_unpacked
from netbuilder.core.wording import did_you_mean, listed, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
_X = ("x_train", "x", "X_train", "X", "images", "data", "features")
_Y = ("y_train", "y", "Y_train", "Y", "labels", "target", "targets")
_MOST_COLUMNS = 2000
_VALIDATION = ("val", "valid", "validation", "dev")


def read_arrays(
    path: Path,
    options: Mapping[str, Any],
    inputs: Sequence[str],
    targets: Sequence[str] = (),
    *,
    test: bool = False,
) -> Samples | None:
    """Samples of a file of arrays.

    Args:
        path: ``.npz``, ``.h5`` or ``.hdf5``.
        options: "x" and "y": names of the arrays (found by the usual names otherwise);
            "x_test" and "y_test": those of the test samples.
        inputs: names of arrays that the recipe gives to Input nodes.
        targets: names of arrays that it gives to outputs, each with one number a sample (or one
            one-hot row).
        test: read the test samples; None where the file has none.

    Raises:
        DataError: the file cannot be read, or its arrays do not fit together.
    """
    check_file(path)
    try:
        check_unpacked(path, positive(options, "memory_limit_mb", 1024))
        shapes = shapes_of(path)
    except FormatError as error:
        raise DataError(error.what, error.mend, path=str(path)) from error
    names = list(shapes)
    if not names:
        raise DataError(f"{path.name} holds no arrays.", "Choose another file.", path=str(path))
    notes: tuple[str, ...] = ()
    if not (inputs or targets or options.get("x") or options.get("y")):
        guess = _guessed(path, shapes)
        if guess is not None and guess[1] == "":
            return None if test else _one_array(path, guess[0])
        if guess is not None:
            options = {**options, "x": guess[0], "y": guess[1]}
            notes = (f"'{guess[0]}' was taken for the inputs, '{guess[1]}' for the answers.",)
    y_names = list(targets) or [_chosen(options.get("y"), _Y, shapes, path, "y")]
    rest = {name: shape for name, shape in shapes.items() if name not in y_names}
    x_names = list(inputs) or [_chosen(options.get("x"), _X, rest, path, "x")]
    stored = {name: name for name in (*x_names, *y_names)}
    if test:
        stored = {name: _part_name(name, "test") for name in stored}
        stored[x_names[0]] = str(options.get("x_test") or stored[x_names[0]])
        stored[y_names[0]] = str(options.get("y_test") or stored[y_names[0]])
        if any(name not in names for name in stored.values()):
            return None
    for name in stored.values():
        _need(name, names, path)
    read = read_named(path, list(stored.values()))
    # Test arrays go by the names of those that they are compared with.
    found = {name: read[stored[name]] for name in stored}
    parts = None if test else _watched(path, names, found)
    answers = found[y_names[0]] if not targets else {name: found[name] for name in y_names}
    samples = samples_of_arrays({name: found[name] for name in x_names}, answers, path.name)
    return replace(samples, parts=parts, notes=(*notes, *samples.notes))


def _watched(path: Path, names: Sequence[str], found: dict[str, Array]) -> Array | None:
    """Put arrays for watching the training (``x_val``, …) behind those to train on."""
    import numpy as np

    for word in _VALIDATION:
        others = {name: _part_name(name, word) for name in found}
        if not all(other in names for other in others.values()):
            continue
        more = read_named(path, list(others.values()))
        first = len(next(iter(found.values())))
        for name, other in others.items():
            if found[name].shape[1:] != more[other].shape[1:]:
                return None
            found[name] = np.concatenate([found[name], more[other]])
        added = len(next(iter(found.values()))) - first
        return np.repeat(np.array([TRAIN, VALIDATION], np.int8), [first, added])
    return None


def _guessed(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, str] | None:
    """Inputs and answers by their shapes, where the usual names say nothing.

    A single table has its answers in the last column: then the second name is "".
    """
    import numpy as np

    if path.suffix.lower() == ".npy":
        pool = {path.stem: shapes[path.stem]}
        partner = _partner(path.stem, list(shapes))
        if partner is None and len(shapes[path.stem]) == 2:
            return path.stem, ""
        if partner is not None:
            return path.stem, partner
    elif any(name in shapes for name in _X) and any(name in shapes for name in _Y):
        return None
    words = ("test", *_VALIDATION)
    pool = {n: s for n, s in shapes.items() if not any(word in n.lower() for word in words)}
    pool = {n: s for n, s in pool.items() if "train" in n.lower()} or pool
    if len(pool) == 1:
        name, shape = next(iter(pool.items()))
        return (name, "") if len(shape) == 2 and shape[1] > 1 else None
    if len(pool) != 2:
        return None
    (first, one), (second, other) = pool.items()
    if not one or not other or one[0] != other[0]:
        return None
    sizes = int(np.prod(one[1:])), int(np.prod(other[1:]))
    if sizes[0] == sizes[1]:
        return None
    return (first, second) if sizes[0] > sizes[1] else (second, first)


def _partner(stem: str, names: Sequence[str]) -> str | None:
    """The answers that go with an array of a folder: ``y_train`` with ``x_train``."""
    for x, y in zip(_X[1:], _Y[1:], strict=True):
        for old, new in ((x, y), (x.lower(), y.lower()), ("data", "labels"), ("images", "labels")):
            name = stem.replace(old, new, 1)
            if name != stem and name in names:
                return name
    return next((name for name in _Y if name in names and name != stem), None)


def _one_array(path: Path, name: str) -> Samples:
    values = read_named(path, [name])[name]
    samples = samples_of_arrays({name: values[:, :-1]}, values[:, -1], path.name)
    note = f"'{name}' is one table: its last column was taken for the answers."
    return replace(samples, notes=(note, *samples.notes))


def read_inputs(path: Path, inputs: Mapping[str, InputPre]) -> dict[str, Array]:
    """Raw values for each Input of a model from a file of arrays without answers.

    An array is taken by the name that the model was trained with, else by the Input's id, else
    by the usual names; a file with a single array needs no name.

    Raises:
        DataError: the file cannot be read, or does not say which array is meant.
    """
    import numpy as np

    check_file(path)
    shapes = shapes_of(path)
    names = list(shapes)
    found: dict[str, Array] = {}
    for key, entry in inputs.items():
        alone = [path.stem] if path.suffix.lower() == ".npy" and len(inputs) == 1 else []
        wanted = [*alone, entry.source, key, *(names if len(names) == len(inputs) == 1 else ())]
        name = next((name for name in wanted if name in names), None)
        name = name or _chosen(None, ("x_test", *_X), shapes, path, "x")
        values = read_named(path, [name])[name]
        if values.dtype.kind not in "iufb":
            raise DataError(f"'{name}' of {path.name} holds no numbers.", "Choose another file.")
        shape = tuple(size or -1 for size in entry.shape)
        values = values[None] if values.shape == shape else values
        fits = int(np.prod(values.shape[1:])) == int(np.prod(shape))
        found[key] = values.reshape(len(values), *shape) if fits and -1 not in shape else values
    return found


def _part_name(name: str, part: str) -> str:
    return name.replace("train", part) if "train" in name else f"{name}_{part}"


def _need(name: str, names: Sequence[str], path: Path) -> None:
    if name not in names:
        raise DataError(
            f"There is no array '{name}' in {path.name}.",
            f"{did_you_mean(name, names)} It holds {listed(names, 12)}.".strip(),
            path=str(path),
        )


def _chosen(
    given: Any, usual: Sequence[str], shapes: Mapping[str, tuple[int, ...]], path: Path, what: str
) -> str:
    if given:
        _need(str(given), list(shapes), path)
        return str(given)
    for name in usual:
        if name in shapes:
            return name
    told = [f"{name} ({'×'.join(map(str, shape))})" for name, shape in shapes.items()]
    raise DataError(
        f"It is not clear which array of {path.name} is '{what}'.",
        f"It holds {listed(told, 12)}. Set '{what}' to one of them.",
        path=str(path),
    )


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


def fit_numbers(project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
    """Scale of an array of numbers for Input node ``key``, each entry of the last axis its own."""
    import numpy as np

    source = source_of(project, key, samples)
    values, how = samples.arrays[source], project.data.scaling
    if how == "auto" and byte_taker(project.graph, key):
        how = "none"
    shape = wanted_shape(project, key, values.shape[1:])
    if feeds_embedding(project.graph, key):
        return InputPre("ids", shape, "int32", source=source), ()
    if len(shape) == values.ndim - 1:
        offset, scale = scaling.fit_columns(values[train], how)
    else:
        offset, scale = scaling.fit_whole(values[train], how, None)
    columns: tuple[Column, ...] = ()
    if samples.columns and shape == values.shape[1:]:
        seen = np.moveaxis(values[train], -1, 0)
        columns = tuple(
            _column(name, numbers, project.data)
            for name, numbers in zip(samples.columns, seen, strict=True)
        )
    return InputPre("numbers", shape, "float32", columns, offset, scale, source=source), ()


def _column(name: str, values: Array, data: Data) -> Column:
    """A column of a series; what stands in for missing values comes from the training rows."""
    import numpy as np

    present = values[~np.isnan(values)]
    if not present.size:
        return Column(name, low=0.0, high=0.0)
    low, high = float(present.min()), float(present.max())
    rule = missing_rules(data, [name])[name]
    middle = present.mean() if rule == "mean" else np.median(present)
    fill = float(middle) if rule not in {"error", "drop"} else None
    return Column(name, low=low, high=high, fill=fill)


def _numbers(samples: Samples, pre: InputPre, rows: Rows | slice) -> Array:
    return shaped(filled(values_of(samples, pre, rows), pre.columns), pre)


def filled(values: Array, columns: Sequence[Column]) -> Array:
    """Sequences, (n, steps, columns), with each column's ``fill`` where a value is missing."""
    import numpy as np

    fills = [column.fill for column in columns]
    if not any(isinstance(fill, float) for fill in fills) or not np.isnan(values).any():
        return values
    out = np.array(values, np.float64)
    for place, fill in enumerate(fills):
        if isinstance(fill, float):
            out[..., place] = np.where(np.isnan(out[..., place]), fill, out[..., place])
    return out


def _shown(samples: Samples, count: int) -> Shown:
    first = next(iter(samples.arrays.values()))[:count]
    cells = {name: described(values) for name, values in samples.arrays.items()}
    return Shown(cells, sequences=first if first.ndim == 3 else None)


def described(values: Array) -> list[str]:
    """One line of text for each sample of an array of numbers."""
    import numpy as np

    lines = []
    for sample in values:
        flat = np.asarray(sample).reshape(-1)
        first = " ".join(number(float(value)) for value in flat[:6])
        lines.append(f"{first} …" if flat.size > 6 else first)
    return lines


NUMBERS = Modality("numbers", "arrays", fit_numbers, _numbers, _shown)
IDS = Modality("ids", "arrays", fit_numbers, _numbers, _shown)


def _read_data(data: Data, path: Path, test: bool = False) -> Samples | None:
    names = tuple(name for names in data.inputs.values() for name in names)
    wanted = tuple(name for names in data.targets.values() for name in names)
    return read_arrays(path, data.options, names, wanted, test=test)


def _read_kind(data: Data, path: Path, test: bool) -> Samples:
    samples = _read_data(data, path)
    assert samples is not None
    return samples


def _read_test(data: Data, path: Path) -> Samples | None:
    return _read_data(data, path, test=True)


def _recognised(path: Path) -> Mapping[str, Any] | None:
    return {} if path.suffix.lower() in ENDINGS else None


def takes_pictures(question: Question) -> bool:
    """Whether samples have height, width and channels: by their shape, or by the first layers."""
    graph = question.project.graph
    for name in used_inputs(graph):
        shape = graph.by_id[name].params.get("shape")
        if shape is None and question.facts is not None:
            shape = question.facts.input_shapes.get(name)
        if shape is not None:
            return len(shape) == 3
    return any(node.layer.endswith("2D") for node in graph.nodes)


def _code(question: Question) -> DataCode:
    data = question.project.data
    x_name, y_name = data.options.get("x"), data.options.get("y")
    if data.path.lower().endswith(".npy"):
        folder = literal(str(PurePosixPath(data.path).parent))
        lines = [
            "from pathlib import Path",
            "",
            f"files = Path({folder}).glob('*.npy')",
            "arrays = {file.stem: np.load(file, allow_pickle=False) for file in files}",
        ]
        stem = PurePosixPath(data.path).stem
        x_name, y_name = x_name or stem, y_name or _partner(stem, [stem.replace("x", "y", 1)])
    elif data.path.lower().endswith(".npz"):
        lines = [f"arrays = np.load({literal(data.path)}, allow_pickle=False)"]
    else:
        lines = [
            "import h5py",
            "",
            f"with h5py.File({literal(data.path)}) as file:",
            "    names = []",
            "    file.visit(names.append)",
            "    arrays = {",
            "        n: file[n][...] for n in names if isinstance(file[n], h5py.Dataset)",
            "    }",
        ]
    inputs = used_inputs(question.project.graph)
    pictures = takes_pictures(question)
    if isinstance(x_name, Mapping) or len(inputs) > 1:
        names = x_name if isinstance(x_name, Mapping) else {one: one for one in inputs}
        lines.append("x = {")
        lines += [f"    {literal(one)}: arrays[{literal(names.get(one, one))}]," for one in inputs]
        lines.append("}")
    else:
        if not x_name:
            lines.append(f"x_name = next(name for name in {literal(list(_X))} if name in arrays)")
        lines.append(f'x = arrays[{literal(x_name) if x_name else "x_name"}].astype("float32")')
        if pictures:
            lines += ["if x.ndim == 3:  # grey pictures: one channel", "    x = x[..., np.newaxis]"]
    if not y_name:
        lines.append(f"y_name = next(name for name in {literal(list(_Y))} if name in arrays)")
    lines.append(f"y = arrays[{literal(y_name) if y_name else 'y_name'}]")
    if question.task in {CLASSES, BINARY}:
        lines += [
            "labels, y = np.unique(y, return_inverse=True)",
            "labels = [str(label) for label in labels]",
        ]
    return DataCode(tuple(lines), Fed.RAW_PIXELS if pictures else Fed.NUMBERS)


KIND = DataKind(
    name="arrays",
    title="Arrays",
    help="arrays of numbers, by their names",
    noun="arrays",
    options=(
        Param("x", Kind.TEXT, None, "name of the inputs: found by itself", optional=True),
        Param("y", Kind.TEXT, None, "name of the targets: found by itself", optional=True),
        TASK,
        SCALING,
        *PARTS,
    ),
    readings=(
        (
            ".npz or .npy under any names",
            "inputs and answers are told apart by the usual names, else by their shapes, with a "
            "note; where that is not clear it is asked, with all shapes",
        ),
        (
            "x_train, x_val, x_test, …",
            "they are parts",
        ),
        (
            "one table in a .npy",
            "its last column is the target, with a note",
        ),
        (
            "HDF5",
            "datasets in groups are named group/name; links to other files are not followed",
        ),
        (
            "8-bit pixels with three or four axes",
            "pictures; two axes are a table, all else sequences of numbers",
        ),
    ),
    read=_read_kind,
    code=_code,
    endings=ENDINGS,
    recognise=_recognised,
    read_test=_read_test,
)
