"""Rows: layers that change pictures at random while training, and never afterwards."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.params import (
    DATA_FORMAT,
    REQUIRED,
    SEED,
    VALUE_RANGE,
    choice,
    common_params,
    flag,
    integer,
    number,
    numbers,
    rate,
    size,
)
from netbuilder.core.catalog.spec import Category, LayerSpec, Param

_KEYS: Final = ("augment", "augmentation", "picture", "image", "random")

_FILL_MODE: Final = choice(
    "fill_mode", "reflect", ("reflect", "wrap", "constant", "nearest"),
    "What fills the empty corners: a mirror image, the other side, one colour, the edge.",
    more=True,
)  # fmt: skip
_FILL_VALUE: Final = number(
    "fill_value", 0.0, "The colour that fills, with fill_mode constant.", more=True
)
_INTERPOLATION: Final = choice(
    "interpolation", "bilinear", ("nearest", "bilinear"), "How new pixels are worked out.",
    more=True,
)  # fmt: skip
_MOVED: Final = (_FILL_MODE, _INTERPOLATION, _FILL_VALUE)


def _factor(
    text: str, default: Any = REQUIRED, start: Any = None, low: float = 0.0, name: str = "factor"
) -> Param:
    return numbers(name, default, text, minimum=low, maximum=1.0, start=start, length=2)


def _row(
    name: str,
    text: str,
    *params: Param,
    telling: tuple[str, ...] = ("factor",),
    keywords: tuple[str, ...] = (),
    teaching: bool = False,
    seed: bool = True,
    data_format: bool = True,
) -> LayerSpec:
    rows = [*params]
    if seed:
        rows.append(SEED)
    if data_format:
        rows.append(DATA_FORMAT)
    return LayerSpec(
        name,
        Category.PREPROCESS,
        text,
        (*rows, *common_params(trainable=False)),
        telling=telling,
        ranks=(4,),
        teaching=teaching,
        keywords=_KEYS + keywords,
        augments=True,
    )


_PLACE: Final = (
    _row(
        "RandomFlip", "Mirrors pictures at random.",
        choice(
            "mode", "horizontal_and_vertical",
            ("horizontal", "vertical", "horizontal_and_vertical"),
            "Left and right, top and bottom, or both.", start="horizontal",
        ),
        telling=("mode",), keywords=("mirror",), teaching=True,
    ),
    _row(
        "RandomRotation", "Turns pictures by a random angle.",
        _factor("Largest turn as a share of a full one: 0.1 is 36 degrees.", start=0.1, low=-1.0),
        *_MOVED,
        keywords=("turn", "angle"), teaching=True,
    ),
    _row(
        "RandomZoom", "Makes pictures larger or smaller at random.",
        _factor(
            "Largest change: 0.1 is 10 %; above 0 makes smaller, below 0 larger.",
            start=0.1, low=-1.0, name="height_factor",
        ),
        _factor("The same across. Empty: as the height.", None, low=-1.0, name="width_factor"),
        *_MOVED,
        telling=("height_factor",), keywords=("larger", "smaller", "scale"),
    ),
    _row(
        "RandomTranslation", "Moves pictures at random.",
        _factor(
            "Largest move up or down: 0.1 is 10 % of the height.", start=0.1, low=-1.0,
            name="height_factor",
        ),
        _factor(
            "Largest move left or right: 0.1 is 10 % of the width.", start=0.1, low=-1.0,
            name="width_factor",
        ),
        *_MOVED,
        telling=("height_factor", "width_factor"), keywords=("move", "shift"),
    ),
    _row(
        "RandomShear", "Slants pictures at random.",
        # Two numbers: with one, Keras 3.15.1 saves [-x, x], which it does not open again.
        numbers("x_factor", 0.0, "Least and largest slant to the side, as 0, 0.1.",
                minimum=0.0, maximum=1.0, start=(0.0, 0.1), length=2, listed=True),
        numbers("y_factor", 0.0, "Least and largest slant up or down, as 0, 0.1.",
                minimum=0.0, maximum=1.0, length=2, listed=True),
        *_MOVED,
        telling=("x_factor", "y_factor"), keywords=("slant",),
    ),
    _row(
        "RandomPerspective", "Tilts pictures at random, as seen from the side.",
        _factor("How likely a picture is changed.", 1.0),
        number("scale", 1.0, "How strong the tilt is.", minimum=0.0, maximum=1.0, start=0.3),
        _INTERPOLATION, _FILL_VALUE,
        telling=("factor", "scale"), keywords=("tilt",),
    ),
    _row(
        "RandomElasticTransform", "Bends pictures at random, as rubber.",
        _factor("How likely a picture is changed.", 1.0),
        numbers("scale", 1.0, "How strong it bends.", minimum=0.0),
        *_MOVED, VALUE_RANGE,
        telling=("factor", "scale"), keywords=("bend", "rubber", "warp"),
    ),
    _row(
        "RandomErasing", "Covers a random part of the picture.",
        _factor("How likely a picture is changed.", 1.0),
        numbers(
            "scale", (0.02, 0.33), "Smallest and largest share that is covered.", minimum=0.0,
            maximum=1.0,
        ),
        number("fill_value", None, "Colour of the cover. Empty: random.", more=True),
        VALUE_RANGE,
        telling=("factor", "scale"), keywords=("cutout", "cover", "erase"),
    ),
)  # fmt: skip

_COLOUR: Final = (
    _row(
        "RandomBrightness", "Makes pictures lighter or darker at random.",
        _factor("Largest change: 0.2 is 20 %.", start=0.2, low=-1.0),
        VALUE_RANGE, keywords=("light", "dark", "colour"), data_format=False,
    ),
    _row(
        "RandomContrast", "Changes the contrast of pictures at random.",
        _factor("Largest change: 0.2 is 20 %.", start=0.2),
        VALUE_RANGE, keywords=("colour",), data_format=False,
    ),
    _row(
        "RandomHue", "Shifts the colours of pictures at random.",
        _factor("Largest shift: 0 is none.", start=0.1),
        VALUE_RANGE, keywords=("colour", "color"),
    ),
    _row(
        "RandomSaturation", "Makes colours stronger or paler at random.",
        _factor("0 is grey, 0.5 no change, 1 strongest.", start=(0.4, 0.6)),
        VALUE_RANGE, keywords=("colour", "color"),
    ),
    _row(
        "RandomSharpness", "Makes pictures sharper or softer at random.",
        _factor("0 is blurred, 0.5 no change, 1 sharpest.", start=(0.3, 0.7)),
        VALUE_RANGE, keywords=("sharp", "blur"),
    ),
    _row(
        "RandomColorDegeneration", "Takes colour away at random.",
        _factor("0 is no change, 1 is grey.", start=0.3),
        VALUE_RANGE, keywords=("colour", "grey", "gray"),
    ),
    _row(
        "RandomColorJitter", "Changes brightness, contrast, saturation and hue at random.",
        VALUE_RANGE,
        _factor("Largest change of brightness.", None, 0.2, -1.0, name="brightness_factor"),
        _factor("Largest change of contrast.", None, 0.2, name="contrast_factor"),
        _factor("Saturation: 0.5 is no change.", None, name="saturation_factor"),
        _factor("Largest shift of the colours.", None, name="hue_factor"),
        telling=("brightness_factor", "contrast_factor"), keywords=("colour", "color"),
    ),
    _row(
        "RandomGrayscale", "Makes some pictures grey.",
        rate("factor", 0.5, "Share of the pictures that become grey."),
        keywords=("colour", "grey", "gray"),
    ),
    _row(
        "RandomInvert", "Turns some pictures into their negative.",
        _factor("How likely a picture is changed.", 1.0, start=0.2),
        VALUE_RANGE, keywords=("negative", "colour"),
    ),
    _row(
        "RandomPosterization", "Leaves only a few shades of each colour.",
        integer("factor", REQUIRED, "Bits that are kept: 8 is all.", maximum=8, start=4),
        VALUE_RANGE, keywords=("shades", "colour"),
    ),
    _row(
        "Solarization", "Turns bright pixels into their negative.",
        _factor("What is added first, at most.", 0.0, name="addition_factor"),
        _factor("Only pixels above this share change.", 0.0, start=0.5,
                name="threshold_factor"),
        VALUE_RANGE, telling=("threshold_factor",), keywords=("negative", "colour"),
        data_format=False,
    ),
    _row(
        "RandomGaussianBlur", "Blurs pictures at random.",
        _factor("How likely a picture is changed.", 1.0),
        size("kernel_size", 3, 2, "Width of the blur in pixels: an odd number."),
        numbers("sigma", 1.0, "How strong the blur is.", minimum=0.0),
        VALUE_RANGE, telling=("factor", "kernel_size"), keywords=("soft",),
    ),
)  # fmt: skip

_MIXED: Final = (
    _row(
        "RandAugment", "Picks a few changes at random for each picture.",
        VALUE_RANGE,
        integer("num_ops", 2, "How many changes each picture gets."),
        rate("factor", 0.5, "How strong they are."),
        _INTERPOLATION, telling=("num_ops", "factor"), keywords=("auto",),
    ),
    _row(
        "AugMix", "Mixes several changed copies of each picture.",
        VALUE_RANGE,
        integer("num_chains", 3, "How many copies are mixed."),
        integer("chain_depth", 3, "Most changes that a copy gets."),
        rate("factor", 0.3, "How strong they are."),
        number("alpha", 1.0, "How evenly they are mixed.", minimum=0.0, more=True),
        flag("all_ops", True, "Also changes colours.", more=True),
        _INTERPOLATION, telling=("num_chains", "factor"), keywords=("auto", "mix"),
    ),
)  # fmt: skip

ROWS: Final = (*_PLACE, *_COLOUR, *_MIXED)
