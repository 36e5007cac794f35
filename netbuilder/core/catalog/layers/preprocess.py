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
from netbuilder.core.i18n import noop as N_

_PICTURE: Final = ("picture", "image")
_FIXED: Final = common_params(trainable=False)

_NUMBERS: Final = (
    LayerSpec(
        "Rescaling",
        Category.PREPROCESS,
        N_(
            "Multiplies by scale and adds offset: a scale of 1/255 brings pixels to between 0 "
            "and 1."
        ),
        (
            numbers(
                "scale", REQUIRED, N_("Factor for each number: 1/255 for pixels."),
                start=1 / 255,
            ),
            numbers("offset", 0.0, N_("The value that is added afterwards.")),
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
        N_("Subtracts the given mean and divides by the standard deviation."),
        (
            numbers("mean", None, N_("The mean that is subtracted."), start=0.0),
            numbers(
                "variance", None,
                N_("The variance: the standard deviation squared. Required with mean."),
                start=1.0,
            ),
            integers(
                "axis", -1, N_("Axis of the columns. Empty: one mean for all."), more=True,
                optional=True,
            ),
            flag("invert", False, N_("Convert back to the original units."), more=True),
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
        N_("Resizes pictures to a given size."),
        (
            integer("height", REQUIRED, N_("New height in pixels."), start=32),
            integer("width", REQUIRED, N_("New width in pixels."), start=32),
            choice(
                "interpolation", "bilinear",
                ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
                N_("How the values of new pixels are calculated."), more=True,
            ),
            flag(
                "crop_to_aspect_ratio", False, N_("Crop instead of stretching."), more=True
            ),
            flag(
                "pad_to_aspect_ratio", False, N_("Add a border instead of stretching."), more=True
            ),
            choice("fill_mode", "constant", ("constant",), N_("How the border is filled."),
                   more=True),
            number("fill_value", 0.0, N_("Colour of the border."), more=True),
            flag("antialias", False, N_("Smooth the picture when it becomes smaller."), more=True),
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
        N_("Crops pictures to their centre."),
        (
            integer("height", REQUIRED, N_("Height of the cropped picture in pixels."), start=24),
            integer("width", REQUIRED, N_("Width of the cropped picture in pixels."), start=24),
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
        N_("Stretches the contrast: the darkest pixel becomes black, the brightest white."),
        (VALUE_RANGE, *_FIXED),
        ranks=(4,),
        keywords=(*_PICTURE, "contrast"),
    ),
    LayerSpec(
        "ContrastLimitedAdaptiveHistogramEqualization",
        Category.PREPROCESS,
        N_("Evens out the contrast in each part of the picture (CLAHE)."),
        (
            VALUE_RANGE,
            number("clip_limit", 4.0, N_("Limits the contrast, so that noise is not amplified."),
                minimum=0.0),
            size("tile_grid_size", (8, 8), 2,
                N_("Number of parts the picture is divided into, down and across."), more=True),
            DATA_FORMAT,
            *_FIXED,
        ),
        telling=("clip_limit",),
        ranks=(4,),
        keywords=(*_PICTURE, "clahe", "histogram", "contrast"),
    ),
)  # fmt: skip

_WINDOW: Final = choice(
    "window", "hann", ("hann", "hamming"),
    N_("Window function that fades the ends of each segment. Empty: none."),
    more=True, optional=True,
)  # fmt: skip

_SOUND: Final = (
    LayerSpec(
        "MelSpectrogram",
        Category.PREPROCESS,
        N_(
            "Turns sound into a mel spectrogram: its pitches over time, spaced as the ear hears "
            "them."
        ),
        (
            integer("num_mel_bins", 128, N_("Number of pitches (mel bins)."), start=64),
            integer("sampling_rate", 16000, N_("Samples of the sound per second.")),
            integer("fft_length", 2048, N_("Samples in each segment."), start=512),
            integer("sequence_stride", 512,
                N_("Samples from the start of one segment to the next."), start=256),
            integer("sequence_length", None,
                N_("Samples covered by the window function. Empty: the whole segment."),
                    more=True),
            _WINDOW,
            number("min_freq", 20.0, N_("Lowest pitch in hertz."), minimum=0.0, more=True),
            number("max_freq", None, N_("Highest pitch. Empty: half the sampling rate."),
                   minimum=0.0, more=True),
            flag("power_to_db", True, N_("Return loudness in decibels."), more=True),
            number("top_db", 80.0, N_("Largest range in decibels: quieter values are cut off."),
                minimum=0.0,
                   more=True),
            number("mag_exp", 2.0, N_("1: magnitude, 2: power."), more=True),
            number("min_power", 1e-10, N_("Smallest power: quieter values are raised to it."),
                minimum=0.0, more=True),
            number("ref_power", 1.0, N_("The power that counts as 0 decibels."), minimum=0.0,
                more=True),
            *_FIXED,
        ),
        telling=("num_mel_bins",),
        ranks=(2,),
        keywords=("sound", "audio", "speech", "frequency", "fourier"),
    ),
    LayerSpec(
        "STFTSpectrogram",
        Category.PREPROCESS,
        N_("Turns a signal into a spectrogram: its frequencies over time."),
        (
            choice(
                "mode", "log", ("log", "magnitude", "psd", "real", "imag", "angle", "stft"),
                N_("Which value is returned for each frequency."),
            ),
            integer("frame_length", 256, N_("Samples in each segment.")),
            integer("frame_step", None,
                N_("Samples from the start of one segment to the next. Empty: half a segment."),
                    more=True),
            integer("fft_length", None,
                N_("Length of the Fourier transform, in samples. Empty: chosen from the segment."),
                    more=True),
            _WINDOW,
            flag("periodic", False, N_("Use a periodic window."), more=True),
            choice("scaling", "density", ("density", "spectrum"), N_("How the result is scaled."),
                more=True,
                   optional=True),
            choice("padding", "valid", ("valid", "same"), N_("same: pads both ends with zeros."),
                more=True),
            flag("expand_dims", False, N_("Return a picture with a channel axis."), more=True),
            DATA_FORMAT,
            *common_params(),
        ),
        telling=("mode", "frame_length"),
        ranks=(3,),
        keywords=("sound", "audio", "signal", "frequency", "fourier"),
    ),
)  # fmt: skip


ROWS: Final = (*_NUMBERS, *_PICTURES, *_SOUND)
