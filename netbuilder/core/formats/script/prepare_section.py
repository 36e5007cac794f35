"""The sections between data and training: cutting, scaling, and the numbers that come back."""

from __future__ import annotations

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.data.kinds.script import used_inputs
from netbuilder.core.formats.script.cell import Cell
from netbuilder.core.formats.script.data_section import Recipe
from netbuilder.core.project.model import Project
from netbuilder.core.python_text import literal


def parts_of(project: Project) -> tuple[str, ...]:
    """Names of the parts that the rows are cut into."""
    watched = project.data.validation_split > 0
    return ("train", "validation", "test") if watched else ("train", "test")


def split_cell(project: Project, recipe: Recipe) -> Cell:
    """Cut off what watches the training and what tests it, as NetBuilder cuts with this seed.

    A test file of its own stays what it is.
    """
    data = project.data
    cell = Cell("Keep rows to watch the training and to test the network")
    cell.add("y = np.asarray(y)")
    own = recipe.own_test or data.test_split <= 0
    if not own or data.validation_split > 0:
        _cut(cell, project, recipe)
    if own and not recipe.own_test:
        cell.add("x_test, y_test = x, y")
    rows = f"np.arange({'made' if recipe.code.edited else 'len(y)'})"
    if not own:
        cell.add(f"rows, test_rows = cut({rows}, {data.test_split})")
        rows = "rows"
    if data.validation_split > 0:
        cell.add(f"train_rows, validation_rows = cut({rows}, {data.validation_split})")
    else:
        cell.add(f"train_rows = {rows}")
    if recipe.code.edited:
        _drop_gone(cell, parts_of(project)[1 : -1 if own else None])
    several = len(used_inputs(project.graph)) > 1 and not recipe.table
    for part in parts_of(project)[: -1 if own else None]:
        if several:
            taken = f"{{name: values[{part}_rows] for name, values in x.items()}}"
        else:
            taken = f"x.iloc[{part}_rows]" if recipe.table else f"x[{part}_rows]"
        cell.add(f"x_{part} = {taken}", f"y_{part} = y[{part}_rows]")
    return cell


def _drop_gone(cell: Cell, others: tuple[str, ...]) -> None:
    """Points that were taken away are in no part, those that were put in are for training."""
    cell.add(
        "train_rows = np.append(np.setdiff1d(train_rows, gone), np.arange(made, len(y)))",
        *(f"{part}_rows = np.setdiff1d({part}_rows, gone)" for part in others),
    )


def _cut(cell: Cell, project: Project, recipe: Recipe) -> None:
    """The function that cuts row numbers in two."""
    if recipe.ordered:
        cell.add(
            "",
            "",
            "def cut(rows, share):",
            '    """The first rows, and the share at their end: time goes on."""',
            "    kept = len(rows) - round(len(rows) * share)",
            "    return rows[:kept], rows[kept:]",
            "",
            "",
        )
        return
    classes = recipe.task in (CLASSES, BINARY)
    cell.add(
        "from sklearn.model_selection import train_test_split",
        "",
        "",
        "def cut(rows, share):",
        '    """Row numbers to keep, and a share that is cut off'
        + (', with its part of each class."""' if classes else '."""'),
    )
    cell.add("    count = round(len(rows) * share)", "    if count == 0:")
    cell.add("        return rows, rows[:0]")
    if classes:
        cell.add(
            "    sizes = np.unique(y[rows], return_counts=True)[1]",
            "    fair = sizes.min() > 1 and count >= len(sizes)",
        )
    cell.add(
        "    kept, gone = train_test_split(",
        f"        rows, test_size=count, random_state={project.training.seed}"
        + (", stratify=y[rows] if fair else None" if classes else ""),
        "    )",
        "    return np.sort(kept), np.sort(gone)",
        "",
        "",
    )


def scale_cell(project: Project, recipe: Recipe) -> Cell | None:
    """Scaling fitted on training rows only; None where nothing is to be done."""
    several = len(used_inputs(project.graph)) > 1
    parts = parts_of(project)
    cell = Cell("Scale the numbers")
    if recipe.table:
        _scale_table(recipe, several, cell, parts)
    elif recipe.raw_pixels and not several and not recipe.raw:
        cell.add(
            "# Pixels from 0 to 1; those of 8-bit pictures go up to 255.",
            "brightest = 255 if x_train.max() > 1 else 1",
            *(f"x_{part} = x_{part} / brightest" for part in parts),
        )
    elif recipe.scaler and not several:
        cell.add(
            "# Every column is scaled the same way at all steps of a sequence.",
            f"from sklearn.preprocessing import {recipe.scaler}",
            "",
            f"x_scaler = {recipe.scaler}().fit(x_train.reshape(-1, x_train.shape[-1]))",
            *(
                f"x_{part} = x_scaler.transform(x_{part}.reshape(-1, x_{part}.shape[-1])).reshape("
                f"x_{part}.shape)"
                for part in parts
            ),
            *(f'x_{part} = x_{part}.astype("float32")' for part in parts),
        )
    if recipe.task == REGRESSION:
        _targets(recipe, cell, parts)
    elif recipe.one_hot:
        cell.add(
            *(f"y_{part} = keras.utils.to_categorical(y_{part}, len(labels))" for part in parts)
        )
    _per_output(project, cell)
    return cell if cell.lines else None


def _scale_table(recipe: Recipe, several: bool, cell: Cell, parts: tuple[str, ...]) -> None:
    if recipe.scaler:
        cell.add(
            f"from sklearn.preprocessing import {recipe.scaler}",
            "",
            f'x_scaler = {recipe.scaler}().set_output(transform="pandas").fit(x_train)',
            *(f"x_{part} = x_scaler.transform(x_{part})" for part in parts),
        )
    for part in parts:
        if several:
            cell.add(
                f"x_{part} = {{",
                f'    name: x_{part}[names].to_numpy("float32") for name, names in columns.items()',
                "}",
            )
        else:
            cell.add(f'x_{part} = x_{part}.to_numpy("float32")')


def _targets(recipe: Recipe, cell: Cell, parts: tuple[str, ...]) -> None:
    cell.add(*(f"y_{part} = np.asarray(y_{part}).reshape(len(y_{part}), -1)" for part in parts))
    if recipe.y_scaler:
        imported = f"from sklearn.preprocessing import {recipe.y_scaler}"
        if imported not in cell.lines:
            cell.lines[:0] = [imported, ""]
        cell.add(
            f"y_scaler = {recipe.y_scaler}().fit(y_train)",
            *(f"y_{part} = y_scaler.transform(y_{part})" for part in parts),
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
        cell.add(*(f"y_{part} = [y_{part}] * {len(outputs)}" for part in parts_of(project)))
        return
    cell.add(
        f"parts = {literal(numbers)}",
        *(f"y_{one} = [y_{one}[:, part] for part in parts]" for one in parts_of(project)),
    )
