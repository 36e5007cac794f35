"""The sections between data and training: cutting, scaling, and the numbers that come back."""

from __future__ import annotations

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.data.kinds.script import used_inputs
from netbuilder.core.formats.script.cell import Cell
from netbuilder.core.formats.script.data_section import Recipe
from netbuilder.core.project.model import Project
from netbuilder.core.python_text import literal


def split_cell(project: Project, recipe: Recipe) -> Cell:
    """Cut off what the network is tested with; a test file of its own stays what it is."""
    data = project.data
    cell = Cell("Keep rows for the test")
    if recipe.own_test:
        cell.add("x_train, y_train = x, y")
    elif recipe.ordered:
        cell.add(
            f"cut = len(y) - round(len(y) * {data.test_split})",
            "x_train, x_test = x[:cut], x[cut:]",
            "y_train, y_test = y[:cut], y[cut:]",
        )
    elif data.test_split <= 0:
        cell.add("x_train, y_train = x_test, y_test = x, y")
    else:
        stratify = ", stratify=y" if recipe.task in (CLASSES, BINARY) else ""
        _split(cell, data.test_split, project, stratify, recipe)
    return cell


def _split(cell: Cell, share: float, project: Project, stratify: str, recipe: Recipe) -> None:
    several = len(used_inputs(project.graph)) > 1 and not recipe.table
    rows = "np.arange(len(y))" if several else "x"
    names = "train, test" if several else "x_train, x_test"
    cell.add(
        "from sklearn.model_selection import train_test_split",
        "",
        f"{names}, y_train, y_test = train_test_split(",
        f"    {rows}, y, test_size={share}, random_state={project.training.seed}{stratify}",
        ")",
    )
    if several:
        cell.add(
            "x_train = {name: values[train] for name, values in x.items()}",
            "x_test = {name: values[test] for name, values in x.items()}",
        )


def scale_cell(project: Project, recipe: Recipe) -> Cell | None:
    """Scaling fitted on training rows only; None where nothing is to be done."""
    several = len(used_inputs(project.graph)) > 1
    cell = Cell("Scale the numbers")
    if recipe.table:
        _scale_table(recipe, several, cell)
    elif recipe.raw_pixels and not several and not recipe.raw:
        cell.add(
            "# Pixels from 0 to 1; those of 8-bit pictures go up to 255.",
            "brightest = 255 if x_train.max() > 1 else 1",
            "x_train, x_test = x_train / brightest, x_test / brightest",
        )
    elif recipe.scaler and not several:
        cell.add(
            "# Every column is scaled the same way at all steps of a sequence.",
            f"from sklearn.preprocessing import {recipe.scaler}",
            "",
            f"x_scaler = {recipe.scaler}().fit(x_train.reshape(-1, x_train.shape[-1]))",
            "x_train = x_scaler.transform(x_train.reshape(-1, x_train.shape[-1])).reshape("
            "x_train.shape)",
            "x_test = x_scaler.transform(x_test.reshape(-1, x_test.shape[-1])).reshape("
            "x_test.shape)",
            'x_train, x_test = x_train.astype("float32"), x_test.astype("float32")',
        )
    if recipe.task == REGRESSION:
        _targets(recipe, cell)
    elif recipe.one_hot:
        cell.add(
            "y_train = keras.utils.to_categorical(y_train, len(labels))",
            "y_test = keras.utils.to_categorical(y_test, len(labels))",
        )
    _per_output(project, cell)
    return cell if cell.lines else None


def _scale_table(recipe: Recipe, several: bool, cell: Cell) -> None:
    if recipe.scaler:
        cell.add(
            f"from sklearn.preprocessing import {recipe.scaler}",
            "",
            f'x_scaler = {recipe.scaler}().set_output(transform="pandas").fit(x_train)',
            "x_train, x_test = x_scaler.transform(x_train), x_scaler.transform(x_test)",
        )
    if several:
        cell.add(
            "x_train = {",
            '    name: x_train[names].to_numpy("float32") for name, names in columns.items()',
            "}",
            'x_test = {name: x_test[names].to_numpy("float32") for name, names in columns.items()}',
        )
    else:
        cell.add('x_train, x_test = x_train.to_numpy("float32"), x_test.to_numpy("float32")')


def _targets(recipe: Recipe, cell: Cell) -> None:
    cell.add(
        "y_train = np.asarray(y_train).reshape(len(y_train), -1)",
        "y_test = np.asarray(y_test).reshape(len(y_test), -1)",
    )
    if recipe.scaler:
        imported = f"from sklearn.preprocessing import {recipe.scaler}"
        if imported not in cell.lines:
            cell.lines[:0] = [imported, ""]
        cell.add(
            f"y_scaler = {recipe.scaler}().fit(y_train)",
            "y_train, y_test = y_scaler.transform(y_train), y_scaler.transform(y_test)",
        )


def _per_output(project: Project, cell: Cell) -> None:
    """A list of targets where the network has several outputs."""
    outputs = project.graph.outputs
    if len(outputs) < 2:
        return
    given = project.data.targets
    listed = list(project.data.target)
    if given and listed:
        numbers = [[listed.index(c) for c in given.get(name, listed)] for name in outputs]
    elif len(listed) == len(outputs):
        numbers = [[index] for index in range(len(outputs))]
    else:
        cell.add(f"y_train, y_test = [y_train] * {len(outputs)}, [y_test] * {len(outputs)}")
        return
    cell.add(
        f"parts = {literal(numbers)}",
        "y_train = [y_train[:, part] for part in parts]",
        "y_test = [y_test[:, part] for part in parts]",
    )
