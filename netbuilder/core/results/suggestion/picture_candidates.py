"""Networks for pictures: a pretrained backbone for photos, a small CNN for other pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds.images.picture_files import decode_pictures
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.registry import kind_of
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Project
from netbuilder.core.results.suggestion.candidate import (
    Candidate,
    Layer,
    chain,
    default_training,
    dropout,
)

#: Height and width of photos: on 128 pixels two of a hundred predictions are worse, on 224 as
#: many are better in twice the time.
PHOTO_SIZE = 160
_SMALL = 48
#: More small pictures than these teach a small CNN as much, in less time.
_MANY_SMALL = 5_000
_INSPECTED = 40
#: Difference between the largest and the smallest of red, green and blue, 0 to 255, from which on
#: a pixel has a colour; share of such pixels from which on a set has colours.
_CHROMA, _COLOURED = 24, 0.02
#: A drawing is grey, and so much of it is nearly black or nearly white.
_INK, _DRAWN = 32, 0.85


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    reasons: list[str] = []
    takes_size = any(option.name == "image_size" for option in kind_of(project.data).options)
    if takes_size and _are_photos(project, facts, base, reasons):
        return (_backbone(project, facts, reasons),)
    return (small_cnn(project, facts, reasons),)


def small_cnn(project: Project, facts: DataFacts, reasons: list[str]) -> Candidate:
    """Return a network of few convolutions, all of it trained."""
    shape = next(iter(facts.input_shapes.values()))
    layers = _picture_layers(facts, shape, reasons)
    training = default_training(facts, reasons)
    return chain("cnn", _("a small CNN"), project, layers, training, reasons)


def _backbone(project: Project, facts: DataFacts, reasons: list[str]) -> Candidate:
    """A frozen EfficientNetLite0 and a last layer: what few photos can teach."""
    data = project.data
    options = {"image_size": [PHOTO_SIZE, PHOTO_SIZE], **data.options}
    reasons.append(
        _(
            "EfficientNetLite0: its weights were pretrained on a million photos and are frozen, "
            "so only the last layer is trained."
        )
    )
    if "image_size" not in data.options:
        reasons.append(
            _(
                "The images are scaled to {size} pixels: the backbone recognises more in them "
                "than in smaller ones.",
                size=PHOTO_SIZE,
            )
        )
    layers: list[Layer] = [("EfficientNetLite0", {"pooling": "avg"}), *dropout(facts, 0.2, reasons)]
    project = replace(project, data=replace(data, options=options))
    # The last layer alone has learned after few epochs.
    training = default_training(facts, reasons, most_epochs=60, patience=10)
    return chain("backbone", _("a pretrained backbone"), project, layers, training, reasons)


def _are_photos(project: Project, facts: DataFacts, base: Path, reasons: list[str]) -> bool:
    """Whether a set of picture files is none of drawings or of small grey pictures."""
    from PIL import Image

    if project.data.options.get("color_mode") == "grayscale":
        return False
    files = next(iter(prepare_data(project, base).samples.arrays.values()))
    files = files[:: -(-len(files) // _INSPECTED)]
    sides = []
    for file in files:
        with Image.open(file) as picture:
            sides.append(max(picture.size))
    pixels = decode_pictures(files, (64, 64, 3)).astype(np.int16)
    coloured = float(np.mean(np.ptp(pixels, axis=-1) > _CHROMA)) > _COLOURED
    is_small = float(np.median(sides)) <= _SMALL
    if is_small and facts.rows > _MANY_SMALL:
        reasons.append(_("A small CNN: there are many images, and they are small."))
        return False
    if coloured:
        return True
    inked = float(np.mean((pixels < _INK) | (pixels > 255 - _INK))) > _DRAWN
    if inked:
        reasons.append(_("A small CNN: the images are drawings, not photos."))
    elif is_small:
        reasons.append(
            _("A small CNN: the images are grey and have at most {size} pixels.", size=_SMALL)
        )
    return not (inked or is_small)


def _picture_layers(facts: DataFacts, shape: tuple[Any, ...], reasons: list[str]) -> list[Layer]:
    side = min(size for size in shape[:2] if size) if all(shape[:2]) else 32
    blocks = 1 if side < 16 else 2 if side < 48 else 3
    layers: list[Layer] = []
    for block in range(blocks):
        filters = 32 * 2**block
        conv = {"filters": filters, "kernel_size": 3, "activation": "relu", "padding": "same"}
        layers += [("Conv2D", conv), ("MaxPooling2D", {})]
    reasons.append(
        ngettext(
            "{count} convolution with pooling, which halves the {height}×{width} picture.",
            "{count} convolutions with pooling, each of which halves the {height}×{width} picture.",
            blocks,
            height=shape[0],
            width=shape[1],
        )
    )
    layers += [("Flatten", {}), ("Dense", {"units": 64, "activation": "relu"})]
    return [*layers, *dropout(facts, 0.3, reasons)]
