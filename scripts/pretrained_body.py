"""Makes the weights that come with the program: a small body that has learned drawn digits.

``python scripts/pretrained_body.py`` trains a MobileNet of a tenth of its width on 6,000 digits
in colours (some minutes), and writes ``resources/weights/drawn_digits.weights.h5``. With an
argument it only packs that file of ``save_weights`` again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.kinds.builtin.drawn_sets import drawn_digits
from netbuilder.core.folders import resource

if TYPE_CHECKING:
    import keras

TARGET = resource("weights", "drawn_digits.weights.h5")
ALPHA, SIZE = 0.1, 32
KEPT_BITS = 10  # of the 23 behind the point: half of the file, and no answer changes


def trained() -> keras.Model:
    """The body, after it has learned to tell the digits apart."""
    import keras

    keras.utils.set_random_seed(1)
    x, y = drawn_digits(6000, size=SIZE, color_mode="rgb", seed=11)
    body = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(None, None, 3), pooling="avg", alpha=ALPHA
    )
    pixels = keras.Input((SIZE, SIZE, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, -1.0)(pixels)
    head = keras.layers.Dense(10, activation="softmax")(body(scaled))
    model = keras.Model(pixels, head)
    model.compile(
        keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(x, y, batch_size=64, epochs=12, verbose=2)
    return body


def packed(source: Path, target: Path) -> None:
    """The same file of weights, in less room."""
    import h5py

    def rounded(values: Any) -> Any:
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        half = np.uint32(1 << (22 - KEPT_BITS))
        return ((bits + half) & np.uint32(~((1 << (23 - KEPT_BITS)) - 1) & 0xFFFFFFFF)).view(
            np.float32
        )

    with h5py.File(source, "r") as old, h5py.File(target, "w", libver="latest") as new:

        def copy(name: str, entry: Any) -> None:
            if isinstance(entry, h5py.Dataset):
                values = entry[()]
                large = values.size > 64
                made = new.create_dataset(
                    name,
                    data=rounded(values) if values.dtype == np.float32 else values,
                    compression="gzip" if large else None,
                    compression_opts=9 if large else None,
                    shuffle=large,
                )
            else:
                made = new.require_group(name)
            made.attrs.update(entry.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)


def main(arguments: list[str]) -> None:
    """Train, or take what is given; pack it."""
    TARGET.parent.mkdir(exist_ok=True)
    source = Path(arguments[0]) if arguments else TARGET.with_name("new.weights.h5")
    if not arguments:
        trained().save_weights(source)
    packed(source, TARGET)
    if not arguments:
        source.unlink()
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
