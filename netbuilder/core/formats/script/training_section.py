"""Write the sections that compile, train and evaluate."""

from __future__ import annotations

import re

from netbuilder.core.catalog.training.training_index import (
    CALLBACKS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    canonical,
)
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.data.kinds.scripts.script_lines import script_part, used_inputs
from netbuilder.core.escaping.python_text import (
    format_call,
    format_items,
    format_literal,
    translated_source,
)
from netbuilder.core.formats.script.data_section import ScriptRecipe
from netbuilder.core.formats.script.literals import ScriptCell, object_call
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice, OutputSettings, Project

OWN_UNITS = "Mean absolute error in the target's own units:"


def compile_cell(project: Project, recipe: ScriptRecipe, *, plain: bool = False) -> ScriptCell:
    """Write ``model.compile``; ``plain`` writes what has no parameters by name."""
    training, outputs = project.training, project.graph.outputs
    goals = [_goal(project, name, recipe) for name in outputs]
    losses = [_loss_text(goal.loss or Choice("mean_squared_error"), plain) for goal in goals]
    metrics = [[_metric(metric, plain) for metric in goal.metrics or ()] for goal in goals]
    optimizer = object_call(training.optimizer, OPTIMIZERS, 4)
    if plain and optimizer.endswith("()"):
        optimizer = format_literal(optimizer.removesuffix("()").rpartition(".")[2].lower())
    cell = ScriptCell(_("Compile the model"))
    rows = [f"[{', '.join(row)}]" for row in metrics]
    listed = [f"optimizer={optimizer}"]
    if len(goals) == 1:
        listed += [f"loss={losses[0]}", f"metrics={rows[0]}"]
    else:
        listed += [f"loss=[{', '.join(losses)}]", f"metrics=[{', '.join(rows)}]"]
        if any(goal.loss_weight != 1.0 for goal in goals):
            listed.append(f"loss_weights={format_literal([goal.loss_weight for goal in goals])}")
    if plain and "\n" in format_call("model.compile", listed):
        rate, optimizer = _own_lines(optimizer)
        cell.add(*rate, f"optimizer = {optimizer}")
        listed[0] = "optimizer=optimizer"
    cell.add(format_call("model.compile", listed))
    return cell


def _own_lines(optimizer: str) -> tuple[list[str], str]:
    """Return lines for a schedule of the learning rate, and the optimizer that uses it."""
    schedule = re.search(r"keras\.optimizers\.schedules\.\w+\([^()]*\)", optimizer)
    if schedule is None:
        return [], optimizer
    rest = re.sub(r"\s+", " ", optimizer.replace(schedule[0], "rate"))
    return [f"rate = {schedule[0]}"], rest.replace("( ", "(").replace(" )", ")")


def _loss_text(choice: Choice, plain: bool) -> str:
    name = canonical(LOSSES, choice.name)
    # Not "mse": Keras cannot load an .h5 that was compiled with a short name.
    if plain and name and not choice.params:
        return format_literal(name)
    return object_call(choice, LOSSES, 4)


def _metric(choice: Choice, plain: bool) -> str:
    name = canonical(METRICS, choice.name)
    # Keras chooses the accuracy that fits the targets.
    if name == "accuracy" or (plain and name == "mean_absolute_error"):
        return format_literal(name)
    return object_call(choice, METRICS, 8)


def _goal(project: Project, output: str, recipe: ScriptRecipe) -> OutputSettings:
    training = project.training
    own = training.outputs.get(output, OutputSettings())
    loss = own.loss or training.loss or _loss(project, output, recipe)
    metrics = own.metrics if own.metrics is not None else training.metrics
    if metrics is None:
        task = recipe.tasks.get(output, recipe.task)
        name = "mean_absolute_error" if task == REGRESSION else "accuracy"
        metrics = (Choice(name),)
    return OutputSettings(loss, metrics, own.loss_weight)


def _loss(project: Project, output: str, recipe: ScriptRecipe) -> Choice:
    units = project.graph.by_id[output].params.get("units")
    task = recipe.tasks.get(output, recipe.task)
    if task == REGRESSION:
        return Choice("mean_squared_error")
    if task == MULTI_LABEL or (task == BINARY and units in (None, 1)):
        return Choice("binary_crossentropy")
    name = "categorical_crossentropy" if recipe.one_hot else "sparse_categorical_crossentropy"
    return Choice(name)


def fit_cell(project: Project, recipe: ScriptRecipe) -> ScriptCell:
    """Write ``model.fit``."""
    training, weighted = project.training, recipe.code.weighted
    cell = ScriptCell(_("Train"))
    callbacks = callback_calls(project)
    numbers = "classes" if recipe.one_hot else "y_train"
    balanced = training.class_weight == "balanced" and recipe.task in (CLASSES, BINARY)
    if balanced and weighted:
        cell.add(
            "from sklearn.utils.class_weight import compute_sample_weight",
            "",
            _("# The weight of a row is the weight of its class times its sample weight."),
            "weights_train = weights_train * "
            f'compute_sample_weight("balanced", {class_numbers(recipe)})',
        )
    elif balanced:
        cell.add(
            "from sklearn.utils.class_weight import compute_class_weight",
            "",
            *(["classes = y_train.argmax(axis=-1)"] if recipe.one_hot else []),
            "weights = compute_class_weight("
            f'"balanced", classes=np.unique({numbers}), y={numbers})',
        )
    x, more = model_inputs("x_train", project), ", weights_train" if weighted else ""
    if training.shuffle:
        text = translated_source("\n".join(script_part("batches", seed=training.seed)))
        if weighted:
            text = text.replace("x, y, size):", "x, y, weights, size):")
            text = text.replace("= x, y, size", "= x, y, size\n        self.weights = weights")
            text = text.replace("(self.x, self.y))", "(self.x, self.y, self.weights))")
        cell.add(*text.split("\n"))
        cell.add(f"batches = Batches({x}, y_train{more}, {training.batch_size})")
    listed = [x, "y_train", f"batch_size={training.batch_size}"]
    listed += ["sample_weight=weights_train"] if weighted else []
    if training.shuffle:
        listed = ["batches"]
        callbacks.insert(0, "keras.callbacks.LambdaCallback(on_epoch_begin=batches.shuffle)")
    listed.append(f"epochs={training.epochs}")
    if recipe.watched:
        more = ", weights_val" if weighted else ""
        inputs = model_inputs("x_val", project)
        listed.append(f"validation_data=({inputs}, y_val{more})")
    listed.append("shuffle=False")  # ``Batches`` or the data determine the order
    listed += ["class_weight=dict(enumerate(weights))"] if balanced and not weighted else []
    listed += [format_items("callbacks=[", callbacks, "]", 4)] if callbacks else []
    cell.add(format_call("model.fit", listed))
    return cell


def class_numbers(recipe: ScriptRecipe) -> str:
    """Return code for the training classes as numbers."""
    return "y_train.argmax(axis=-1)" if recipe.one_hot else "y_train"


def model_inputs(name: str, project: Project, rows: str = "") -> str:
    """Return code for the inputs, a list if there are several; ``rows`` follows each array."""
    inputs = used_inputs(project.graph)
    if len(inputs) < 2:
        return f"{name}{rows}"
    return "[" + ", ".join(f"{name}[{format_literal(key)}]{rows}" for key in inputs) + "]"


def callback_calls(project: Project) -> list[str]:
    """Return a constructor call for each callback.

    For NetBuilder's own ``RestoreBestWeights``, an ``EarlyStopping`` that never stops is used.
    """
    calls = []
    for choice in project.training.callbacks:
        name = canonical(CALLBACKS, choice.name) or ""
        if name == "RestoreBestWeights":
            own = {"patience": project.training.epochs, "restore_best_weights": True}
            call = object_call(Choice("EarlyStopping", {**choice.params, **own}), CALLBACKS, 8)
            comment = _("# Never stops early; restores the weights of the best epoch.")
            calls.append(f"{comment}\n        {call}")
        elif name in CALLBACKS and CALLBACKS[name].keras_class:
            calls.append(object_call(choice, CALLBACKS, 8))
    return calls


def test_cell(project: Project, recipe: ScriptRecipe) -> ScriptCell:
    """Write the evaluation on the test set, in the target's units."""
    cell = ScriptCell(_("Evaluate"))
    several = len(project.graph.outputs) > 1
    x = model_inputs("x_test", project)
    scaled = not several and recipe.task == REGRESSION and recipe.target_scaler
    if scaled:
        cell.add(
            f"scaled = model.evaluate({x}, y_test, return_dict=True)",
            'print("With the scaled target:", scaled)',
        )
    else:
        cell.add(f"model.evaluate({x}, y_test)")
    if several:
        return cell
    if recipe.task == REGRESSION:
        cell.add(f"answers = model.predict({x}, verbose=0)")
        if recipe.target_scaler:
            cell.add(
                "answers = y_scaler.inverse_transform(answers.reshape(len(answers), -1))",
                "truth = y_scaler.inverse_transform(y_test)",
                f'print("{OWN_UNITS}", np.abs(answers - truth).mean())',
            )
        else:
            cell.add(
                "answers = answers.reshape(y_test.shape)",
                'print(f"Mean absolute error: {np.abs(answers - y_test).mean():,.4g}")',
            )
    elif recipe.task in (CLASSES, BINARY):
        _confusion(project, recipe, x, cell)
    return cell


def _confusion(project: Project, recipe: ScriptRecipe, x: str, cell: ScriptCell) -> None:
    cell.add(
        *script_part(
            "confusion",
            x=x,
            truth="y_test.argmax(axis=-1)" if recipe.one_hot else "np.ravel(y_test)",
        )
    )
