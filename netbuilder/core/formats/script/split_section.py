"""Write the script section that splits the samples as NetBuilder does with the same seed."""

from __future__ import annotations

from netbuilder.core.data.data_facts import BINARY, CLASSES
from netbuilder.core.data.kinds.scripts.script_lines import script_part, used_inputs
from netbuilder.core.formats.script.data_section import ScriptRecipe
from netbuilder.core.formats.script.literals import ScriptCell
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project


def split_part_names(recipe: ScriptRecipe) -> tuple[str, ...]:
    """Return the names of the parts."""
    return ("train", "val", "test") if recipe.watched else ("train", "test")


def split_cell(project: Project, recipe: ScriptRecipe) -> ScriptCell:
    """Write the split into training, validation and test set; a separate test file is kept."""
    cell = ScriptCell(_("Split the data into training, validation and test set"))
    cell.add(*["y = np.asarray(y)"] * (not recipe.short))
    if recipe.code.parts:
        _by_column(cell, project, recipe)
    elif recipe.code.groups and not recipe.ordered:
        _by_group(cell, project, recipe)
    else:
        _by_share(cell, project, recipe)
    several = len(used_inputs(project.graph)) > 1 and not recipe.table
    for part in _own_parts(project, recipe):
        if several:
            values = f"{{name: values[{part}_rows] for name, values in x.items()}}"
        else:
            values = f"x.iloc[{part}_rows]" if recipe.table else f"x[{part}_rows]"
        parts = {"x": values, "y": f"y[{part}_rows]"}
        if recipe.code.weighted and part != "test":
            parts["weights"] = f"row_weights[{part}_rows]"
        lines = [f"{name}_{part} = {rows}" for name, rows in parts.items()]
        if recipe.short:
            names = ", ".join(f"{name}_{part}" for name in parts)
            lines = [f"{names} = {', '.join(parts.values())}"]
        cell.add(*lines)
    return cell


def _own_parts(project: Project, recipe: ScriptRecipe) -> tuple[str, ...]:
    """Return the parts that are split off ``x``, without those in files of their own."""
    apart = recipe.own_test or (project.data.test_split <= 0 and not recipe.code.parts)
    return split_part_names(recipe)[: -1 if apart else None]


def _by_share(cell: ScriptCell, project: Project, recipe: ScriptRecipe) -> None:
    data = project.data
    own = recipe.own_test or data.test_split <= 0
    cut = _cut(cell, project, recipe) if not own or data.validation_split > 0 else ""
    if own and not recipe.own_test:
        cell.add("x_test, y_test = x, y")
    rows = f"np.arange({'made' if recipe.code.edited else 'len(y)'})"
    if not own:
        cell.add(f"rows, test_rows = {cut.format(rows, data.test_split)}")
        rows = "rows"
    if data.validation_split > 0:
        cell.add(f"train_rows, val_rows = {cut.format(rows, data.validation_split)}")
    else:
        cell.add(f"train_rows = {rows}")
    if recipe.code.edited:
        _drop_gone(cell, split_part_names(recipe)[1 : -1 if own else None])


def _by_column(cell: ScriptCell, project: Project, recipe: ScriptRecipe) -> None:
    """Use the parts that a column or folders name, and split off those that they lack."""
    data, folders = project.data, recipe.code.parts == "folders"
    tested = folders and not recipe.own_test and data.test_split > 0
    needed = tested or data.validation_split > 0
    cut = _cut(cell, project, recipe, fair=folders) if needed else ""
    cell.add(
        _("# The data specifies which rows are for training, validation and test."),
        "train_rows, val_rows, test_rows = (np.flatnonzero(part_of == n) for n in range(3))",
    )
    if tested:
        cell.add(
            "if not len(val_rows) and not len(test_rows):",
            f"    train_rows, test_rows = {cut.format('train_rows', data.test_split)}",
        )
    if data.validation_split > 0:
        cell.add(
            "if not len(val_rows):",
            f"    train_rows, val_rows = {cut.format('train_rows', data.validation_split)}",
        )
    if not recipe.own_test:
        cell.add(
            "if not len(test_rows):",
            f"    test_rows = np.arange(len(y))  # {_('no test set: use all rows')}",
        )


def _by_group(cell: ScriptCell, project: Project, recipe: ScriptRecipe) -> None:
    """Split by groups, so that all rows of a group are in the same part."""
    data = project.data
    cut = _cut(cell, project, recipe, fair=False)
    rest = "np.unique(groups)"
    if not recipe.own_test and data.test_split > 0:
        cell.add(f"rest, test_rows = {cut.format(rest, data.test_split)}")
        rest = "rest"
    elif not recipe.own_test:
        cell.add("x_test, y_test = x, y")
    if data.validation_split > 0:
        cell.add(f"train_rows, val_rows = {cut.format(rest, data.validation_split)}")
    else:
        cell.add(f"train_rows = {rest}")
    cell.add(_("# All rows of a group are in the same part."))
    cell.add(
        *(
            f"{part}_rows = np.flatnonzero(np.isin(groups, {part}_rows))"
            for part in _own_parts(project, recipe)
        )
    )


def _drop_gone(cell: ScriptCell, others: tuple[str, ...]) -> None:
    """Remove deleted points from all parts; added points are for training."""
    cell.add(
        "train_rows = np.append(np.setdiff1d(train_rows, gone), np.arange(made, len(y)))",
        *(f"{part}_rows = np.setdiff1d({part}_rows, gone)" for part in others),
    )


def _cut(cell: ScriptCell, project: Project, recipe: ScriptRecipe, *, fair: bool = True) -> str:
    """Write what splits row numbers in two, and return the call; ``fair`` stratifies by class."""
    call = "cut({}, {})"
    if recipe.ordered and recipe.code.parts != "column":
        about = _("Return the first rows, and the rest at the end: rows are in order of time.")
        cell.add(*script_part("cut_in_order", about=about))
        return call
    seed = f"random_state={project.training.seed}"
    if recipe.short and recipe.table and recipe.code.parts == "column":
        cell.add("from sklearn.model_selection import train_test_split")
        return f"train_test_split({{}}, test_size={{}}, {seed})"
    classes = fair and recipe.task in (CLASSES, BINARY)
    labels = "y[:, 0]" if recipe.mixed else "y"
    seed = f"test_size=count, {seed}"
    about = (
        _("Return row numbers to keep and row numbers to split off, stratified by class.")
        if classes
        else _("Return row numbers to keep and row numbers to split off.")
    )
    cell.add(*script_part("cut", about=about))
    if classes:
        single = _("# A class with one row cannot be in both parts.")
        cell.add(*script_part("cut_by_class", labels=labels, seed=seed, single=single))
    else:
        cell.add(
            f"    kept, gone = train_test_split(rows, {seed})",
            "    return np.sort(kept), np.sort(gone)",
        )
    cell.add("", "")
    return call
