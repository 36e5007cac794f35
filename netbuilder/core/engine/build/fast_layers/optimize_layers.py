"""All that lets the layers of a network train faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netbuilder.core.engine.build.fast_layers import fast_noise, fast_pooling, fast_recurrence

if TYPE_CHECKING:
    import keras


def optimize_layers(model: keras.Model) -> keras.Model:
    """Let ``model`` train by the forms here, where they cover what its layers are set to.

    Its layers stay what they are, and answer as they do; only the steps of a training program
    (``step_context.training_step``) go another way.
    """
    fast_recurrence.optimize_recurrent(model)
    fast_noise.optimize_noise(model)
    fast_pooling.optimize_pooling(model)
    return model
