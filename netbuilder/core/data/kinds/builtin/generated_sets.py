"""Rows of the generated sets, and how their samples and scripts are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
    """Arguments of a generator that differ from its defaults, as a script writes them."""
    given = {p.name: options[p.name] for p in params if options.get(p.name, p.default) != p.default}
    return ", ".join(f"{name}={format_literal(value)}" for name, value in given.items())


def points(
    name: str, title: str, description: str, task: str, function: Callable[..., Any],
    params: tuple[Param, ...],
) -> DataSet:  # fmt: skip
    """A set of points in the plane, told apart by their colour."""

    def make(options: Mapping[str, Any]) -> Samples:
        import numpy as np
        import pandas as pd

        places, colours = function(**chosen_options(params, options))
        samples = Samples(
            role="table",
            table=pd.DataFrame(np.asarray(places, np.float64), columns=["x", "y"]),
            targets=pd.DataFrame({"colour": colours}),
            source=name,
        )
        return edited_points.apply_point_edits(samples, point_edits(Data(options=options)))

    def point_lines(question: ScriptRequest) -> list[str]:
        data = question.project.data
        return [
            *function_lines(function),
            f"points, colours = {name}({arguments_of(params, data.options)})",
            *edited_points.edit_lines(point_edits(data)),
        ]

    def frame(question: ScriptRequest) -> list[str]:
        made = 'data = pd.DataFrame(points, columns=["x", "y"]).assign(colour=colours)'
        return [*point_lines(question), made]

    def code(question: ScriptRequest) -> DataCode:
        lines = [
            *point_lines(question),
            'x = pd.DataFrame(points, columns=["x", "y"])',
            *input_columns(question.project),
            *target_lines(question.task, "colours"),
        ]
        return DataCode(tuple(lines), edited=bool(point_edits(question.project.data)))

    return DataSet(
        name, title, description, task, make, code, params, frame=frame, points="surface"
    )


_SINE = (
    samples_option(200, low=10),
    noise_option(0.15, 1.0),
    Param("frequency", Kind.FLOAT, 1.5, N_("number of waves from 0 to 2π"), 0.25, 6.0, slide=True),
    seed_option(),
)


def _sine(options: Mapping[str, Any]) -> Samples:
    import pandas as pd

    x, y = generated.sine(**chosen_options(_SINE, options))
    samples = Samples(
        role="table",
        table=pd.DataFrame({"x": x}),
        targets=pd.DataFrame({"y": y}),
        source="sine",
    )
    return edited_points.apply_point_edits(samples, point_edits(Data(options=options)))


def _sine_points(question: ScriptRequest) -> list[str]:
    data = question.project.data
    return [
        *function_lines(generated.sine),
        f"across, up = sine({arguments_of(_SINE, data.options)})",
        "points = np.stack([across, up], axis=1)",
        *edited_points.edit_lines(point_edits(data)),
    ]


def _sine_frame(question: ScriptRequest) -> list[str]:
    return [*_sine_points(question), 'data = pd.DataFrame(points, columns=["x", "y"])']


def _sine_code(question: ScriptRequest) -> DataCode:
    lines = [
        *_sine_points(question),
        'x = pd.DataFrame(points[:, :1], columns=["x"])',
        *input_columns(question.project),
        *target_lines(question.task, "points[:, 1]"),
    ]
    return DataCode(tuple(lines), edited=bool(point_edits(question.project.data)))


_WAVES = (
    samples_option(1200),
    noise_option(0.05, 1.0),
    Param("steps", Kind.INT, 40, N_("length of a sequence"), 8, 1000, slide=True),
    seed_option(),
)
_REVIEWS = (
    samples_option(1200),
    seed_option(),
    Param("max_words", Kind.INT, 10_000, N_("size of the vocabulary"), 3, 10**6, more=True),
)
_TEMPERATURES = (
    Param("years", Kind.INT, 4, N_("number of years"), 1, 40, slide=True),
    Param("window", Kind.INT, 14, N_("time steps in the input"), 1, 1000),
    Param("horizon", Kind.INT, 1, N_("time steps to predict"), 1, 1000),
    seed_option(),
)


def _waves(options: Mapping[str, Any]) -> Samples:
    import pandas as pd

    values, shapes = generated.waves(**chosen_options(_WAVES, options))
    return Samples(
        role="numbers",
        arrays={"wave": values},
        targets=pd.DataFrame({"shape": shapes}),
        source="waves",
    )


def _waves_code(question: ScriptRequest) -> DataCode:
    lines = [
        *function_lines(generated.waves),
        f"x, shapes = waves({arguments_of(_WAVES, question.project.data.options)})",
        *target_lines(question.task, "shapes"),
    ]
    return DataCode(tuple(lines), InputFormat.NUMBERS)


def _reviews(options: Mapping[str, Any]) -> Samples:
    import pandas as pd

    texts, opinions = generated.reviews(**chosen_options(_REVIEWS[:2], options))
    return Samples(
        role="text",
        arrays={"text": texts},
        targets=pd.DataFrame({"opinion": list(opinions)}),
        source="reviews",
    )


def _reviews_code(question: ScriptRequest) -> DataCode:
    lines = [
        *function_lines(generated.reviews),
        f"x, opinions = reviews({arguments_of(_REVIEWS[:2], question.project.data.options)})",
        'x = x.astype("str")',
        *target_lines(question.task, 'opinions.astype("str")'),
    ]
    return text_code(question, lines)


_SALES = (samples_option(1000), noise_option(0.05, 1.0), seed_option())
_SALES_COLUMNS = (
    "price", "stars", "advertising", "sequel", "action", "sports", "puzzle", "portable",
    "for_children",
)  # fmt: skip


def _sales(options: Mapping[str, Any]) -> Samples:
    import pandas as pd

    facts, earned = generated.sales(**chosen_options(_SALES, options))
    return Samples(
        role="table",
        table=pd.DataFrame(facts, columns=list(_SALES_COLUMNS)),
        targets=pd.DataFrame({"earnings": earned}),
        source="sales",
    )


def _sales_table(question: ScriptRequest) -> list[str]:
    return [
        *function_lines(generated.sales),
        f"facts, earned = sales({arguments_of(_SALES, question.project.data.options)})",
        f'columns = "{" ".join(_SALES_COLUMNS)}".split()',
        "x = pd.DataFrame(facts, columns=columns)",
    ]


def _sales_frame(question: ScriptRequest) -> list[str]:
    return [*_sales_table(question), "data = x.assign(earnings=earned)"]


def _sales_code(question: ScriptRequest) -> DataCode:
    lines = [
        *_sales_table(question),
        *input_columns(question.project),
        *target_lines(question.task, "earned"),
    ]
    return DataCode(tuple(lines))


def _temperatures(options: Mapping[str, Any]) -> Samples:
    import pandas as pd

    found = chosen_options(_TEMPERATURES, options)
    degrees = generated.temperatures(found["years"], found["seed"])
    return windows(
        pd.DataFrame({"temperature": degrees}),
        ("temperature",),
        Data(options={**options, "window": found["window"], "horizon": found["horizon"]}),
        "temperatures",
    )


def _temperatures_code(question: ScriptRequest) -> DataCode:
    options = question.project.data.options
    found = chosen_options(_TEMPERATURES, options)
    given = arguments_of((_TEMPERATURES[0], _TEMPERATURES[3]), options)
    lines = [
        *function_lines(generated.temperatures),
        f'data = pd.DataFrame({{"temperature": temperatures({given})}})',
        *window_lines(["temperature"], found["window"], found["horizon"]),
    ]
    return DataCode(tuple(lines), InputFormat.NUMBERS, ordered=True)


GENERATED = (
    points(
        "moons",
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
    ),
    points(
        "xor",
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
    ),
    points(
        "circles",
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
    ),
    points(
        "spiral",
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
    ),
    points(
        "blobs",
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
    ),
    DataSet(
        "sine",
        N_("Sine curve"),
        N_("Points along a sine curve: predict y from x."),
        "regression",
        _sine,
        _sine_code,
        _SINE,
        frame=_sine_frame,
        points="curve",
    ),
    DataSet(
        "sales",
        N_("Sales"),
        N_("Predict the yearly sales of a thousand games from nine features."),
        "regression",
        _sales,
        _sales_code,
        _SALES,
        frame=_sales_frame,
    ),
    DataSet(
        "waves",
        N_("Waves"),
        N_("Sequences to classify: sine, square, sawtooth or noise."),
        "classes",
        _waves,
        _waves_code,
        _WAVES,
    ),
    DataSet(
        "reviews",
        N_("Reviews"),
        N_("Short reviews, positive or negative."),
        "binary",
        _reviews,
        _reviews_code,
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
    """One long text to continue; ``params`` are the generator's own, then those of its windows."""
    name = function.__name__
    own = tuple(param for param in params if param.name in ("samples", "seed"))

    def make(options: Mapping[str, Any]) -> Samples:
        text = function(**chosen_options(own, options))
        return windows_of(text, {**options, **chosen_options(params, options)}, name)

    def code(question: ScriptRequest) -> DataCode:
        given = question.project.data.options
        options = {**given, **chosen_options(params, given)}
        made = f"text = {name}({arguments_of(own, given)})"
        lines = [*function_lines(function), made, *token_lines(options, "a")]  # in English
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
