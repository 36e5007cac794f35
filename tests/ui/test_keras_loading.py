"""Loading TensorFlow leaves the garbage collector as it was, with what came out of its way."""

from __future__ import annotations

import gc

from netbuilder.ui.services.process import keras_loading


def test_what_loads_is_not_looked_through_for_garbage() -> None:
    before = gc.isenabled()
    assert keras_loading.load_keras().count(".") == 2
    assert gc.isenabled() is before
    assert gc.get_freeze_count() > 50_000
    assert gc.get_threshold()[2] >= 100, "all that is left, seldom: the event loop waits for it"
    gc.unfreeze()
