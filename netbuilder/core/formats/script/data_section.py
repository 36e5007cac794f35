"""The data section of a script: ends with ``x_train``, ``y_train``, ``x_test``, ``y_test``.

``x`` is an array, or a dict of arrays where the network has several inputs; ``y`` is an array,
or a list of them where it has several outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netbuilder.core.catalog.training.index import canonical
from netbuilder.core.catalog.training.losses import LOSSES
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.formats.script.cell import Cell
from netbuilder.core.formats.script.literals import call, literal
from netbuilder.core.formats.script.model_section import used_inputs
from netbuilder.core.project.model import Project

_SKLEARN = {
    "diabetes": ("load_diabetes", "scaled=False, "),
    "iris": ("load_iris", ""),
    "wine": ("load_wine", ""),
    "breast_cancer": ("load_breast_cancer", ""),
}


@dataclass
class Recipe:
    """What the sections of a script must know of each other.

    ``task`` of the (first) output; ``table``: the inputs are rows of numbers; ``scaler``: class
    of scikit-learn that scales them, or ""; ``ids``: the inputs are ids of words; ``ordered``:
    rows follow each other in time; ``pixels``: the inputs are pictures, from 0 to 1 already;
    ``raw_pixels``: pictures as arrays, to be scaled here.
    """

    task: str
    table: bool = False
    scaler: str = ""
    ids: bool = False
    ordered: bool = False
    own_test: bool = False
    one_hot: bool = False
    pixels: bool = False
    raw_pixels: bool = False


def recipe_of(project: Project, facts: DataFacts | None) -> Recipe:
    """What the project says, with the facts about its data where they are known."""
    data = project.data
    builtin = BUILTINS.get(data.name) if data.kind == "builtin" else None
    kind = data.kind
    words = kind == "text" or data.name == "reviews"
    pixels = kind == "images" or data.name == "digits"
    series = kind == "series" or data.name in ("waves", "temperatures")
    raw_pixels = kind in ("arrays", "") and _takes_pictures(project, facts)
    scaling = {"auto": "StandardScaler", "standard": "StandardScaler", "minmax": "MinMaxScaler"}
    task = facts.task if facts is not None else (builtin.task if builtin else _task(project))
    return Recipe(
        task=str(data.options.get("task") or task) if data.options.get("task") != "auto" else task,
        table=not (words or pixels or series or raw_pixels or kind == "arrays"),
        scaler="" if words or pixels or raw_pixels else scaling.get(data.scaling, ""),
        ids=words,
        ordered=kind == "series" or data.name == "temperatures",
        own_test=bool(data.test_path),
        one_hot=bool(data.options.get("one_hot")),
        pixels=pixels,
        raw_pixels=raw_pixels,
    )


def _takes_pictures(project: Project, facts: DataFacts | None) -> bool:
    """Whether samples have height, width and channels: by their shape, or by the first layers."""
    graph = project.graph
    for name in used_inputs(graph):
        shape = graph.by_id[name].params.get("shape")
        if shape is None and facts is not None:
            shape = facts.input_shapes.get(name)
        if shape is not None:
            return len(shape) == 3
    return any(node.layer.endswith("2D") for node in graph.nodes)


def _task(project: Project) -> str:
    """The task that loss and last layer speak of."""
    training = project.training
    loss = canonical(LOSSES, training.loss.name) if training.loss else None
    last = [project.graph.by_id[name].params for name in project.graph.outputs[:1]]
    activation = last[0].get("activation") if last else None
    if loss and "categorical" in loss:
        return CLASSES
    if (loss and loss.startswith("binary")) or activation == "sigmoid":
        units = last[0].get("units", 1) if last else 1
        return BINARY if units == 1 else MULTI_LABEL
    return CLASSES if activation == "softmax" and not loss else REGRESSION


def data_cell(project: Project, recipe: Recipe) -> Cell:
    """The section that reads the data and cuts it into parts."""
    cell = Cell("Load the data")
    kind = project.data.kind
    writer = {
        "builtin": _builtin,
        "csv": _csv,
        "images": _images,
        "text": _text,
        "series": _series,
        "arrays": _arrays,
    }.get(kind, _none)
    writer(project, recipe, cell)
    return cell


def _none(project: Project, recipe: Recipe, cell: Cell) -> None:
    """No data is chosen: random numbers would teach nothing, so say what is missing."""
    cell.add(
        "# No data is chosen in this project: put your own arrays here.",
        'raise SystemExit("Put your data into x and y first.")',
    )


def _builtin(project: Project, recipe: Recipe, cell: Cell) -> None:
    name = project.data.name
    if name in _SKLEARN:
        loader, more = _SKLEARN[name]
        cell.add(
            f"from sklearn.datasets import {loader}",
            "",
            f"bunch = {loader}({more}as_frame=True)",
            "x, y = bunch.data, bunch.target",
        )
        if recipe.task != REGRESSION:
            cell.add("labels = [str(name) for name in bunch.target_names]")
        _pick_columns(project, cell)
        return
    if name == "digits":
        cell.add(
            "from sklearn.datasets import load_digits",
            "",
            "bunch = load_digits()",
            'x = bunch.images[..., np.newaxis].astype("float32") / 16',
            "y = bunch.target",
            "labels = [str(name) for name in bunch.target_names]",
        )
        return
    cell.add(
        "# These samples are made by a program, not read from a file.",
        "from netbuilder.core.data.builtin import read_builtin",
        "",
        f"samples = read_builtin({literal(name)}, {literal(dict(project.data.options))})",
        "targets = samples.targets.iloc[:, 0]",
    )
    if recipe.ids:
        cell.add('texts = next(iter(samples.arrays.values())).astype("str")')
        _words(project, cell)
    elif recipe.table:
        cell.add("x = samples.table")
        _pick_columns(project, cell)
    else:
        cell.add('x = next(iter(samples.arrays.values())).astype("float32")')
    _targets(recipe, cell)


def _targets(recipe: Recipe, cell: Cell) -> None:
    """From ``targets`` to ``y``: numbers as they are, classes by their number."""
    if recipe.task in (REGRESSION, MULTI_LABEL):
        cell.add('y = targets.to_numpy("float32")')
        return
    cell.add(
        "labels = sorted(targets.astype(str).unique())",
        "y = targets.astype(str).map({label: i for i, label in enumerate(labels)}).to_numpy()",
    )


def _pick_columns(project: Project, cell: Cell) -> None:
    """Columns of each input where there are several; the whole table where there is one."""
    inputs = used_inputs(project.graph)
    if len(inputs) < 2:
        if project.data.inputs.get(inputs[0] if inputs else ""):
            cell.add(f"x = x[{literal(list(project.data.inputs[inputs[0]]))}]")
        return
    cell.add("columns = {")
    for name in inputs:
        given = project.data.inputs.get(name)
        cell.add(f"    {literal(name)}: {literal(list(given)) if given else 'list(x.columns)'},")
    cell.add("}")


def _reader(project: Project) -> str:
    """``pd.read_csv`` with the dialect that the recipe gives."""
    options = project.data.options
    named = {"separator": "sep", "decimal": "decimal", "encoding": "encoding"}
    more = [
        f"{named[key]}={literal(options[key])}"
        for key in named
        if options.get(key) and options[key] != "auto"
    ]
    return "".join(f", {one}" for one in more)


def _csv(project: Project, recipe: Recipe, cell: Cell) -> None:
    data, more = project.data, _reader(project)
    cell.add(f"data = pd.read_csv({literal(data.path)}{more})")
    if data.test_path:
        cell.add(f"test = pd.read_csv({literal(data.test_path)}{more})")
    missing = {"drop": "dropna()", "mean": "fillna({0}.mean(numeric_only=True))"}
    how = missing.get(str(data.options.get("missing", "")))
    if how:
        for name in ("data", "test") if data.test_path else ("data",):
            cell.add(f"{name} = {name}.{how.format('data')}")
    targets = list(data.target) or [one for columns in data.targets.values() for one in columns]
    ignored = [str(one) for one in data.options.get("ignore") or []]
    weight = data.options.get("sample_weight")
    dropped = [*targets, *ignored, *([str(weight)] if weight else [])]
    cell.add(
        f"targets = {literal(targets)}",
        f"x = pd.get_dummies(data.drop(columns={_columns(targets, dropped)}))",
    )
    _csv_targets(recipe, targets, "data", "y", cell, first=True)
    if data.test_path:
        drop = f'test.drop(columns={_columns(targets, dropped)}, errors="ignore")'
        cell.add(
            f"x_test = pd.get_dummies({drop})",
            "x_test = x_test.reindex(columns=x.columns, fill_value=0)",
        )
        _csv_targets(recipe, targets, "test", "y_test", cell, first=False)
    _pick_columns(project, cell)


def _columns(targets: list[str], dropped: list[str]) -> str:
    more = [one for one in dropped if one not in targets]
    return f"targets + {literal(more)}" if more else "targets"


def _csv_targets(
    recipe: Recipe, targets: list[str], frame: str, name: str, cell: Cell, *, first: bool
) -> None:
    if recipe.task in (REGRESSION, MULTI_LABEL):
        cell.add(f'{name} = {frame}[targets].to_numpy("float32")')
        return
    column = f"{frame}[targets[0]].astype(str)"
    if first:
        cell.add(f"labels = sorted({column}.unique())")
    cell.add(f"{name} = {column}.map({{label: i for i, label in enumerate(labels)}}).to_numpy()")


def _images(project: Project, recipe: Recipe, cell: Cell) -> None:
    data = project.data
    size = data.options.get("image_size") or [64, 64]
    mode = str(data.options.get("color_mode") or "rgb")
    cell.add(
        "def read_pictures(folder):",
        '    """Pictures from one folder per class: pixels from 0 to 1, and class numbers."""',
        "    dataset = "
        + call(
            "keras.utils.image_dataset_from_directory",
            [
                "folder",
                f"image_size={literal(list(size), tuples=True)}",
                f"color_mode={literal(mode)}",
                "shuffle=False",
                "verbose=False",
            ],
            4,
        ),
        "    batches = [(pixels.numpy() / 255, numbers.numpy()) for pixels, numbers in dataset]",
        "    x, y = (np.concatenate(part) for part in zip(*batches))",
        '    return x.astype("float32"), y, dataset.class_names',
        "",
        "",
        f"x, y, labels = read_pictures({literal(data.path)})",
    )
    if data.test_path:
        cell.add(f"x_test, y_test, _ = read_pictures({literal(data.test_path)})")


def _text(project: Project, recipe: Recipe, cell: Cell) -> None:
    data = project.data
    if data.path.lower().endswith((".csv", ".tsv", ".txt")):
        column = data.options.get("text")
        target = data.target[0] if data.target else ""
        cell.add(
            f"data = pd.read_csv({literal(data.path)}{_reader(project)})",
            f"targets = data[{literal(target)}]",
            f'texts = data[{literal(column)}].to_numpy("str")'
            if column
            else f'texts = data.drop(columns={literal([target])}).iloc[:, 0].to_numpy("str")',
        )
    else:
        cell.add(
            "from pathlib import Path",
            "",
            f'files = sorted(Path({literal(data.path)}).glob("*/*.txt"))',
            'texts = np.array([file.read_text(encoding="utf-8") for file in files])',
            "targets = pd.Series([file.parent.name for file in files])",
        )
    _words(project, cell)
    _targets(recipe, cell)


def _words(project: Project, cell: Cell) -> None:
    options = project.data.options
    words = options.get("max_words") or _vocabulary(project)
    listed = [f"max_tokens={words}"]
    if options.get("sequence_length"):
        listed.append(f"output_sequence_length={options['sequence_length']}")
    cell.add(
        f"vectorize = {call('layers.TextVectorization', listed)}",
        "vectorize.adapt(texts)",
        'x = vectorize(texts).numpy().astype("int32")',
    )


def _vocabulary(project: Project) -> Any:
    for node in project.graph.nodes:
        if node.layer == "Embedding":
            return node.params.get("input_dim", 10_000)
    return 10_000


def _series(project: Project, recipe: Recipe, cell: Cell) -> None:
    data = project.data
    window, horizon = data.options.get("window") or 20, data.options.get("horizon") or 1
    cell.add(
        f"data = pd.read_csv({literal(data.path)}{_reader(project)})",
        'numbers = data.select_dtypes("number")',
        f'targets = numbers[{literal(list(data.target))}].to_numpy("float32")',
        "# A sample is a window of rows; its answer is what comes after.",
        f"window, horizon = {window}, {horizon}",
        "count = len(numbers) - window - horizon + 1",
        'rows = numbers.to_numpy("float32")',
        "x = np.stack([rows[i : i + window] for i in range(count)])",
        "y = targets[window + horizon - 1 :]",
    )


def _arrays(project: Project, recipe: Recipe, cell: Cell) -> None:
    data = project.data
    x_name, y_name = data.options.get("x") or "x", data.options.get("y") or "y"
    if data.path.lower().endswith(".npz"):
        cell.add(f"arrays = np.load({literal(data.path)}, allow_pickle=False)")
    else:
        cell.add(
            "import h5py",
            "",
            f"with h5py.File({literal(data.path)}) as file:",
            "    arrays = {name: file[name][...] for name in file}",
        )
    inputs = used_inputs(project.graph)
    if isinstance(x_name, Mapping) or len(inputs) > 1:
        names = x_name if isinstance(x_name, Mapping) else {one: one for one in inputs}
        cell.add("x = {")
        for one in inputs:
            cell.add(f"    {literal(one)}: arrays[{literal(names.get(one, one))}],")
        cell.add("}")
    else:
        cell.add(f'x = arrays[{literal(x_name)}].astype("float32")')
        if recipe.raw_pixels:
            cell.add("if x.ndim == 3:  # grey pictures: one channel", "    x = x[..., np.newaxis]")
    cell.add(f"y = arrays[{literal(y_name)}]")
    if recipe.task in (CLASSES, BINARY):
        cell.add(
            "labels, y = np.unique(y, return_inverse=True)",
            "labels = [str(label) for label in labels]",
        )
