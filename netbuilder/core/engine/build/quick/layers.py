"""All that lets the layers of a network train faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netbuilder.core.engine.build.quick import noise, pooled, recurrent

if TYPE_CHECKING:
    import keras


def quicken(model: keras.Model) -> keras.Model:
    """Let ``model`` train by the forms here, where they cover what its layers are set to.

    Its layers stay what they are, and answer as they do; only the steps of a training program
    (``step.training_step``) go another way.
    """
    recurrent.quicken(model)
    noise.quicken(model)
    pooled.quicken(model)
    return model
