"""The section that cuts the samples in parts, as NetBuilder cuts them with the same seed."""

from __future__ import annotations

from netbuilder.core.data.data_facts import BINARY, CLASSES
from netbuilder.core.data.kinds.script import used_inputs
from netbuilder.core.formats.script.cell import Cell
from netbuilder.core.formats.script.data_section import Recipe
from netbuilder.core.project.model import Project


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
    labels = "y[:, 0]" if recipe.mixed else "y"
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
            f"    sizes = np.unique({labels}[rows], return_counts=True)[1]",
            "    fair = sizes.min() > 1 and count >= len(sizes)",
        )
    cell.add(
        "    kept, gone = train_test_split(",
        f"        rows, test_size=count, random_state={project.training.seed}"
        + (f", stratify={labels}[rows] if fair else None" if classes else ""),
        "    )",
        "    return np.sort(kept), np.sort(gone)",
        "",
        "",
    )
