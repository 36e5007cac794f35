"""Rules about the end of the network: its last layer, its activation, the loss, the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from netbuilder.core.catalog.training import LOSSES, canonical
from netbuilder.core.check.context import ACTIVATION_LAYERS, DROPPING, Context, End
from netbuilder.core.check.problems import Fix, Severity
from netbuilder.core.check.rule import Example, Found, Rule, chain, fix
from netbuilder.core.check.rules_shapes import wanted_activation
from netbuilder.core.check.words import count, label, listed
from netbuilder.core.data.facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Project, Training

CATEGORICAL = frozenset(
    {
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "categorical_focal_crossentropy",
    }
)
YES_NO = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
#: Losses that compare numbers, and so suit a last layer without activation.
NUMBERS = frozenset(
    {
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "huber",
        "log_cosh",
    }
)
_SPARSE = {"categorical_crossentropy": "sparse_categorical_crossentropy"}
_ONE_HOT = {"sparse_categorical_crossentropy": "categorical_crossentropy"}


def _units(context: Context) -> Iterable[Found]:
    for end in context.ends:
        if end.units is None or end.shape is None or len(end.shape) != 2:
            continue
        have = end.shape[1]
        two_ways = end.task == BINARY and have == 2  # softmax over both classes works as well
        if have == end.units or have is None or two_ways:
            continue
        yield Found(end.node.id, _units_text(end, have), _units_fix(context, end))


def _units_text(end: End, have: int) -> str:
    need = count(end.units or 0, "unit")
    if end.task in {CLASSES, MULTI_LABEL} and end.classes:
        shown = listed([*end.classes[:3], *(["…"] if len(end.classes) > 3 else [])], "and")
        target = f"the data has {count(len(end.classes), 'class')} ({shown})"
    elif end.task == BINARY:
        target = "the target is yes or no"
        need = "1 unit with sigmoid, or 2 with softmax"
    else:
        target = f"the target is {count(end.units or 0, 'number')} for each row"
    return f"The network ends in {count(have, 'unit')}, but {target}. It needs {need}."


def _units_fix(context: Context, end: End) -> Fix:
    units, activation = end.units or 1, wanted_activation(end)
    maker = end.maker
    if maker is not None and maker.layer == "Dense" and maker.shared is None:
        alone = not any(t.layer in ACTIVATION_LAYERS or t.layer == "Activation" for t in end.tail)
        suits = end.activation == activation or not alone
        changes = {"units": units} if suits else {"units": units, "activation": activation}
        return fix(f"Set units to {units}", edits.set_params, maker.id, **changes)
    params = {"units": units, "activation": activation}
    return fix(
        f"Add a Dense of {count(units, 'unit')}",
        edits.insert_after,
        end.node.id,
        "Dense",
        params=params,
    )


def _loss_name(end: End) -> str:
    return (canonical(LOSSES, end.loss.name) or "") if end.loss is not None else ""


def _logits(end: End) -> bool:
    return end.loss is not None and end.loss.params.get("from_logits") is True


def _set_loss(end: End, name: str | None) -> Fix:
    """Set the loss of an output where the plan says it; None: chosen from the data."""
    text = "Choose the loss from the data"
    if name is not None:
        text = f"Use {_title(name)}"
    return fix(text, _with_loss, end.node.id, lambda _old: Choice(name) if name else None)


def _with_loss(project: Project, output: str, change: Callable[[Choice], Choice | None]) -> Project:
    training = project.training
    goal = training.outputs.get(output)
    if goal is not None and goal.loss is not None:
        outputs = {**training.outputs, output: replace(goal, loss=change(goal.loss))}
        return edits.set_training(project, outputs=outputs)
    if training.loss is None:
        return project
    return edits.set_training(project, loss=change(training.loss))


def _without_logits(loss: Choice) -> Choice:
    return Choice(loss.name, {k: v for k, v in loss.params.items() if k != "from_logits"})


def _set_activation(end: End, name: str | None) -> Fix | None:
    """Change the last activation where it stands."""
    node = end.activator or end.maker
    if node is None:
        return None
    text = f"Set activation to {name or 'linear'}"
    if node.layer in ACTIVATION_LAYERS:
        if name is None:
            return fix(f"Remove '{node.id}'", edits.remove_nodes, [node.id])

        def swap(project: Project) -> Project:
            at = project.graph.nodes.index(project.graph.by_id[node.id])
            project = edits.replace_layer(project, node.id, "Activation")
            return edits.set_params(project, project.graph.nodes[at].id, activation=name)

        return fix(text, swap)
    if node.layer not in {"Dense", "Activation"} and end.activator is None:
        if name is None:
            return None
        return fix(
            f"Add {name}",
            edits.insert_after,
            end.node.id,
            "Activation",
            params={"activation": name},
        )
    value = name or "linear"
    return fix(text, edits.set_params, node.id, activation=value)


def _place(end: End) -> str:
    return (end.activator or end.maker or end.node).id


def _softmax_mse(context: Context) -> Iterable[Found]:
    for end in context.ends:
        name = _loss_name(end)
        if end.activation != "softmax" or name not in NUMBERS or not end.chosen:
            continue
        if end.shape is not None and end.shape[-1] == 1:
            continue  # told by softmax-one-unit
        if end.task == REGRESSION:
            mend = _set_activation(end, None)
            more = "The target is a number, so the last layer needs no activation."
        else:
            loss = "categorical_crossentropy" if context.facts and context.facts.one_hot else None
            mend = _set_loss(end, loss)
            more = "Cross-entropy learns classes much faster."
        yield Found(
            _place(end),
            f"'{_place(end)}' ends in softmax, which gives a probability for each class, but the"
            f" loss is {_title(name)}, which compares numbers. {more}",
            mend,
        )


def _title(name: str) -> str:
    spec = LOSSES.get(name)
    return (spec.title if spec and spec.title else name).lower()


def _one_unit(context: Context) -> Iterable[Found]:
    for end in context.ends:
        if end.activation != "softmax" or end.shape is None or end.shape[-1] != 1:
            continue
        wanted = None if end.task == REGRESSION else "sigmoid"
        yield Found(
            _place(end),
            f"'{_place(end)}' has softmax on a single unit, so it always answers 1."
            f" Use {wanted or 'no activation'} here.",
            _set_activation(end, wanted),
        )


def _sigmoid_categorical(context: Context) -> Iterable[Found]:
    for end in context.ends:
        name = _loss_name(end)
        if end.activation != "sigmoid" or name not in CATEGORICAL or _one(end):
            continue
        yield Found(
            _place(end),
            f"'{_place(end)}' ends in sigmoid, which judges each class alone, but"
            f" {_title(name)} wants probabilities that add up to 1. Use softmax.",
            _set_activation(end, "softmax"),
        )


def _one(end: End) -> bool:
    return end.shape is not None and end.shape[-1] == 1


def _relu_output(context: Context) -> Iterable[Found]:
    for end in context.ends:
        if end.activation != "relu" or _loss_name(end) not in NUMBERS:
            continue
        if end.task not in {None, REGRESSION}:
            continue
        yield Found(
            _place(end),
            f"'{_place(end)}' ends in relu, so it can never answer below 0 and stops learning"
            " where it should. A number is predicted without activation.",
            _set_activation(end, None),
        )


def _from_logits(context: Context) -> Iterable[Found]:
    for end in context.ends:
        name = _loss_name(end)
        wanted = "softmax" if name in CATEGORICAL else "sigmoid" if name in YES_NO else None
        if wanted is None or end.loss is None:
            continue
        if _logits(end) and end.activation in {"softmax", "sigmoid"}:
            yield Found(
                _place(end),
                f"'{_place(end)}' ends in {end.activation}, but the loss is told (from_logits)"
                f" that it gets raw scores, and applies {wanted} once more.",
                fix("Turn off from_logits", _with_loss, end.node.id, _without_logits),
            )
        elif not _logits(end) and end.activation is None and _makes_scores(end):
            yield Found(
                _place(end),
                f"'{_place(end)}' gives raw scores without activation, but {_title(name)} wants"
                f" probabilities. Use {wanted}.",
                _set_activation(end, wanted),
            )


def _makes_scores(end: End) -> bool:
    return end.maker is not None and end.maker.layer in {"Dense", "Conv1D", "Conv2D", "Conv3D"}


def _activation_loss(context: Context) -> Iterable[Found]:
    """Any other activation with a loss that wants probabilities."""
    for end in context.ends:
        name, found = _loss_name(end), end.activation
        if found is None or _logits(end):
            continue
        if name in CATEGORICAL and found not in {"softmax", "sigmoid", "log_softmax"}:
            wanted = "softmax"
        elif name in YES_NO and found not in _yes_no_activations(end):
            wanted = "sigmoid"
        else:
            continue
        yield Found(
            _place(end),
            f"'{_place(end)}' ends in {found}, but {_title(name)} wants probabilities."
            f" Use {wanted}.",
            _set_activation(end, wanted),
        )


def _yes_no_activations(end: End) -> set[str]:
    """Softmax on several units suits two classes, but not labels that can hold together."""
    told_elsewhere = {"softmax"} if _one(end) or end.task != MULTI_LABEL else set()
    return {"sigmoid", "hard_sigmoid"} | told_elsewhere


def _loss_target(context: Context) -> Iterable[Found]:
    facts = context.facts
    assert facts is not None
    for end in context.ends:
        name = _loss_name(end)
        spec = LOSSES.get(name)
        if spec is None or not spec.tasks or end.task is None or not end.chosen:
            continue
        kinds = _target_kinds(end, facts)
        if kinds & set(spec.tasks) or (name in NUMBERS and CLASSES not in kinds):
            continue  # comparing numbers with 0 and 1 learns too, if slowly
        if end.activation == "softmax" and name in NUMBERS:
            continue  # told by softmax-mse, or by softmax-one-unit
        one_hot = "one_hot" in kinds
        swap = (_ONE_HOT if one_hot else _SPARSE).get(name)
        yield Found(
            None,
            f"The loss is {_title(name)}, made for {_made_for(spec.tasks)}, but the target is"
            f" {_target(end, one_hot)}.",
            _set_loss(end, swap),
        )


def _target_kinds(end: End, facts: DataFacts) -> set[str]:
    """The words of ``ObjectSpec.tasks`` that an output's target stands for."""
    if end.task == BINARY and end.shape is not None and end.shape[-1] == 2:
        return {"one_hot"} if facts.one_hot else {CLASSES}
    if end.task in {CLASSES, BINARY} and facts.one_hot:
        return {"one_hot"}
    return {end.task or ""}


_WORDS = {
    REGRESSION: "numbers",
    BINARY: "yes or no",
    CLASSES: "class numbers",
    "one_hot": "one-hot rows",
    MULTI_LABEL: "several labels at once",
}


def _made_for(tasks: tuple[str, ...]) -> str:
    return listed([_WORDS.get(task, task) for task in tasks], "or")


def _target(end: End, one_hot: bool) -> str:
    if one_hot:
        return "one-hot rows"
    classes = f" ({count(len(end.classes), 'class')})" if end.task == CLASSES else ""
    return _WORDS.get(end.task or "", "something else") + classes


def _dropout_output(context: Context) -> Iterable[Found]:
    for end in context.ends:
        for node in end.tail:
            if node.layer in DROPPING - {"ActivityRegularization"}:
                yield Found(
                    node.id,
                    f"{label(node)} stands behind the last layer, so it throws away parts of the"
                    " answer itself while training. Put it between hidden layers.",
                    fix(f"Remove '{node.id}'", edits.remove_nodes, [node.id]),
                )


def facts_for(task: str, units: int, shape: tuple[int, ...] = (4,), **more: object) -> DataFacts:
    """Facts of a small data set, for examples."""
    classes = tuple(f"class {n}" for n in range(units)) if task in {CLASSES, MULTI_LABEL} else ()
    if task == BINARY:
        classes = ("no", "yes")
    given = {
        "rows": 120, "task": task, "tasks": {}, "input_shapes": {"input": shape},
        "input_dtypes": {"input": "float32"}, "classes": classes,
        "output_units": dict.fromkeys(("out", "dropout", "softmax", "dense", "lstm"), units),
        "units_scaled": True, "value_range": (0.0, 8.0), **more,
    }  # fmt: skip
    return DataFacts(**given)  # type: ignore[arg-type]


def _end(
    units: int, activation: str | None, facts: DataFacts | None, loss: Choice | None = None
) -> Example:
    return Example(
        chain(
            ("input", "Input", {}), ("dense", "Dense", {"units": 8, "activation": "relu"}),
            ("out", "Dense", {"units": units, "activation": activation or "linear"}),
            training=Training(loss=loss),
        ),
        facts,
    )  # fmt: skip


def _dropped() -> Example:
    return Example(
        chain(
            ("input", "Input", {}), ("dense", "Dense", {"units": 8, "activation": "relu"}),
            ("out", "Dense", {"units": 3, "activation": "softmax"}),
            ("dropout", "Dropout", {"rate": 0.5}),
        ),
        facts_for(CLASSES, 3),
    )  # fmt: skip


_FLOWERS = facts_for(CLASSES, 3)
_PRICES = facts_for(REGRESSION, 1)
_YES_NO = facts_for(BINARY, 1)

RULES: tuple[Rule, ...] = (
    Rule(
        "output-units", Severity.ERROR, "Units do not match the target",
        "The last layer must give as many numbers as the target has: one for each class, or one"
        " for each number that is predicted.",
        "Set the units of the last layer.",
        _units,
        (
            lambda: _end(10, "softmax", _FLOWERS),
            lambda: _end(2, None, _PRICES),
            lambda: _end(3, "sigmoid", _YES_NO),
            lambda: Example(
                chain(("input", "Input", {"shape": [20, 3]}), ("lstm", "LSTM", {"units": 8})),
                facts_for(CLASSES, 3, (20, 3)),
            ),
        ),
        needs_facts=True, needs_shapes=True,
    ),
    Rule(
        "softmax-one-unit", Severity.ERROR, "Softmax on one unit",
        "Softmax makes its units add up to 1, so a single unit always answers 1 and nothing is"
        " learned.",
        "Use sigmoid for yes or no, no activation for a number.",
        _one_unit,
        (lambda: _end(1, "softmax", _YES_NO), lambda: _end(1, "softmax", _PRICES)),
        needs_shapes=True,
    ),
    Rule(
        "loss-target", Severity.ERROR, "Loss does not fit the target",
        "Each loss is made for one kind of target: numbers, yes or no, class numbers (sparse) or"
        " one-hot rows.",
        "Choose the loss that is made for the target.",
        _loss_target,
        (
            lambda: _end(3, "softmax", _FLOWERS, Choice("categorical_crossentropy")),
            lambda: _end(
                3, "softmax", replace(_FLOWERS, one_hot=True),
                Choice("sparse_categorical_crossentropy"),
            ),
            lambda: _end(1, None, _PRICES, Choice("binary_crossentropy", {"from_logits": True})),
            lambda: _end(3, None, _FLOWERS, Choice("mean_squared_error")),
        ),
        needs_facts=True,
    ),
    Rule(
        "softmax-mse", Severity.WARNING, "Softmax with a loss for numbers",
        "Softmax gives probabilities of classes; a loss that compares numbers learns from them"
        " slowly, and cannot predict a number with them.",
        "Use cross-entropy for classes, no activation for numbers.",
        _softmax_mse,
        (
            lambda: _end(3, "softmax", _FLOWERS, Choice("mean_squared_error")),
            lambda: _end(
                2, "softmax", facts_for(REGRESSION, 2), Choice("mean_squared_error")
            ),
            lambda: _end(
                3, "softmax", replace(_FLOWERS, one_hot=True), Choice("mean_squared_error")
            ),
        ),
    ),
    Rule(
        "sigmoid-crossentropy", Severity.WARNING, "Sigmoid where classes exclude each other",
        "Categorical cross-entropy wants probabilities that add up to 1; sigmoid judges each class"
        " alone.",
        "Use softmax.",
        _sigmoid_categorical,
        (lambda: _end(3, "sigmoid", _FLOWERS, Choice("sparse_categorical_crossentropy")),),
    ),
    Rule(
        "relu-output", Severity.WARNING, "ReLU at the output",
        "ReLU cuts off everything below 0, so small answers cannot be given and the unit may stop"
        " learning for good.",
        "Predict numbers without activation.",
        _relu_output,
        (lambda: _end(1, "relu", _PRICES),),
    ),
    Rule(
        "from-logits", Severity.WARNING, "Activation and loss disagree (from_logits)",
        "A cross-entropy gets either probabilities (from_logits off) or raw scores (from_logits"
        " on). Here it gets the other.",
        "Match the last activation and from_logits.",
        _from_logits,
        (
            lambda: _end(
                3, "softmax", _FLOWERS,
                Choice("sparse_categorical_crossentropy", {"from_logits": True}),
            ),
            lambda: _end(3, None, _FLOWERS),
            lambda: _end(1, None, _YES_NO),
        ),
    ),
    Rule(
        "output-activation", Severity.WARNING, "Last activation gives no probabilities",
        "A cross-entropy compares probabilities, between 0 and 1; this activation gives others.",
        "Use softmax for classes, sigmoid for yes or no.",
        _activation_loss,
        (lambda: _end(3, "relu", _FLOWERS), lambda: _end(1, "tanh", _YES_NO)),
    ),
    Rule(
        "dropout-output", Severity.WARNING, "Dropout at the output",
        "Dropout behind the last layer sets parts of the answer to 0 while training.",
        "Remove it, or move it between hidden layers.",
        _dropout_output,
        (_dropped,),
    ),
)  # fmt: skip
