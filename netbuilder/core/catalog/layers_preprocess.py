"""Rows: scaling, resizing, categories and text."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import (
    REQUIRED,
    common,
    numbers,
)
from netbuilder.core.catalog.spec import Category, LayerSpec

ROWS: Final = (
    LayerSpec(
        "Rescaling",
        Category.PREPROCESS,
        "Multiplies by scale and adds offset: 1/255 brings pixels between 0 and 1.",
        (
            numbers(
                "scale", REQUIRED, "What each number is multiplied by: 1/255 for pixels.",
                start=1 / 255,
            ),
            numbers("offset", 0.0, "What is added afterwards."),
            *common(trainable=False),
        ),
        telling=("scale",),
        teaching=True,
        keywords=("scale", "normalise", "normalize", "pixels", "255"),
    ),
)  # fmt: skip
