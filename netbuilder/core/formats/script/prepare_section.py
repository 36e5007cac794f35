"""Write the preprocessing section of a script, fitted on the training rows only."""

from __future__ import annotations

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.kinds.scripts.script_lines import script_part, target_columns, used_inputs
from netbuilder.core.data.preprocessing.missing import MISSING_LABEL
from netbuilder.core.data.preprocessing.word_encoding import LONGEST, PUNCTUATION
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.formats.script.data_section import ScriptRecipe
from netbuilder.core.formats.script.literals import ScriptCell
from netbuilder.core.formats.script.split_section import split_part_names
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project


def prepare_cell(project: Project, recipe: ScriptRecipe) -> ScriptCell | None:
    """Write the preprocessing, or return None if none is needed."""
    several = len(used_inputs(project.graph)) > 1
    parts = split_part_names(recipe)
    cell = ScriptCell(_("Preprocess the data"))
    if recipe.texts:
        _number_words(recipe, cell, parts)
    elif recipe.table:
        _table(project, recipe, several, cell, parts)
    elif recipe.whole and not several:
        scale_whole(recipe, cell, parts)
    elif recipe.scaler and not several:
        _scale_last_axis(recipe, cell, parts)
    if recipe.mixed:
        mixed_targets(project, recipe, cell, parts)
        return cell
    if recipe.task == REGRESSION:
        _targets(recipe, cell, parts)
    elif recipe.one_hot:
        cell.add(
            *(f"y_{part} = keras.utils.to_categorical(y_{part}, len(labels))" for part in parts)
        )
    per_output(project, cell, parts)
    return cell if cell.lines else None


def _number_words(recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]) -> None:
    code = recipe.code
    cut = "list(bare)" if code.split else "bare.split()"
    length = code.length or f"min({LONGEST}, max(len(words_of(text)) for text in x_train))"
    arguments = "vocabulary=words, output_sequence_length=length"
    if code.split:
        arguments += f", split={format_literal(code.split)}"
    frequent = _("# The most frequent words of the training texts have the numbers 2, 3, ...")
    cell.add(
        *script_part(
            "number_words",
            about=_("Return the words of a text, in lower case and without punctuation."),
            marks=repr(PUNCTUATION),
            cut=cut,
            frequent=frequent,
            padding=_("# 0 is padding, 1 an unknown word."),
            most=code.most - 2,
            length=length,
            arguments=arguments,
            lower=_("# The layer converts only A to Z to lower case."),
        ),
        *(
            f'x_{part} = vectorize([text.lower() for text in x_{part}]).numpy().astype("int32")'
            for part in parts
        ),
    )


def _table(
    project: Project, recipe: ScriptRecipe, several: bool, cell: ScriptCell, parts: tuple[str, ...]
) -> None:
    code = recipe.code
    cell.add(*code.fills)
    if code.fills:
        cell.add(*(f"x_{part} = x_{part}.fillna(fills)" for part in parts))
    if code.words:
        lines = script_part("encode", gaps=_OWN_CATEGORY if code.fills else "")
        cell.add(*(lines if cell.lines else lines[2:]))
    cell.add(*_as_numbers(code.words, several, parts))
    if recipe.shape and not several:
        shape = ", ".join(str(side) for side in recipe.shape)
        cell.add(*(f"x_{part} = x_{part}.reshape(-1, {shape})" for part in parts))
    if recipe.whole and not several:
        scale_whole(recipe, cell, parts)
        return
    if recipe.scaler and code.words:
        cell.add(*script_part("keep_words"))
    if recipe.scaler and several:
        _scale_several(recipe, cell, parts)
    elif recipe.scaler:
        cell.add(
            f"from sklearn.preprocessing import {recipe.scaler}",
            "",
            f"x_scaler = {recipe.scaler}().fit(x_train)",
        )
        if code.words:
            cell.add("keep_words(x_scaler, is_word(x.columns))")
        cell.add(*(f"x_{part} = x_scaler.transform(x_{part})" for part in parts))
    dtype = format_literal("int32" if recipe.ids_of_numbers else "float32")
    for part in parts:
        if several:
            typed = f"{{name: values.astype({dtype}) for name, values in x_{part}.items()}}"
        else:
            typed = f"x_{part}.astype({dtype})"
        cell.add(f"x_{part} = {typed}")


def _as_numbers(words: bool, several: bool, parts: tuple[str, ...]) -> list[str]:
    array = "encode({0})" if words else '{0}.to_numpy("float64")'
    if several:
        array = f"{{{{name: {array.format('{0}[names]')} for name, names in columns.items()}}}}"
    return [f"x_{part} = {array.format(f'x_{part}')}" for part in parts]


def _scale_several(recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]) -> None:
    fitted = f"{recipe.scaler}().fit(values)"
    cell.add(
        f"from sklearn.preprocessing import {recipe.scaler}",
        "",
        f"x_scalers = {{name: {fitted} for name, values in x_train.items()}}",
    )
    if recipe.code.words:
        cell.add("for name, names in columns.items():",
                 "    keep_words(x_scalers[name], is_word(names))")  # fmt: skip
    cell.add(
        *(
            f"x_{part} = {{n: x_scalers[n].transform(values) for n, values in x_{part}.items()}}"
            for part in parts
        )
    )


_OWN_CATEGORY = f"""    if fills.get(name) == {format_literal(MISSING_LABEL)}:
        values = [*(value for value in values if value != fills[name]), fills[name]]
"""


def scale_whole(recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]) -> None:
    """Scale whole samples by their range, or by mean and standard deviation."""
    looked_at = recipe.code.looked_at
    some = f"x_train[:: max(1, len(x_train) // {looked_at})]" if looked_at else "x_train"
    cell.add(_("# The network is trained on (x - offset) / scale."))
    if recipe.whole == "standard":
        cell.add(f"some = {some}", "offset, scale = float(some.mean()), float(some.std())")
    elif recipe.whole == "range":
        cell.add(f"some = {some}", "offset, scale = float(some.min()), float(np.ptp(some))")
    else:
        cell.add(f"offset, scale = {recipe.code.pixels}")
        if recipe.whole == "bytes":
            cell.add("scale = scale / 255  # " + _("the first layer takes 0 to 255"))
    cell.add(*(f'x_{part} = ((x_{part} - offset) / scale).astype("float32")' for part in parts))


def _scale_last_axis(recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]) -> None:
    cell.add(
        _("# Each column is scaled in the same way at every step of a sequence."),
        f"from sklearn.preprocessing import {recipe.scaler}",
        "",
        f"x_scaler = {recipe.scaler}().fit(x_train.reshape(-1, x_train.shape[-1]))",
        *recipe.code.fills,
    )
    if recipe.code.fills:
        cell.add(*(f"x_{part} = np.where(np.isnan(x_{part}), fills, x_{part})" for part in parts))
    cell.add(
        *(
            f"x_{part} = x_scaler.transform(x_{part}.reshape(-1, x_{part}.shape[-1])).reshape("
            f"x_{part}.shape)"
            for part in parts
        ),
        *(f'x_{part} = x_{part}.astype("float32")' for part in parts),
    )


def _targets(recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]) -> None:
    cell.add(*(f"y_{part} = np.asarray(y_{part}).reshape(len(y_{part}), -1)" for part in parts))
    if recipe.target_scaler:
        imported = f"from sklearn.preprocessing import {recipe.target_scaler}"
        if imported not in cell.lines:
            cell.lines[:0] = [imported, ""]
        cell.add(
            f"y_scaler = {recipe.target_scaler}().fit(y_train)",
            *like_columns(recipe),
            *(f"y_{part} = y_scaler.transform(y_{part})" for part in parts),
        )


def like_columns(recipe: ScriptRecipe) -> tuple[str, ...]:
    """Return lines that scale each target as ``x_scaler`` scales its column."""
    if not (recipe.code.scaled_like and recipe.scaler):
        return ()
    standard = recipe.scaler == "StandardScaler"
    names = ("mean_",) if standard else ("min_", "data_min_", "data_range_")
    return (
        _("# Targets are scaled as their columns in the window are."),
        f"columns = {recipe.code.scaled_like}",
        f"for name in {format_literal(['scale_', *names])}:",
        "    setattr(y_scaler, name, getattr(x_scaler, name)[columns])",
    )


def output_columns(project: Project) -> list[list[int]]:
    """Return the columns of ``y`` of each output, or [] if each output has all."""
    outputs, by_output = project.graph.outputs, project.data.targets
    listed = target_columns(project.data)
    if by_output and listed:
        return [[listed.index(c) for c in by_output.get(name, listed)] for name in outputs]
    if len(listed) == len(outputs):
        return [[index] for index in range(len(outputs))]
    return []


def mixed_targets(
    project: Project, recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]
) -> None:
    """Convert ``y`` to a list of targets, each scaled according to its task."""
    columns = output_columns(project) or [[i] for i in range(len(recipe.tasks))]
    cell.add(
        f"parts = {format_literal(columns)}",
        *(f"y_{name} = [y_{name}[:, part] for part in parts]" for name in parts),
    )
    numbers = [i for i, n in enumerate(project.graph.outputs) if recipe.tasks[n] == REGRESSION]
    if not recipe.target_scaler or not numbers:
        return
    cell.lines[:0] = [f"from sklearn.preprocessing import {recipe.target_scaler}", ""]
    cell.add(
        _("# Numbers are scaled, classes are not."),
        f"y_scalers = {{i: {recipe.target_scaler}().fit(y_train[i]) for i in {numbers}}}",
        "for i, scaler in y_scalers.items():",
        *(f"    y_{name}[i] = scaler.transform(y_{name}[i])" for name in parts),
    )


def per_output(project: Project, cell: ScriptCell, parts: tuple[str, ...]) -> None:
    """Convert ``y`` to a list of targets if there are several outputs."""
    outputs = project.graph.outputs
    if len(outputs) < 2:
        return
    numbers = output_columns(project)
    if not numbers:
        cell.add(*(f"y_{part} = [y_{part}] * {len(outputs)}" for part in parts))
        return
    cell.add(
        f"parts = {format_literal(numbers)}",
        *(f"y_{name} = [y_{name}[:, part] for part in parts]" for name in parts),
    )
