"""Rows: pretrained networks without their last layers, as one node each.

Their parameters are not Keras's one by one:

- ``weights``: "included" (NetBuilder has them), "imagenet" (downloaded once, then kept), "file"
  (``weights_file``), or "none";
- ``include_top`` is always False, ``input_shape`` comes from the wire;
- ``trainable``: the whole body is frozen unless this is on (Keras's own default is on);
- ``trainable_blocks``: with ``trainable``, only so many of the last blocks are trained;
- ``preprocess``: the scaling of pixels that the weights were learned with, see ``PixelScaling``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from netbuilder.core.catalog.params import choice, flag, integer, number, param
from netbuilder.core.catalog.spec import Category, Kind, LayerSpec, Param
from netbuilder.core.i18n import noop as N_


class PixelScaling(StrEnum):
    """How a family scales its pixels, which come in as 0 to 255, RGB.

    ``UNIT``: x / 127.5 - 1. ``CAFFE``: RGB to BGR, minus the means (103.939, 116.779, 123.68).
    ``TORCH``: x / 255, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225): the modes
    of ``keras.applications.imagenet_utils.preprocess_input``. ``SWITCH``: layers inside the body,
    by its argument ``include_preprocessing``. ``ALWAYS``: layers inside that cannot be left out.
    """

    UNIT = "tf"
    CAFFE = "caffe"
    TORCH = "torch"
    SWITCH = "switch"
    ALWAYS = "always"


@dataclass(frozen=True)
class BackboneSpec:
    """What the engine must know about a body besides its row.

    ``smallest``: least height and width of its pictures. ``family``: its module in
    ``keras.applications``, "" where it has none. ``included``: its file in ``resources/weights``.
    ``shape``: of its input, without the batch axis.
    """

    scaling: PixelScaling
    family: str
    smallest: int = 32
    included: str = ""
    shape: tuple[int | None, ...] = (None, None, 3)


_WEIGHTS: Final = choice(
    "weights", "imagenet", ("imagenet", "file", "none"),
    N_(
        "imagenet: pretrained on a million photos, downloaded once; file: your own weights; "
        "none: random weights."
    ),
    start="imagenet",
    optional=True,  # None is Keras's own word for "none"
)  # fmt: skip
_INCLUDED: Final = choice(
    "weights", "included", ("included", "file", "none"),
    N_(
        "included: pretrained on a million photos (ImageNet), works offline; file: your own "
        "weights; none: random weights."
    ),
    start="included",
    optional=True,
)  # fmt: skip
_FILE: Final = param(
    "weights_file",
    Kind.FILE,
    None,
    N_(
        "When weights is file: a .weights.h5 of this model, or a .h5 of a network that contains it."
    ),
)
_POOLING: Final = choice(
    "pooling", None, ("avg", "max"),
    N_("avg, max: one number for each channel. Empty: the feature maps as they are."),
    start="avg",
)  # fmt: skip
_TRAINABLE: Final = flag(
    "trainable",
    False,
    N_("On: the pretrained weights are trained too (slow). Off: they are frozen."),
)
_BLOCKS: Final = integer(
    "trainable_blocks", None,
    N_(
        "When trainable is on: train only so many of the last blocks (fine-tuning). Empty: all "
        "of them."
    ),
    maximum=16,
    more=True,
)  # fmt: skip
_PREPROCESS: Final = flag(
    "preprocess", True,
    N_("Scales pixels from 0–255 to the range that these weights were trained with."),
)  # fmt: skip
_MINIMALISTIC: Final = flag(
    "minimalistic", False, N_("Use only basic operations, for the smallest devices."), more=True
)


def _alpha(help_: str) -> Param:
    return number("alpha", 1.0, help_, minimum=0.1, maximum=2.0, more=True)


_ALPHA: Final = _alpha(
    N_(
        "Width of the network: 0.5 has half as many filters. imagenet weights exist for some "
        "widths only."
    )
)

# name, family, scaling, millions of weights (measured with include_top=False), what it is
_LITE: Final = "EfficientNetLite0"
_Entry = tuple[str, str, PixelScaling, float, str]
_S = PixelScaling
_TABLE: Final[tuple[_Entry, ...]] = (
    (_LITE, "", _S.ALWAYS, 3.4,
        N_("Its weights come with NetBuilder: the best choice for few photos.")),
    ("MobileNetV2", "mobilenet_v2", _S.UNIT, 2.3, N_("Small and fast: a good first choice.")),
    ("MobileNetV3Small", "mobilenet_v3", _S.SWITCH, 0.9, N_("The smallest and fastest.")),
    ("MobileNetV3Large", "mobilenet_v3", _S.SWITCH, 3.0, N_("Small, fast and better than V2.")),
    ("MobileNet", "mobilenet", _S.UNIT, 3.2, N_("The first of its family, made for phones.")),
    ("EfficientNetB0", "efficientnet", _S.ALWAYS, 4.0,
        N_("Accurate for its small number of weights.")),
    ("EfficientNetB1", "efficientnet", _S.ALWAYS, 6.6, N_("B0, a little larger.")),
    ("EfficientNetB2", "efficientnet", _S.ALWAYS, 7.8, N_("B1, a little larger.")),
    ("EfficientNetB3", "efficientnet", _S.ALWAYS, 10.8, N_("B2, a little larger.")),
    ("EfficientNetB4", "efficientnet", _S.ALWAYS, 17.7, N_("B3, larger.")),
    ("EfficientNetB5", "efficientnet", _S.ALWAYS, 28.5, N_("B4, larger.")),
    ("EfficientNetB6", "efficientnet", _S.ALWAYS, 41.0, N_("B5, larger.")),
    ("EfficientNetB7", "efficientnet", _S.ALWAYS, 64.1, N_("The largest of its family.")),
    ("EfficientNetV2B0", "efficientnet_v2", _S.SWITCH, 5.9,
        N_("An EfficientNet that trains faster.")),
    ("EfficientNetV2B1", "efficientnet_v2", _S.SWITCH, 6.9, N_("V2B0, a little larger.")),
    ("EfficientNetV2B2", "efficientnet_v2", _S.SWITCH, 8.8, N_("V2B1, a little larger.")),
    ("EfficientNetV2B3", "efficientnet_v2", _S.SWITCH, 12.9, N_("V2B2, a little larger.")),
    ("EfficientNetV2S", "efficientnet_v2", _S.SWITCH, 20.3,
        N_("EfficientNetV2 for large pictures, small.")),
    ("EfficientNetV2M", "efficientnet_v2", _S.SWITCH, 53.2,
        N_("EfficientNetV2 for large pictures, medium.")),
    ("EfficientNetV2L", "efficientnet_v2", _S.SWITCH, 117.7,
        N_("EfficientNetV2 for large pictures, large.")),
    ("ResNet50", "resnet", _S.CAFFE, 23.6,
        N_("The classic network with skip connections, 50 layers deep.")),
    ("ResNet101", "resnet", _S.CAFFE, 42.7, N_("ResNet, 101 layers deep.")),
    ("ResNet152", "resnet", _S.CAFFE, 58.4, N_("ResNet, 152 layers deep.")),
    ("ResNet50V2", "resnet_v2", _S.UNIT, 23.6, N_("ResNet50 with an improved order of layers.")),
    ("ResNet101V2", "resnet_v2", _S.UNIT, 42.6, N_("ResNet101 with an improved order of layers.")),
    ("ResNet152V2", "resnet_v2", _S.UNIT, 58.3, N_("ResNet152 with an improved order of layers.")),
    ("VGG16", "vgg16", _S.CAFFE, 14.7, N_("Simple and easy to inspect, 16 layers; slow.")),
    ("VGG19", "vgg19", _S.CAFFE, 20.0, N_("Simple, 19 layers; slow.")),
    ("DenseNet121", "densenet", _S.TORCH, 7.0,
        N_("Each layer receives the outputs of all layers before it, 121 layers deep.")),
    ("DenseNet169", "densenet", _S.TORCH, 12.6,
        N_("Each layer receives the outputs of all layers before it, 169 layers deep.")),
    ("DenseNet201", "densenet", _S.TORCH, 18.3,
        N_("Each layer receives the outputs of all layers before it, 201 layers deep.")),
    ("InceptionV3", "inception_v3", _S.UNIT, 21.8, N_("Filters of several sizes at once.")),
    ("InceptionResNetV2", "inception_resnet_v2", _S.UNIT, 54.3,
        N_("Inception with skip connections.")),
    ("Xception", "xception", _S.UNIT, 20.9, N_("Inception built from separable convolutions.")),
    ("NASNetMobile", "nasnet", _S.UNIT, 4.3, N_("Designed by an automatic search, small.")),
    ("NASNetLarge", "nasnet", _S.UNIT, 84.9, N_("Designed by an automatic search, large.")),
    ("ConvNeXtTiny", "convnext", _S.SWITCH, 27.8, N_("A modern convolutional network, tiny.")),
    ("ConvNeXtSmall", "convnext", _S.SWITCH, 49.5, N_("A modern convolutional network, small.")),
    ("ConvNeXtBase", "convnext", _S.SWITCH, 87.6, N_("A modern convolutional network, medium.")),
    ("ConvNeXtLarge", "convnext", _S.SWITCH, 196.2, N_("A modern convolutional network, large.")),
    ("ConvNeXtXLarge", "convnext", _S.SWITCH, 348.1,
        N_("A modern convolutional network, very large.")),
)  # fmt: skip

# Stacks of pooling without padding need larger pictures.
_SMALLEST: Final = {"inception_v3": 75, "inception_resnet_v2": 75, "xception": 71}
_TEACHING: Final = (_LITE, "MobileNetV2")
_LITE_MODULE: Final = "netbuilder.core.engine.build.efficientnet_lite"
_LITE_WEIGHTS: Final = "efficientnet_lite0.weights.h5"
_SPEECH: Final = "SpeechEmbedding"

BACKBONES: Final[Mapping[str, BackboneSpec]] = MappingProxyType(
    {_SPEECH: BackboneSpec(_S.ALWAYS, "", 0, "speech_embedding.weights.h5", (None, 32))}
    | {
        name: BackboneSpec(
            scaling, family, _SMALLEST.get(family, 32), _LITE_WEIGHTS if name == _LITE else ""
        )
        for name, family, scaling, _, _ in _TABLE
    }
)
"""What the engine must know about each pretrained model, by name."""


def _own(family: str) -> tuple[Param, ...]:
    if not family:
        return (_BLOCKS,)
    if family in ("mobilenet", "mobilenet_v2"):
        return (_ALPHA,)
    if family == "mobilenet_v3":
        return (_ALPHA, _MINIMALISTIC)
    return ()


def _row(name: str, family: str, scaling: PixelScaling, millions: float, text: str) -> LayerSpec:
    preprocess = () if scaling is PixelScaling.ALWAYS else (_PREPROCESS,)
    return LayerSpec(
        name,
        Category.PRETRAINED,
        text,
        (
            _WEIGHTS if family else _INCLUDED,
            _FILE,
            _POOLING,
            _TRAINABLE,
            *preprocess,
            *_own(family),
        ),
        telling=("weights", "pooling"),
        ranks=(4,),
        teaching=name in _TEACHING,
        keywords=("pretrained", "transfer", "imagenet", "backbone", "picture", "image", "body"),
        module="keras.applications" if family else _LITE_MODULE,
        million_weights=millions,
        smallest_picture=BACKBONES[name].smallest,
    )


_SPEECH_WEIGHTS: Final = replace(
    _INCLUDED,
    help=N_(
        "included: pretrained on speech, works offline; file: your own weights; none: random "
        "weights."
    ),
)
_SPEECH_ROW: Final = LayerSpec(
    _SPEECH,
    Category.PRETRAINED,
    N_(
        "Describes spoken words: 96 numbers for each 0.08 s, from the speech mel bands of a sound. "
        "Its weights come with NetBuilder."
    ),
    (_SPEECH_WEIGHTS, _FILE, _POOLING, _TRAINABLE),
    telling=("weights", "pooling"),
    ranks=(3,),
    teaching=True,
    keywords=("pretrained", "transfer", "backbone", "sound", "voice", "word", "audio"),
    module="netbuilder.core.engine.build.speech_embedding",
    million_weights=0.3,
)

ROWS: Final = (*(_row(*entry) for entry in _TABLE), _SPEECH_ROW)
