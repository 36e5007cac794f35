"""The generated data sets, with how their samples and scripts are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netbuilder.core.catalog.spec import Param
from netbuilder.core.data.kinds.builtin import edited_points, generated
from netbuilder.core.data.kinds.builtin.data_set import (
    DataSet,
    chosen_options,
    described,
    options_of,
)
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import (
    function_lines,
    input_columns,
    target_lines,
    text_code,
)
from netbuilder.core.data.kinds.series.script import window_lines
from netbuilder.core.data.kinds.series.windows import windows
from netbuilder.core.data.kinds.text.next_token import (
    LEVEL,
    MERGES,
    SHORT_STARTS,
    STEP,
    WINDOW,
    window_lines as token_lines,
    windows_code,
    windows_of,
)
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.tokens import WORD
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.project.edits_data import point_edits
from netbuilder.core.project.model import Data


def arguments_of(params: tuple[Param, ...], options: Mapping[str, Any]) -> str:
    """Return the arguments of a generator that differ from its defaults, as script text."""
    values = {
        p.name: options[p.name] for p in params if options.get(p.name, p.default) != p.default
    }
    return ", ".join(f"{name}={format_literal(value)}" for name, value in values.items())


@dataclass(frozen=True)
class _GeneratedSet:
    """How a generator's values become samples, and the same as lines of a script.

    Attributes:
        samples: from the values that the generator returns.
        named: the names of these values in the script.
        lines: of the script, after the call; ``x`` are those to the features.
        answers: the expression for the targets, ``frame`` the line to all columns.
        fed: what ``x`` is.
        points: the live view on which they are edited by hand.
        more: names of options of the recipe that the generator does not take.
    """

    samples: Callable[..., Samples]
    named: str
    answers: str
    lines: tuple[str, ...] = ()
    x: tuple[str, ...] = ()
    frame: str = ""
    fed: InputFormat = InputFormat.TABLE
    points: str = ""
    more: tuple[str, ...] = ()


def _generated(function: Callable[..., Any], generator: _GeneratedSet) -> DataSet:
    name = function.__name__
    params = tuple(param for param in options_of(name) if param.name not in generator.more)

    def make(options: Mapping[str, Any]) -> Samples:
        generated_samples = generator.samples(*function(**chosen_options(params, options)))
        samples = replace(generated_samples, source=name)
        if not generator.points:
            return samples
        return edited_points.apply_point_edits(samples, point_edits(Data(options=options)))

    def made(question: ScriptRequest) -> list[str]:
        data = question.project.data
        return [
            *function_lines(function),
            f"{generator.named} = {name}({arguments_of(params, data.options)})",
            *generator.lines,
            *(edited_points.edit_lines(point_edits(data)) if generator.points else ()),
        ]

    def code(question: ScriptRequest) -> DataCode:
        table = generator.fed is InputFormat.TABLE
        lines = [
            *made(question),
            *generator.x,
            *(input_columns(question.project) if table else ()),
            *target_lines(question.task, generator.answers),
        ]
        if generator.fed is InputFormat.TEXTS:
            return text_code(question, lines)
        edited = bool(generator.points and point_edits(question.project.data))
        return DataCode(tuple(lines), generator.fed, edited=edited)

    frame = (lambda question: [*made(question), generator.frame]) if generator.frame else None
    return described(name, make, code, frame=frame, points=generator.points)


def _table_of(features: Any, columns: Sequence[str], target: str, answers: Any) -> Samples:
    import pandas as pd

    table = pd.DataFrame(features, columns=list(columns))
    return Samples(role="table", table=table, targets=pd.DataFrame({target: answers}))


def _arrays_of(role: str, name: str, values: Any, target: str, answers: Any) -> Samples:
    import pandas as pd

    targets = pd.DataFrame({target: list(answers)})
    return Samples(role=role, arrays={name: values}, targets=targets)


_POINTS = _GeneratedSet(
    lambda places, colours: _table_of(places, ("x", "y"), "colour", colours),
    "points, colours",
    "colours",
    x=('x = pd.DataFrame(points, columns=["x", "y"])',),
    frame='data = pd.DataFrame(points, columns=["x", "y"]).assign(colour=colours)',
    points="surface",
)
_SINE = _GeneratedSet(
    lambda x, y: _table_of(x, ("x",), "y", y),
    "across, up",
    "points[:, 1]",
    ("points = np.stack([across, up], axis=1)",),
    ('x = pd.DataFrame(points[:, :1], columns=["x"])',),
    'data = pd.DataFrame(points, columns=["x", "y"])',
    points="curve",
)
_SALES_COLUMNS = (
    "price", "stars", "advertising", "sequel", "action", "sports", "puzzle", "portable",
    "for_children",
)  # fmt: skip
_SALES = _GeneratedSet(
    lambda facts, earned: _table_of(facts, _SALES_COLUMNS, "earnings", earned),
    "facts, earned",
    "earned",
    (f'columns = "{" ".join(_SALES_COLUMNS)}".split()', "x = pd.DataFrame(facts, columns=columns)"),
    frame="data = x.assign(earnings=earned)",
)
_WAVES = _GeneratedSet(
    lambda values, shapes: _arrays_of("numbers", "wave", values, "shape", shapes),
    "x, shapes",
    "shapes",
    fed=InputFormat.NUMBERS,
)
_REVIEWS = _GeneratedSet(
    lambda texts, opinions: _arrays_of("text", "text", texts, "opinion", opinions),
    "x, opinions",
    'opinions.astype("str")',
    ('x = x.astype("str")',),
    fed=InputFormat.TEXTS,
    more=("max_words",),
)
_TEMPERATURES = options_of("temperatures")


def _temperatures(options: Mapping[str, Any]) -> Samples:
    import pandas as pd

    chosen = chosen_options(_TEMPERATURES, options)
    degrees = generated.temperatures(chosen["years"], chosen["seed"])
    return windows(
        pd.DataFrame({"temperature": degrees}),
        ("temperature",),
        Data(options={**options, "window": chosen["window"], "horizon": chosen["horizon"]}),
        "temperatures",
    )


def _temperatures_code(question: ScriptRequest) -> DataCode:
    options = question.project.data.options
    chosen = chosen_options(_TEMPERATURES, options)
    arguments = arguments_of((_TEMPERATURES[0], _TEMPERATURES[3]), options)
    lines = [
        *function_lines(generated.temperatures),
        f'data = pd.DataFrame({{"temperature": temperatures({arguments})}})',
        *window_lines(["temperature"], chosen["window"], chosen["horizon"]),
    ]
    return DataCode(tuple(lines), InputFormat.NUMBERS, ordered=True)


GENERATED = (
    *(
        _generated(function, _POINTS)
        for function in (
            generated.moons,
            generated.xor,
            generated.circles,
            generated.spiral,
            generated.blobs,
        )
    ),
    _generated(generated.sine, _SINE),
    _generated(generated.sales, _SALES),
    _generated(generated.waves, _WAVES),
    _generated(generated.reviews, _REVIEWS),
    described("temperatures", _temperatures, _temperatures_code),
)


def _long_text(
    function: Callable[..., str], windows_params: tuple[Param, ...], name: str = "", **fixed: Any
) -> DataSet:
    """Return a set of one long text, with the options of its windows; ``fixed`` arguments."""
    name = name or function.__name__
    own = samples, seed = options_of(name)
    params = (samples, *windows_params, seed)

    def make(options: Mapping[str, Any]) -> Samples:
        text = function(**chosen_options(own, options), **fixed)
        return windows_of(text, {**options, **chosen_options(params, options)}, name)

    def code(question: ScriptRequest) -> DataCode:
        decided = question.project.data.options
        options = {**decided, **chosen_options(params, decided)}
        arguments = [
            arguments_of(own, decided),
            *(f"{key}={value}" for key, value in fixed.items()),
        ]
        text_line = f"text = {function.__name__}({', '.join(filter(None, arguments))})"
        lines = [*function_lines(function), text_line, *token_lines(options, "a")]  # in English
        return windows_code(lines, options)

    return described(name, make, code, params)


def _word_windows(window: int) -> tuple[Param, ...]:
    level, short = replace(LEVEL, default=WORD), replace(SHORT_STARTS, default=True)
    return level, MERGES, replace(WINDOW, default=window), STEP, short


LONG_TEXTS = (
    _long_text(generated.stories, (LEVEL, MERGES, WINDOW, STEP)),
    _long_text(generated.tales, _word_windows(16)),
    _long_text(generated.dialogues, _word_windows(20), "questions"),
    _long_text(generated.dialogues, _word_windows(20), "answers", answered=True),
)
