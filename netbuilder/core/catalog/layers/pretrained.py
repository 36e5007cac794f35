"""Pretrained networks without their last layers, as one node each.

Their parameters are not Keras's one by one:

- weights: "included" (NetBuilder has them), "imagenet" (downloaded once, then kept), "file"
  (weights_file), or "none";
- include_top is always False, input_shape comes from the wire;
- trainable: the whole body is frozen unless this is on (Keras's own default is on);
- trainable_blocks: with trainable, only so many of the last blocks are trained;
- preprocess: the scaling of pixels that the weights were learned with, see ``PixelScaling``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from netbuilder.core.catalog.catalog_file import backbone_rows


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


BACKBONES: Final[Mapping[str, BackboneSpec]] = MappingProxyType(
    {
        name: BackboneSpec(**row | {"scaling": PixelScaling(row["scaling"])})
        for name, row in backbone_rows().items()
    }
)
"""What the engine must know about each pretrained model, by name."""
