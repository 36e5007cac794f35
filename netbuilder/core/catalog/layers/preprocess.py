"""Rows: scaling, resizing and spectrograms of sound."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import (
    DATA_FORMAT,
    REQUIRED,
    VALUE_RANGE,
    choice,
    common_params,
    flag,
    integer,
    integers,
    number,
    numbers,
    size,
)
from netbuilder.core.catalog.spec import Category, LayerSpec

_PICTURE: Final = ("picture", "image")
_FIXED: Final = common_params(trainable=False)

_NUMBERS: Final = (
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
            *_FIXED,
        ),
        telling=("scale",),
        teaching=True,
        keywords=("scale", "normalise", "normalize", "pixels", "255"),
        keeps_units=True,
        scales=True,
    ),
    LayerSpec(
        "Normalization",
        Category.PREPROCESS,
        "Takes a mean away and divides by the spread that you give.",
        (
            numbers("mean", None, "The mean that is taken away.", start=0.0),
            numbers(
                "variance", None, "The variance: the spread squared. Needed with mean.",
                start=1.0,
            ),
            integers(
                "axis", -1, "Axis of the columns. Empty: one mean for all.", more=True,
                optional=True,
            ),
            flag("invert", False, "The way back: gives original units again.", more=True),
            *_FIXED,
        ),
        telling=("mean", "variance"),
        keywords=("normalise", "normalize", "standardise", "scale", "z-score"),
        scales=True,
    ),
)  # fmt: skip

_PICTURES: Final = (
    LayerSpec(
        "Resizing",
        Category.PREPROCESS,
        "Brings pictures to the size that you want.",
        (
            integer("height", REQUIRED, "New height in pixels.", start=32),
            integer("width", REQUIRED, "New width in pixels.", start=32),
            choice(
                "interpolation", "bilinear",
                ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
                "How new pixels are worked out.", more=True,
            ),
            flag(
                "crop_to_aspect_ratio", False, "Cuts instead of stretching.", more=True
            ),
            flag(
                "pad_to_aspect_ratio", False, "Adds a border instead of stretching.", more=True
            ),
            choice("fill_mode", "constant", ("constant",), "How the border is filled.",
                   more=True),
            number("fill_value", 0.0, "Colour of the border.", more=True),
            flag("antialias", False, "Smooths when it makes smaller.", more=True),
            DATA_FORMAT,
            *_FIXED,
        ),
        telling=("height", "width"),
        ranks=(4,),
        keywords=(*_PICTURE, "resize", "smaller", "larger", "scale"),
    ),
    LayerSpec(
        "CenterCrop",
        Category.PREPROCESS,
        "Cuts the middle of the picture out.",
        (
            integer("height", REQUIRED, "Height of the part, in pixels.", start=24),
            integer("width", REQUIRED, "Width of the part, in pixels.", start=24),
            DATA_FORMAT,
            *_FIXED,
        ),
        telling=("height", "width"),
        ranks=(4,),
        keywords=(*_PICTURE, "cut", "middle"),
    ),
    LayerSpec(
        "AutoContrast",
        Category.PREPROCESS,
        "Stretches the contrast: the darkest becomes black, the brightest white.",
        (VALUE_RANGE, *_FIXED),
        ranks=(4,),
        keywords=(*_PICTURE, "contrast"),
    ),
    LayerSpec(
        "ContrastLimitedAdaptiveHistogramEqualization",
        Category.PREPROCESS,
        "Spreads the shades evenly in each part of the picture (CLAHE).",
        (
            VALUE_RANGE,
            number("clip_limit", 4.0, "Keeps noise from growing.", minimum=0.0),
            size("tile_grid_size", (8, 8), 2, "How many parts the picture has.", more=True),
            DATA_FORMAT,
            *_FIXED,
        ),
        telling=("clip_limit",),
        ranks=(4,),
        keywords=(*_PICTURE, "clahe", "histogram", "contrast"),
    ),
)  # fmt: skip

_WINDOW: Final = choice(
    "window", "hann", ("hann", "hamming"), "How the ends of a piece fade. Empty: not at all.",
    more=True, optional=True,
)  # fmt: skip

_SOUND: Final = (
    LayerSpec(
        "MelSpectrogram",
        Category.PREPROCESS,
        "Turns sound into a picture of its pitches over time, as the ear hears them.",
        (
            integer("num_mel_bins", 128, "How many pitches.", start=64),
            integer("sampling_rate", 16000, "Samples of the sound per second."),
            integer("fft_length", 2048, "Samples in one piece.", start=512),
            integer("sequence_stride", 512, "Samples between two pieces.", start=256),
            integer("sequence_length", None, "Samples that are weighed. Empty: the piece.",
                    more=True),
            _WINDOW,
            number("min_freq", 20.0, "Lowest pitch in hertz.", minimum=0.0, more=True),
            number("max_freq", None, "Highest pitch. Empty: half the sampling rate.",
                   minimum=0.0, more=True),
            flag("power_to_db", True, "Loudness in decibels.", more=True),
            number("top_db", 80.0, "Quieter than this below the loudest is cut.", minimum=0.0,
                   more=True),
            number("mag_exp", 2.0, "1: magnitude, 2: power.", more=True),
            number("min_power", 1e-10, "The quietest power.", minimum=0.0, more=True),
            number("ref_power", 1.0, "The power of 0 decibels.", minimum=0.0, more=True),
            *_FIXED,
        ),
        telling=("num_mel_bins",),
        ranks=(2,),
        keywords=("sound", "audio", "speech", "frequency", "fourier"),
    ),
    LayerSpec(
        "STFTSpectrogram",
        Category.PREPROCESS,
        "Turns a signal into a picture of its frequencies over time.",
        (
            choice(
                "mode", "log", ("log", "magnitude", "psd", "real", "imag", "angle", "stft"),
                "What is shown of each frequency.",
            ),
            integer("frame_length", 256, "Samples in one piece."),
            integer("frame_step", None, "Samples between two pieces. Empty: half a piece.",
                    more=True),
            integer("fft_length", None, "Frequencies. Empty: as many as fit the piece.",
                    more=True),
            _WINDOW,
            flag("periodic", False, "The window repeats.", more=True),
            choice("scaling", "density", ("density", "spectrum"), "How it is scaled.", more=True,
                   optional=True),
            choice("padding", "valid", ("valid", "same"), "same: zeros at the ends.", more=True),
            flag("expand_dims", False, "Gives a picture with channels.", more=True),
            DATA_FORMAT,
            *common_params(),
        ),
        telling=("mode", "frame_length"),
        ranks=(3,),
        keywords=("sound", "audio", "signal", "frequency", "fourier"),
    ),
)  # fmt: skip


ROWS: Final = (*_NUMBERS, *_PICTURES, *_SOUND)
