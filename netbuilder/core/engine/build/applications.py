"""Networks of ``keras.applications`` as one layer each; see ``catalog.pretrained``.

``build_backbone`` makes the layer without its learned weights, in no time and without a network;
``load_backbone`` puts them in when a model is built.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling
from netbuilder.core.catalog.spec import LayerSpec
from netbuilder.core.engine.build.backbone_weights import load_backbone_weights, weights_path
from netbuilder.core.engine.build.keras_objects import first_line
from netbuilder.core.engine.download_progress import Tell, report_download
from netbuilder.core.errors import BuildError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Node

if TYPE_CHECKING:
    import keras

_OWN = ("alpha", "minimalistic")
_CAFFE_MEANS = (103.939, 116.779, 123.68)
_TORCH_MEANS = (0.485, 0.456, 0.406)
_TORCH_DEVIATIONS = (0.229, 0.224, 0.225)


def build_backbone(spec: LayerSpec, params: Mapping[str, Any], name: str | None) -> keras.Model:
    """The body with random weights, frozen unless ``trainable``; takes pixels from 0 to 255.

    Input shape: (batch, height, width, 3). Output: (batch, channels) with ``pooling``, else
    (batch, height, width, channels).
    """
    import keras

    inner = _application(spec.name, params, weights=None, name=f"{name or spec.name}_body")
    pixels = keras.Input((None, None, 3), name=f"{name or spec.name}_pixels")
    scaled = _preprocess(spec.name, params, pixels, name or spec.name)
    body = keras.Model(pixels, inner(scaled), name=name or spec.name)
    inner.trainable = bool(params.get("trainable", False))
    return body


def _application(kind: str, params: Mapping[str, Any], weights: Any, name: str) -> keras.Model:
    family = BACKBONES[kind]
    arguments: dict[str, Any] = {key: params[key] for key in _OWN if key in params}
    if family.scaling is PixelScaling.SWITCH:
        arguments["include_preprocessing"] = bool(params.get("preprocess", True))
    make = getattr(importlib.import_module("keras.applications"), kind)
    return make(
        include_top=False,
        weights=weights,
        input_shape=(None, None, 3),
        pooling=params.get("pooling"),
        name=name,
        **arguments,
    )


def _preprocess(kind: str, params: Mapping[str, Any], pixels: Any, name: str) -> Any:
    """Scale as the body's family was trained, with layers that open anywhere."""
    import keras
    import numpy as np

    scaling = BACKBONES[kind].scaling
    if not params.get("preprocess", True) or scaling in (PixelScaling.SWITCH, PixelScaling.ALWAYS):
        return pixels
    if scaling is PixelScaling.UNIT:
        return keras.layers.Rescaling(1 / 127.5, -1.0, name=f"{name}_scaling")(pixels)
    if scaling is PixelScaling.TORCH:
        scale = [1 / (255 * d) for d in _TORCH_DEVIATIONS]
        offset = [-m / d for m, d in zip(_TORCH_MEANS, _TORCH_DEVIATIONS, strict=True)]
        return keras.layers.Rescaling(scale, offset, name=f"{name}_scaling")(pixels)
    # Red and blue change places: a 1×1 convolution whose kernel swaps them, never trained.
    swap = keras.layers.Conv2D(3, 1, name=f"{name}_to_bgr", trainable=False)
    scaled = swap(pixels)
    swap.set_weights(
        [np.eye(3, dtype=np.float32)[::-1][None, None], -np.asarray(_CAFFE_MEANS, np.float32)]
    )
    return scaled


def load_backbone(
    layer: keras.Model, node: Node, base: Path | None, tell: Tell | None = None
) -> None:
    """Put learned weights into a body: those of ImageNet, or those in a file.

    Args:
        layer: what ``build_backbone`` made for ``node``.
        base: folder that ``weights_file`` is relative to.
        tell: is told, in words, how far a download is.

    Raises:
        BuildError: no network and not downloaded before, or a file that does not fit.
    """
    # Keras's own word for random weights is None.
    kind = node.params.get("weights", "imagenet") or "none"
    inner = next(part for part in layer.layers if part.name.endswith("_body"))
    if kind == "file":
        _load_file(inner, node, base)
    elif kind == "imagenet":
        try:
            with report_download(_("the weights of {layer}", layer=node.layer), tell):
                source = _application(node.layer, node.params, weights="imagenet", name="source")
        except Exception as error:
            raise BuildError(
                _(
                    "The weights of {layer} are not on this computer and could not be "
                    "downloaded: {reason}",
                    layer=node.layer,
                    reason=first_line(error),
                ),
                _(
                    "Connect to the internet once, or copy the file into the folder "
                    ".keras/models in your home folder, or set weights to 'file' or 'none'."
                ),
                code="weights_not_downloaded",
                node=node.id,
            ) from error
        inner.set_weights(source.get_weights())


def _load_file(inner: keras.Model, node: Node, base: Path | None) -> None:
    name = node.params.get("weights_file")
    if not name:
        raise BuildError(
            _(
                "{layer} '{name}' loads its weights from a file, but no file is chosen.",
                layer=node.layer,
                name=node.id,
            ),
            _("Choose the file, or set weights to 'imagenet' or 'none'."),
            code="weights_file_missing",
            node=node.id,
        )
    path = weights_path(str(name), base)
    try:
        if not path.is_file():
            raise FileNotFoundError(_("the file does not exist"))
        load_backbone_weights(inner, path)
    except Exception as error:
        raise BuildError(
            _(
                "The weights in '{path}' do not fit {layer}: {reason}",
                path=path,
                layer=node.layer,
                reason=first_line(error),
            ),
            _(
                "Choose a .weights.h5 of the same model, or a .h5 of a network that contains a "
                "{layer} of the same size.",
                layer=node.layer,
            ),
            code="weights_do_not_fit",
            node=node.id,
            path=str(path),
        ) from error
