"""The short style of a script: plain Keras, scikit-learn and pandas.

Its results differ from NetBuilder's as with another seed. Sections without a short form (a
column that names the parts, several filled inputs, …) are written in the exact style.
"""

from __future__ import annotations

import re
from dataclasses import replace

from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.data.kinds.kind import InputFormat
from netbuilder.core.data.kinds.scripts.script_lines import script_part, used_inputs
from netbuilder.core.data.preprocessing.missing import MISSING_LABEL, rule_in_effect
from netbuilder.core.engine.networks.backbone_weights import has_word_vectors
from netbuilder.core.escaping.python_text import (
    LONGEST_LINE,
    format_call,
    format_items,
    format_literal,
)
from netbuilder.core.formats.script import prepare_section, split_section, training_section
from netbuilder.core.formats.script.data_section import ScriptRecipe, data_cell
from netbuilder.core.formats.script.literals import ScriptCell
from netbuilder.core.formats.script.model_section import model_cell, short_bin_lines
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import ColumnChoice, Project
from netbuilder.core.wording import capitalize_first

_FILLED_BY = ("mean", "median", "most_frequent")


def cells(project: Project, recipe: ScriptRecipe, stem: str) -> list[ScriptCell | None]:
    """Return the sections of the script without the imports; ``stem`` is the saved model's name."""
    if not project.data.kind:
        return _without_data(project, recipe, stem)
    scaled = recipe.scaler or recipe.whole
    return [
        data_cell(project, recipe),
        _split(project, recipe),
        _prepare(project, recipe),
        model_cell(project, recipe.facts, ids=recipe.ids, exact=False),
        training_section.compile_cell(project, recipe, plain=True),
        _fit(project, recipe),
        _plot(project, recipe),
        _evaluate(project, recipe),
        _predict(project, recipe),
        _save(stem, preprocessed=bool(scaled or recipe.texts or recipe.target_scaler)),
    ]


def _without_data(project: Project, recipe: ScriptRecipe, stem: str) -> list[ScriptCell | None]:
    """Write network and training; the reader inserts the arrays."""
    load = ScriptCell(_("Load the data"))
    load.add(_("# This project has no data: put your own arrays here."), "x_train = y_train = None")
    missing = _("Put your data into x_train and y_train first.")
    fit = _fit(project, replace(recipe, watched=False))
    fit.lines[:0] = ["if x_train is None:", f"    raise SystemExit({format_literal(missing)})"]
    model = model_cell(project, recipe.facts, ids=recipe.ids, exact=False)
    compiled = training_section.compile_cell(project, recipe, plain=True)
    return [load, model, compiled, fit, _plot(project, recipe), _save(stem)]


def _several(project: Project) -> bool:
    return len(used_inputs(project.graph)) > 1


def _split(project: Project, recipe: ScriptRecipe) -> ScriptCell | None:
    code, data = recipe.code, project.data
    if code.parts == "given":
        return None
    own = recipe.own_test or data.test_split <= 0
    if code.parts or code.edited or (_several(project) and not recipe.table):
        return split_section.split_cell(project, recipe)
    cell = ScriptCell(_("Split the data"))
    column = any(line.startswith(("y = data[targets]", "x, y = (values")) for line in code.lines)
    if recipe.task == REGRESSION and not recipe.mixed and not column:
        cell.add("y = y.reshape(len(y), -1)")
    rest = ("x", "y", *(("row_weights",) if code.weighted else ()))
    if recipe.own_test or data.test_split > 0:
        if not own:
            _part(cell, project, recipe, rest, "test", data.test_split)
            rest = ("x_train", "y_train", *(("weights_train",) if code.weighted else ()))
    else:
        cell.add("x_test, y_test = x, y")
    if recipe.watched and data.validation_split > 0:
        _part(cell, project, recipe, rest, "val", data.validation_split)
    elif rest[0] == "x":
        cell.add("x_train, y_train = x, y")
        cell.add(*(["weights_train = row_weights"] if code.weighted else []))
    return cell


def _part(
    cell: ScriptCell,
    project: Project,
    recipe: ScriptRecipe,
    arrays: tuple[str, ...],
    part: str,
    share: float,
) -> None:
    """Split off ``share`` of the rows as ``part``."""
    heads = ("x", "y", "weights")[: len(arrays)]
    if recipe.code.groups:
        first = arrays[0] == "x"
        groups = "groups" if first else "groups[train]"
        cell.add(
            "from sklearn.model_selection import GroupShuffleSplit",
            f"splitter = GroupShuffleSplit(1, test_size={share}, "
            f"random_state={project.training.seed})",
            f"train, {part} = next(splitter.split({arrays[0]}, groups={groups}))",
        )
        for head, name in zip(heads, arrays, strict=True):
            at = ".iloc" if recipe.table and head == "x" else ""
            cell.add(f"{head}_train, {head}_{part} = {name}{at}[train], {name}{at}[{part}]")
        return
    names = ", ".join(f"{head}_train, {head}_{part}" for head in heads)
    cell.add("from sklearn.model_selection import train_test_split")
    if recipe.ordered:
        how = ["shuffle=False"]
        if part == "test":
            cell.add(f"# {capitalize_first(_('the newest rows are at the end'))}.")
    else:
        how = [f"random_state={project.training.seed}"]
        how += [f"stratify={arrays[1]}"] if _stratified(recipe, share) else []
    listed = [*arrays, f"test_size={share:g}", *how]
    cell.add(format_call(f"{names} = train_test_split", listed))


def _stratified(recipe: ScriptRecipe, share: float) -> bool:
    """Return whether each class has enough rows for both parts."""
    if recipe.task not in (CLASSES, BINARY) or recipe.mixed:
        return False
    facts = recipe.facts
    if facts is None or not facts.class_counts:
        return recipe.code.fed is not InputFormat.IDS
    rows = sum(facts.class_counts)
    return min(facts.class_counts) >= 4 and rows * share >= len(facts.class_counts)


def _prepare(project: Project, recipe: ScriptRecipe) -> ScriptCell | None:
    if not _has_short_form(project, recipe):
        return prepare_section.prepare_cell(project, recipe)
    code, parts = recipe.code, split_section.split_part_names(recipe)
    cell = ScriptCell(_("Preprocess the data"))
    if recipe.texts:
        _texts(project, recipe, cell, parts)
    elif recipe.table:
        _table(project, recipe, cell, parts)
    elif recipe.whole:
        cell.add(*(f"x_{part} = x_{part} / {code.pixels[3:]}" for part in parts))
    elif recipe.scaler:
        _sequences(project, recipe, cell, parts)
    if recipe.mixed:
        prepare_section.mixed_targets(project, recipe, cell, parts)
    elif recipe.task == REGRESSION and recipe.target_scaler:
        single = len(project.graph.outputs) == 1  # errors are in the target's own units
        scaled = [part for part in parts[1:] if part != "test" or not single]
        cell.add(
            f"from sklearn.preprocessing import {recipe.target_scaler}",
            f"y_scaler = {recipe.target_scaler}()",
            "y_train = y_scaler.fit_transform(y_train)",
            *(f"y_{part} = y_scaler.transform(y_{part})" for part in scaled),
        )
    elif recipe.one_hot:
        cell.add(*(f"y_{p} = keras.utils.to_categorical(y_{p}, len(labels))" for p in parts))
    if not recipe.mixed:
        prepare_section.per_output(project, cell, parts)
    cell.add(*short_bin_lines(project, recipe.facts))
    return cell if cell.lines else None


def _has_short_form(project: Project, recipe: ScriptRecipe) -> bool:
    """Return whether scikit-learn and Keras can prepare this data in a few lines."""
    code = recipe.code
    if recipe.table:
        return True
    if recipe.mixed or len(project.graph.outputs) > 1 or _several(project):
        return False
    if recipe.whole:
        return recipe.whole == "pixels" and re.fullmatch(r"0, \d+", code.pixels) is not None
    return not (recipe.scaler and code.fills)


def _sequences(
    project: Project, recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]
) -> None:
    facts = recipe.facts
    shape = facts.input_shapes.get(used_inputs(project.graph)[0], ()) if facts else ()
    axes = "(0, 1)" if len(shape) == 2 else "tuple(range(x_train.ndim - 1))"
    if recipe.scaler == "MinMaxScaler":
        cell.add(f"low, high = x_train.min(axis={axes}), x_train.max(axis={axes})")
        cell.add(*(f"x_{part} = (x_{part} - low) / (high - low)" for part in parts))
    else:
        cell.add(f"mean, std = x_train.mean(axis={axes}), x_train.std(axis={axes})")
        cell.add(*(f"x_{part} = (x_{part} - mean) / std" for part in parts))


def _texts(
    project: Project, recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]
) -> None:
    code = recipe.code
    facts = recipe.facts
    shape = facts.input_shapes.get(used_inputs(project.graph)[0]) if facts is not None else None
    length = code.length or (shape[0] if shape else None)
    listed = [f"max_tokens={code.most}"]
    if code.split:
        listed.append(f"split={format_literal(code.split)}")
    if length:
        listed.append(f"output_sequence_length={length}")
    cell.add(
        f"vectorize = {format_call('layers.TextVectorization', listed)}",
        "vectorize.adapt(x_train)",
        *(f"x_{part} = vectorize(x_{part}).numpy()" for part in parts),
    )
    if any(has_word_vectors(node) for node in project.graph.nodes):
        cell.add("words = vectorize.get_vocabulary()[2:]")


def _fill_lines(project: Project, recipe: ScriptRecipe, parts: tuple[str, ...]) -> list[str]:
    """Return lines that fill the gaps of each column by its rule, from the training rows."""
    data, types = project.data, recipe.facts.column_types if recipe.facts is not None else {}
    general = str(data.options.get("missing", "error"))
    texts = {"category": format_literal(MISSING_LABEL), "most_frequent": "x_train[{}].mode()[0]",
             "mean": "x_train[{}].mean()", "median": "x_train[{}].median()"}  # fmt: skip
    listed = []
    if general in _FILLED_BY:
        numbers = f"{general}(numeric_only=True)" if general != "most_frequent" else ""
        listed += ["**x_train.mode().iloc[0]"] * bool(recipe.code.words or not numbers)
        listed += [f"**x_train.{numbers}"] * bool(numbers)
    elif general == "category":
        listed.append(f"**dict.fromkeys(x_train, {texts[general]})")
    for name in types or data.columns:
        choice = data.columns.get(name, ColumnChoice())
        kind = choice.type or types.get(name, "number")
        rule = rule_in_effect("feature", kind, choice.missing or general)
        if rule in texts and (choice.missing or (rule, kind) == ("most_frequent", "boolean")):
            listed.append(f"{format_literal(name)}: {texts[rule].format(format_literal(name))}")
    alone = len(listed) == 1 and listed[0].startswith("**")
    fills = listed[0][2:] if alone else format_items("{", listed, "}")
    return [f"fills = {fills}", *(f"x_{part} = x_{part}.fillna(fills)" for part in parts)]


def _table(
    project: Project, recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]
) -> None:
    """Fill gaps, scale numbers and one-hot encode words."""
    scaler, several = recipe.scaler, _several(project)
    ending = f".reshape(-1, {', '.join(map(str, recipe.shape))})" if recipe.shape else ""
    ending += '.astype("int32")' if recipe.ids_of_numbers else ""
    if recipe.code.fills:
        cell.add(*_fill_lines(project, recipe, parts))
    if recipe.code.words:
        _mixed_table(project, recipe, cell, parts)
    elif scaler:
        output = '.set_output(transform="pandas")' if several else ""
        cell.add(f"from sklearn.preprocessing import {scaler}", f"x_scaler = {scaler}(){output}")
        cell.add("x_train = x_scaler.fit_transform(x_train)")
        cell.add(*(f"x_{part} = x_scaler.transform(x_{part})" for part in parts[1:]))
    elif not several:
        ending = f'.to_numpy("float32"){ending}'
    if several and not recipe.code.words:
        ending = "{name: x_PART[names] for name, names in columns.items()}"
        cell.add(*(f"x_{part} = {ending.replace('PART', part)}" for part in parts))
    elif ending and not several:
        cell.add(*(f"x_{part} = x_{part}{ending}" for part in parts))
    if recipe.whole and not several:
        prepare_section.scale_whole(recipe, cell, parts)


def _mixed_table(
    project: Project, recipe: ScriptRecipe, cell: ScriptCell, parts: tuple[str, ...]
) -> None:
    """Scale numbers and one-hot encode words, for each input on its own."""
    used = ["preprocessing import OneHotEncoder", "compose import make_column_transformer"]
    used += [f"preprocessing import {recipe.scaler}"] if recipe.scaler else []
    cell.add(*(f"from sklearn.{name}" for name in used))
    numbers = f"{recipe.scaler}()" if recipe.scaler else '"passthrough"'
    cell.add('one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)')
    transformer = [
        "make_column_transformer(",
        f"    ({numbers}, numbers),",
        "    (one_hot, words),",
    ]
    if _several(project):
        template = "{n: p.HOW(x_PART[columns[n]]) for n, p in preprocessors.items()}"
        lines = [transformer[0], *(f"    {line}" for line in (*transformer[1:], ")"))]
        cell.add(*script_part("for_each_input", transformer="\n".join(lines)))
    else:
        template = "preprocessor.HOW(x_PART)"
        types = recipe.facts.column_types if recipe.facts is not None else {}
        number_names = [name for name, kind in types.items() if kind != "category"]
        word_names = [name for name, kind in types.items() if kind == "category"]
        columns = [f"numbers, words = {format_literal(number_names)}, {format_literal(word_names)}"]
        if not types or len(columns[0]) > LONGEST_LINE:
            columns = [
                'numbers = x_train.select_dtypes(["number", "bool"]).columns',
                "words = x_train.columns.difference(numbers, sort=False)",
            ]
        cell.add(*columns, f"preprocessor = {transformer[0]}", *transformer[1:], ")")
    for part in parts:
        how = "fit_transform" if part == "train" else "transform"
        cell.add(f"x_{part} = {template.replace('HOW', how).replace('PART', part)}")


def _fit(project: Project, recipe: ScriptRecipe) -> ScriptCell:
    training, weighted = project.training, recipe.code.weighted
    cell = ScriptCell(_("Train"))
    callbacks = training_section.callback_calls(project)
    balanced = training.class_weight == "balanced" and recipe.task in (CLASSES, BINARY)
    if balanced:
        cell.add("from sklearn.utils.class_weight import compute_sample_weight")
        weights = f'compute_sample_weight("balanced", {training_section.class_numbers(recipe)})'
        cell.add(f"weights_train = {f'weights_train * {weights}' if weighted else weights}")
    x = training_section.model_inputs("x_train", project)
    listed = [x, "y_train", f"epochs={training.epochs}", f"batch_size={training.batch_size}"]
    listed += [] if training.shuffle else ["shuffle=False"]
    if recipe.watched:
        inputs = training_section.model_inputs("x_val", project)
        more = ", weights_val" if weighted else ""
        listed.append(f"validation_data=({inputs}, y_val{more})")
    elif not project.data.kind and project.data.validation_split:
        listed.append(f"validation_split={project.data.validation_split:g}")
    listed += ["sample_weight=weights_train"] if weighted or balanced else []
    if callbacks:
        listed.append(format_items("callbacks=[", callbacks, "]", 4))
    cell.add(format_call("history = model.fit", listed))
    return cell


def _evaluate(project: Project, recipe: ScriptRecipe) -> ScriptCell:
    cell = ScriptCell(_("Evaluate on the test set"))
    x = training_section.model_inputs("x_test", project)
    single = len(project.graph.outputs) == 1
    if single and recipe.task == REGRESSION and recipe.target_scaler:
        cell.add(
            "from sklearn.metrics import mean_absolute_error",
            f"predictions = y_scaler.inverse_transform(model.predict({x}))",
            f'print("{training_section.OWN_UNITS}", mean_absolute_error(y_test, predictions))',
        )
        return cell
    cell.add(f"model.evaluate({x}, y_test)")
    if not single:
        return cell
    if recipe.task == REGRESSION:
        cell.add(
            "from sklearn.metrics import mean_absolute_error",
            f"predictions = model.predict({x})",
            'print("Mean absolute error:", mean_absolute_error(y_test, predictions))',
        )
        return cell
    cell.add("from sklearn.metrics import classification_report")
    if recipe.task == MULTI_LABEL:
        cell.add(f"predictions = model.predict({x}) >= 0.5")
        named = any(line.startswith("targets = [") for line in recipe.code.lines)
        known = ["y_test", "predictions", *["target_names=targets"] * named, "zero_division=0"]
        cell.add(f"print(classification_report({', '.join(known)}))")
        return cell
    binary = _is_single(project)
    how = "[:, 0] >= 0.5).astype(int)" if binary else ".argmax(axis=-1)"
    cell.add(f"predictions = {'(' if binary else ''}model.predict({x}){how}")
    true = "y_test.argmax(axis=-1)" if recipe.one_hot else "y_test"
    known = ["target_names=labels", "zero_division=0"]
    if recipe.own_test or not _stratified(recipe, project.data.test_split):
        known.insert(0, "labels=range(len(labels))")  # a class may be missing
    report = format_call("classification_report", [true, "predictions", *known], 6)
    if "\n" in report:
        cell.add(format_call("report = classification_report", [true, "predictions", *known]))
        report = "report"
    cell.add(f"print({report})")
    return cell


def _is_single(project: Project) -> bool:
    graph = project.graph
    name = graph.outputs[0]
    while "units" not in graph.by_id[name].params and graph.sources[name]:
        name = graph.sources[name][0]  # an Activation after the last Dense, for example
    return graph.by_id[name].params.get("units") == 1


def _predict(project: Project, recipe: ScriptRecipe) -> ScriptCell | None:
    if len(project.graph.outputs) != 1:
        return None
    cell = ScriptCell(_("Predict one sample"))
    first = "x_test[:1]"
    if _several(project):
        first = training_section.model_inputs("x_test", project, "[:1]")
    prediction = f"model.predict({first})"
    if recipe.task == REGRESSION and recipe.target_scaler:
        prediction = f"y_scaler.inverse_transform({prediction})"
    cell.add(f"prediction = {prediction}")
    correct = "y_test[0]"
    if recipe.task == REGRESSION:
        cell.add('print("Predicted:", prediction[0], "Correct:", y_test[0])')
    elif recipe.task == MULTI_LABEL:
        cell.add('print("Probability of each label:", prediction[0], "Correct:", y_test[0])')
    else:
        correct = "y_test[0].argmax()" if recipe.one_hot else correct
        how = "int(prediction[0, 0] >= 0.5)" if _is_single(project) else "prediction[0].argmax()"
        label = '"Probability of", labels[1]' if _is_single(project) else '"Probabilities:"'
        cell.add(f"print({label}, prediction[0])")
        cell.add(f'print("Predicted:", labels[{how}], "Correct:", labels[{correct}])')
    return cell


def _plot(project: Project, recipe: ScriptRecipe) -> ScriptCell:
    cell = ScriptCell(_("Training curves"))
    watched = recipe.watched or (not project.data.kind and project.data.validation_split > 0)
    names = format_literal(["loss", "val_loss"] if watched else ["loss"])
    cell.add(
        "import matplotlib.pyplot as plt",
        f"pd.DataFrame(history.history)[{names}].plot()",
        "plt.show()",
    )
    return cell


def _save(stem: str, *, preprocessed: bool = False) -> ScriptCell:
    cell = ScriptCell(_("Save"))
    if preprocessed:
        cell.add(_("# The saved model takes preprocessed data: preprocess new samples as above."))
    cell.add(f"model.save({format_literal(f'{stem}.h5')})")
    return cell
