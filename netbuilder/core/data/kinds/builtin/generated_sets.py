"""The generated data sets, with how their samples and scripts are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.builtin import edited_points, generated
from netbuilder.core.data.kinds.builtin.data_set import (
    DataSet,
    chosen_options,
    noise_option,
    samples_option,
    seed_option,
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
from netbuilder.core.i18n import noop as N_
from netbuilder.core.project.edits_data import point_edits
from netbuilder.core.project.model import Data
from netbuilder.core.python_text import format_literal


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
        more: options of the recipe that the generator does not take.
    """

    samples: Callable[..., Samples]
    named: str
    answers: str
    lines: tuple[str, ...] = ()
    x: tuple[str, ...] = ()
    frame: str = ""
    fed: InputFormat = InputFormat.TABLE
    points: str = ""
    more: tuple[Param, ...] = ()


def _generated(
    title: str, description: str, task: str, function: Callable[..., Any],
    params: tuple[Param, ...], generator: _GeneratedSet,
) -> DataSet:  # fmt: skip
    name = function.__name__

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
    return DataSet(
        name, title, description, task, make, code, (*params, *generator.more), frame=frame,
        points=generator.points,
    )  # fmt: skip


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
    more=(Param("max_words", Kind.INT, 10_000, N_("size of the vocabulary"), 3, 10**6, more=True),),
)
_TEMPERATURES = (
    Param("years", Kind.INT, 4, N_("number of years"), 1, 40, slide=True),
    Param("window", Kind.INT, 14, N_("time steps in the input"), 1, 1000),
    Param("horizon", Kind.INT, 1, N_("time steps to predict"), 1, 1000),
    seed_option(),
)


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
    _generated(
        N_("Two moons"),
        N_("Two classes of points, in interleaving half circles."),
        "binary",
        generated.moons,
        (
            samples_option(400),
            noise_option(0.15, 1.0),
            Param(
                "apart", Kind.FLOAT, 0.0, N_("distance between the moons"), -0.5, 1.5, slide=True
            ),
            seed_option(),
        ),
        _POINTS,
    ),
    _generated(
        N_("XOR"),
        N_("Points in four quadrants: orange where x and y have the same sign."),
        "binary",
        generated.xor,
        (
            samples_option(400),
            noise_option(0.05, 1.0),
            Param(
                "turned",
                Kind.FLOAT,
                0.0,
                N_("rotation of the quadrants in degrees"),
                0.0,
                90.0,
                slide=True,
            ),
            seed_option(),
        ),
        _POINTS,
    ),
    _generated(
        N_("Circles"),
        N_("Two classes of points: a ring around a disc."),
        "binary",
        generated.circles,
        (
            samples_option(400),
            noise_option(0.08, 1.0),
            Param("inner", Kind.FLOAT, 0.45, N_("size of the disc"), 0.05, 0.95, slide=True),
            seed_option(),
        ),
        _POINTS,
    ),
    _generated(
        N_("Spiral"),
        N_("Points on the two arms of a spiral: the hardest of these point data sets."),
        "binary",
        generated.spiral,
        (
            samples_option(500),
            noise_option(0.15, 2.0),
            Param("turns", Kind.FLOAT, 1.5, N_("turns of each arm"), 0.25, 4.0, slide=True),
            seed_option(),
        ),
        _POINTS,
    ),
    _generated(
        N_("Blobs"),
        N_("Clusters of points, one colour per cluster."),
        "classes",
        generated.blobs,
        (
            samples_option(450),
            noise_option(1.6, 10.0),
            Param("clouds", Kind.INT, 3, N_("number of clusters"), 2, 8, slide=True),
            seed_option(8),
        ),
        _POINTS,
    ),
    _generated(
        N_("Sine curve"),
        N_("Points along a sine curve: predict y from x."),
        "regression",
        generated.sine,
        (
            samples_option(200, low=10),
            noise_option(0.15, 1.0),
            Param(
                "frequency",
                Kind.FLOAT,
                1.5,
                N_("number of waves from 0 to 2π"),
                0.25,
                6.0,
                slide=True,
            ),
            seed_option(),
        ),
        _SINE,
    ),
    _generated(
        N_("Sales"),
        N_("Predict the yearly sales of a thousand games from nine features."),
        "regression",
        generated.sales,
        (samples_option(1000), noise_option(0.05, 1.0), seed_option()),
        _SALES,
    ),
    _generated(
        N_("Waves"),
        N_("Sequences to classify: sine, square, sawtooth or noise."),
        "classes",
        generated.waves,
        (
            samples_option(1200),
            noise_option(0.05, 1.0),
            Param("steps", Kind.INT, 40, N_("length of a sequence"), 8, 1000, slide=True),
            seed_option(),
        ),
        _WAVES,
    ),
    _generated(
        N_("Reviews"),
        N_("Short reviews, positive or negative."),
        "binary",
        generated.reviews,
        (samples_option(1200), seed_option()),
        _REVIEWS,
    ),
    DataSet(
        "temperatures",
        N_("Temperatures"),
        N_("Years of daily temperatures: predict the next day from the days before."),
        "regression",
        _temperatures,
        _temperatures_code,
        _TEMPERATURES,
    ),
)


def _long_text(
    title: str, description: str, function: Callable[..., str], params: tuple[Param, ...]
) -> DataSet:
    """Return a set of one long text; ``params`` are the generator's, then the windows'."""
    name = function.__name__
    own = tuple(param for param in params if param.name in ("samples", "seed"))

    def make(options: Mapping[str, Any]) -> Samples:
        text = function(**chosen_options(own, options))
        return windows_of(text, {**options, **chosen_options(params, options)}, name)

    def code(question: ScriptRequest) -> DataCode:
        decided = question.project.data.options
        options = {**decided, **chosen_options(params, decided)}
        text_line = f"text = {name}({arguments_of(own, decided)})"
        lines = [*function_lines(function), text_line, *token_lines(options, "a")]  # in English
        return windows_code(lines, options)

    return DataSet(name, title, description, "classes", make, code, params)


LONG_TEXTS = (
    _long_text(
        N_("Stories"),
        N_(
            "One long text of simple sentences, generated by the program: predict how a text "
            "continues."
        ),
        generated.stories,
        (samples_option(1500), LEVEL, MERGES, WINDOW, STEP, seed_option()),
    ),
    _long_text(
        N_("Tales"),
        N_(
            "Tales of two sentences, generated by the program, whose second sentence follows from "
            "the first: who does it, and with what."
        ),
        generated.tales,
        (
            samples_option(500),
            replace(LEVEL, default=WORD),
            MERGES,
            replace(WINDOW, default=16),
            STEP,
            replace(SHORT_STARTS, default=True),
            seed_option(),
        ),
    ),
)
