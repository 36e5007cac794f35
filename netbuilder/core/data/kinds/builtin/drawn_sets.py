"""Rows of the sets that the program draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.builtin.data_set import (
    DataSet,
    chosen_options,
    samples_option,
    seed_option,
)
from netbuilder.core.data.kinds.builtin.drawn_pictures import (
    colorize,
    drawn_digits,
    drawn_shapes,
    drawn_strokes,
)
from netbuilder.core.data.kinds.builtin.generated_sets import arguments_of
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import function_lines, target_lines
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.i18n import noop as N_


def _options(count: int) -> tuple[Param, ...]:
    return (
        samples_option(count),
        Param("thickness", Kind.FLOAT, 1.1, N_("thickness of the pen"), 0.3, 4.0, slide=True),
        Param("distortion", Kind.FLOAT, 1.0, N_("irregularity of the lines"), 0.0, 2.5, slide=True),
        Param(
            "noise", Kind.FLOAT, 0.0, N_("amount of noise in the pictures"), 0.0, 1.0, slide=True
        ),
        Param("size", Kind.INT, 28, N_("height and width in pixels"), 16, 96),
        Param(
            "color_mode",
            Kind.CHOICE,
            "grayscale",
            N_("grey, or a random colour for each picture"),
            choices=("grayscale", "rgb"),
        ),
        seed_option(),
    )


def _drawn(
    name: str, title: str, description: str, target: str, function: Callable[..., Any], count: int
) -> DataSet:
    params = _options(count)

    def make(options: Mapping[str, Any]) -> Samples:
        import pandas as pd

        pictures, labels = function(**chosen_options(params, options))
        return Samples(
            role="image",
            arrays={"image": pictures},
            targets=pd.DataFrame({target: labels}),
            value_range=(0.0, 255.0),
            source=name,
        )

    def code(question: ScriptRequest) -> DataCode:
        given = arguments_of(params, question.project.data.options)
        lines = [
            *function_lines(drawn_strokes),
            *function_lines(colorize),
            *function_lines(function),
            f"pictures, labels = {function.__name__}({given})",
            'x, targets = pictures.astype("float32"), pd.Series(labels)',
            *target_lines(question.task),
        ]
        return DataCode(tuple(lines), InputFormat.PIXELS)

    return DataSet(name, title, description, "classes", make, code, params)


DRAWN = (
    _drawn(
        "drawn_digits",
        N_("Drawn digits"),
        N_(
            "Handwritten-style digits of 28×28 grey pixels, drawn by the program: like MNIST, "
            "without a download."
        ),
        "digit",
        drawn_digits,
        3000,
    ),
    _drawn(
        "drawn_shapes",
        N_("Drawn shapes"),
        N_(
            "Circles, squares, triangles and other outlines of 28×28 grey pixels (or larger, or in "
            "colour), drawn with irregular lines."
        ),
        "shape",
        drawn_shapes,
        2000,
    ),
)
