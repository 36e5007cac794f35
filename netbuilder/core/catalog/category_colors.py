"""The colour of each category of layers, the same on the canvas, in pictures and on paper."""

from __future__ import annotations

from netbuilder.core.catalog.spec import Category

#: Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind eyes.
CATEGORY_COLORS: dict[Category, str] = {
    Category.INPUT: "#56B4E9",
    Category.CORE: "#0072B2",
    Category.CONVOLUTION: "#E69F00",
    Category.RECURRENT: "#009E73",
    Category.REGULARIZE: "#CC79A7",
    Category.MERGE: "#D55E00",
    Category.SHAPE: "#8A93A3",
    Category.PREPROCESS: "#B3A400",
    Category.PRETRAINED: "#6F4FA8",
}
