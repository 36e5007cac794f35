"""TensorFlow loaded before it is needed, without its chatter."""

from __future__ import annotations

import sys

from netbuilder.core.quiet import quiet_stderr


def load_tensorflow(compute: bool = True) -> None:
    """Import TensorFlow and Keras; what they write on the way is shown only if they fail.

    ``compute=False`` computes nothing yet: several machines must find each other before.
    """
    if "keras" in sys.modules:
        return
    with quiet_stderr():
        import keras  # noqa: F401
        import tensorflow as tf
        from absl import logging

        # Keras writes advice for programmers here ("You are saving your model as ...").
        tf.get_logger().setLevel("ERROR")
        logging.set_verbosity(logging.ERROR)

        # The first tensor makes TensorFlow's C++ side speak once more.
        if compute:
            tf.zeros(())
