"""Rows: scaling, resizing, spectrograms of sound, and random changes of pictures in training."""

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
    integers,
    number,
    numbers,
    rate,
    size,
)
from netbuilder.core.catalog.spec import Category, LayerSpec, Param
from netbuilder.core.i18n import noop as N_

_KEYS: Final = ("augment", "augmentation", "picture", "image", "random")

_FILL_MODE: Final = choice(
    "fill_mode", "reflect", ("reflect", "wrap", "constant", "nearest"),
    N_(
        "How empty corners are filled: reflect (mirror image), wrap (opposite side), constant "
        "(one colour) or nearest (edge colour)."
    ),
    more=True,
)  # fmt: skip
_FILL_VALUE: Final = number(
    "fill_value", 0.0, N_("The fill colour when fill_mode is constant."), more=True
)
_INTERPOLATION: Final = choice(
    "interpolation", "bilinear", ("nearest", "bilinear"),
    N_("How the values of new pixels are calculated."),
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
        "RandomFlip", N_("Flips pictures at random."),
        choice(
            "mode", "horizontal_and_vertical",
            ("horizontal", "vertical", "horizontal_and_vertical"),
            N_("Flip left to right, top to bottom, or both."), start="horizontal",
        ),
        telling=("mode",), keywords=("mirror",), teaching=True,
    ),
    _row(
        "RandomRotation", N_("Rotates pictures by a random angle."),
        _factor(N_("Largest rotation as a share of a full turn: 0.1 is 36 degrees."), start=0.1,
            low=-1.0),
        *_MOVED,
        keywords=("turn", "angle"), teaching=True,
    ),
    _row(
        "RandomZoom", N_("Zooms pictures in or out at random."),
        _factor(
            N_(
                "Largest change of the height: 0.1 is 10%. Values above 0 zoom out, values below 0 "
                "zoom in."
            ),
            start=0.1, low=-1.0, name="height_factor",
        ),
        _factor(N_("Largest change of the width. Empty: the same as the height."), None, low=-1.0,
            name="width_factor"),
        *_MOVED,
        telling=("height_factor",), keywords=("larger", "smaller", "scale"),
    ),
    _row(
        "RandomTranslation", N_("Shifts pictures at random."),
        _factor(
            N_("Largest shift up or down: 0.1 is 10% of the height."), start=0.1, low=-1.0,
            name="height_factor",
        ),
        _factor(
            N_("Largest shift left or right: 0.1 is 10% of the width."), start=0.1, low=-1.0,
            name="width_factor",
        ),
        *_MOVED,
        telling=("height_factor", "width_factor"), keywords=("move", "shift"),
    ),
    _row(
        "RandomShear", N_("Slants pictures at random."),
        # Two numbers: with one, Keras 3.15.1 saves [-x, x], which it does not open again.
        numbers("x_factor", 0.0, N_("Smallest and largest horizontal slant, for example 0, 0.1."),
                minimum=0.0, maximum=1.0, start=(0.0, 0.1), length=2, listed=True),
        numbers("y_factor", 0.0, N_("Smallest and largest vertical slant, for example 0, 0.1."),
                minimum=0.0, maximum=1.0, length=2, listed=True),
        *_MOVED,
        telling=("x_factor", "y_factor"), keywords=("slant",),
    ),
    _row(
        "RandomPerspective",
        N_("Changes the perspective of pictures at random, as if seen from the side."),
        _factor(N_("Probability that a picture is changed."), 1.0),
        number("scale", 1.0, N_("How strong the tilt is."), minimum=0.0, maximum=1.0, start=0.3),
        _INTERPOLATION, _FILL_VALUE,
        telling=("factor", "scale"), keywords=("tilt",),
    ),
    _row(
        "RandomElasticTransform", N_("Distorts pictures at random, as if drawn on rubber."),
        _factor(N_("Probability that a picture is changed."), 1.0),
        numbers("scale", 1.0, N_("How strong the distortion is."), minimum=0.0),
        *_MOVED, VALUE_RANGE,
        telling=("factor", "scale"), keywords=("bend", "rubber", "warp"),
    ),
    _row(
        "RandomErasing", N_("Covers a random part of the picture."),
        _factor(N_("Probability that a picture is changed."), 1.0),
        numbers(
            "scale", (0.02, 0.33), N_("Smallest and largest share of the picture that is covered."),
            minimum=0.0,
            maximum=1.0,
        ),
        number("fill_value", None, N_("Colour of the covered part. Empty: random."), more=True),
        VALUE_RANGE,
        telling=("factor", "scale"), keywords=("cutout", "cover", "erase"),
    ),
)  # fmt: skip

_COLOUR: Final = (
    _row(
        "RandomBrightness", N_("Makes pictures lighter or darker at random."),
        _factor(N_("Largest change: 0.2 is 20%."), start=0.2, low=-1.0),
        VALUE_RANGE, keywords=("light", "dark", "colour"), data_format=False,
    ),
    _row(
        "RandomContrast", N_("Changes the contrast of pictures at random."),
        _factor(N_("Largest change: 0.2 is 20%."), start=0.2),
        VALUE_RANGE, keywords=("colour",), data_format=False,
    ),
    _row(
        "RandomHue", N_("Shifts the hue of pictures at random."),
        _factor(N_("Largest shift: 0 means no change."), start=0.1),
        VALUE_RANGE, keywords=("colour", "color"),
    ),
    _row(
        "RandomSaturation", N_("Changes the saturation of pictures at random."),
        _factor(N_("0 is grey, 0.5 is no change, 1 is the strongest colour."), start=(0.4, 0.6)),
        VALUE_RANGE, keywords=("colour", "color"),
    ),
    _row(
        "RandomSharpness", N_("Makes pictures sharper or softer at random."),
        _factor(N_("0 is blurred, 0.5 is no change, 1 is the sharpest."), start=(0.3, 0.7)),
        VALUE_RANGE, keywords=("sharp", "blur"),
    ),
    _row(
        "RandomColorDegeneration", N_("Removes colour from pictures at random."),
        _factor(N_("0 is no change, 1 is grey."), start=0.3),
        VALUE_RANGE, keywords=("colour", "grey", "gray"),
    ),
    _row(
        "RandomColorJitter", N_("Changes brightness, contrast, saturation and hue at random."),
        VALUE_RANGE,
        _factor(N_("Largest change of brightness."), None, 0.2, -1.0, name="brightness_factor"),
        _factor(N_("Largest change of contrast."), None, 0.2, name="contrast_factor"),
        _factor(N_("Saturation: 0.5 is no change."), None, name="saturation_factor"),
        _factor(N_("Largest shift of the hue."), None, name="hue_factor"),
        telling=("brightness_factor", "contrast_factor"), keywords=("colour", "color"),
    ),
    _row(
        "RandomGrayscale", N_("Converts some pictures to greyscale."),
        rate("factor", 0.5, N_("Share of the pictures that become greyscale.")),
        keywords=("colour", "grey", "gray"),
    ),
    _row(
        "RandomInvert", N_("Inverts the colours of some pictures."),
        _factor(N_("Probability that a picture is changed."), 1.0, start=0.2),
        VALUE_RANGE, keywords=("negative", "colour"),
    ),
    _row(
        "RandomPosterization", N_("Reduces the number of shades of each colour."),
        integer("factor", REQUIRED, N_("Bits kept per colour: 8 keeps all shades."), maximum=8,
            start=4),
        VALUE_RANGE, keywords=("shades", "colour"),
    ),
    _row(
        "Solarization", N_("Inverts bright pixels."),
        _factor(N_("Largest value that is added first."), 0.0, name="addition_factor"),
        _factor(N_("Only pixels brighter than this share of the value range change."), 0.0,
            start=0.5,
                name="threshold_factor"),
        VALUE_RANGE, telling=("threshold_factor",), keywords=("negative", "colour"),
        data_format=False,
    ),
    _row(
        "RandomGaussianBlur", N_("Blurs pictures at random."),
        _factor(N_("Probability that a picture is changed."), 1.0),
        size("kernel_size", 3, 2, N_("Width of the blur in pixels: an odd number.")),
        numbers("sigma", 1.0, N_("How strong the blur is."), minimum=0.0),
        VALUE_RANGE, telling=("factor", "kernel_size"), keywords=("soft",),
    ),
)  # fmt: skip

_MIXED: Final = (
    _row(
        "RandAugment", N_("Applies a few random changes to each picture."),
        VALUE_RANGE,
        integer("num_ops", 2, N_("How many changes each picture gets.")),
        rate("factor", 0.5, N_("How strong the changes are.")),
        _INTERPOLATION, telling=("num_ops", "factor"), keywords=("auto",),
    ),
    _row(
        "AugMix", N_("Mixes several changed copies of each picture."),
        VALUE_RANGE,
        integer("num_chains", 3, N_("How many copies are mixed.")),
        integer("chain_depth", 3, N_("Largest number of changes applied to each copy.")),
        rate("factor", 0.3, N_("How strong the changes are.")),
        number("alpha", 1.0, N_("How evenly the copies are mixed."), minimum=0.0, more=True),
        flag("all_ops", True, N_("Also use changes of colour."), more=True),
        _INTERPOLATION, telling=("num_chains", "factor"), keywords=("auto", "mix"),
    ),
)  # fmt: skip

AUGMENT_ROWS: Final = (*_PLACE, *_COLOUR, *_MIXED)


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
