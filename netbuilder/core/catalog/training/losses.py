"""Losses, by the names that project files use.

Left out: CTC, whose targets are lists of different lengths, which no kind of data here gives;
CategoricalGeneralizedCrossEntropy, since Keras 3.15.1 cannot open a .h5 compiled with it.
"""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.catalog_file import object_specs
from netbuilder.core.i18n import language

LOSSES: Final = object_specs("losses")


def loss_title(name: str) -> str:
    """The name of a loss in a sentence."""
    spec = LOSSES.get(name)
    title = spec.display_title if spec else name
    return title if language() == "de" else title.lower()  # German writes nouns with a capital
