"""Loads weights of pretrained bodies from files."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES
from netbuilder.core.data.downloads import kept_off_the_network
from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.engine.networks.word_weights import WORD_FILE
from netbuilder.core.folders import resource
from netbuilder.core.hdf5.container_check import check_file
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Node
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import keras


Tell = Callable[[str], None]
_SECONDS = 0.3


def weights_folder() -> Path:
    """Return the folder where Keras keeps downloaded weights."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _sizes(place: Path) -> dict[Path, int]:
    try:
        return {path: path.stat().st_size for path in place.iterdir() if path.is_file()}
    except OSError:
        return {}


@contextmanager
def report_download(name: str, tell: Tell | None) -> Iterator[None]:
    """Report the progress of a download of ``what``, in place of Keras's bar in the terminal."""
    if tell is None or not site_settings().downloads:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            kept_off_the_network(name, weights_folder()),
        ):
            yield
        return
    place, before, done = weights_folder(), _sizes(weights_folder()), threading.Event()

    def watch() -> None:
        last = 0
        while not done.wait(_SECONDS):
            grown = [n for path, n in _sizes(place).items() if n > before.get(path, 0)]
            if grown and max(grown) != last:
                last = max(grown)
                tell(
                    _(
                        "Downloading {what}: {size} MB so far",
                        what=name,
                        size=format_number(last / 1000000.0, ".1f"),
                    )
                )

    thread = threading.Thread(target=watch, name="netbuilder-download")
    thread.start()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        done.set()
        thread.join()


#: What ``save_weights`` of Keras writes: the one form that is read by order, not by name.
BY_ORDER = ".weights.h5"


def weights_path(name: str, base: Path | None) -> Path:
    """Return the file of that name: relative to ``base``, else one that comes with the program."""
    path = (base or Path()) / name
    return path if path.is_file() else bundled_weights(name) or path


def has_word_vectors(node: Node) -> bool:
    """Return whether a layer begins with the word vectors that come with the program."""
    return node.layer == "Embedding" and node.params.get("weights") == "included"


def backbone_file(node: Node) -> str | None:
    """Return the name of a pretrained layer's weights file; None where it has none."""
    if has_word_vectors(node):
        return WORD_FILE
    spec, family = LAYERS.get(node.layer), BACKBONES.get(node.layer)
    if spec is None or family is None:
        return None
    weights = node.params.get("weights", spec.by_name["weights"].default)
    name = node.params.get("weights_file") if weights == "file" else None
    return family.included if weights == "included" else str(name) if name else None


def bundled_weights(name: str) -> Path | None:
    """Return the file of that name that comes with the program, or None."""
    path = resource("weights") / name
    return path if PurePath(name).name == name and path.is_file() else None


def load_included(body: keras.Model, kind: str) -> None:
    """Load the weights that come with the program into a body of the layer ``kind``."""
    body.load_weights(resource("weights", BACKBONES[kind].included))


def load_backbone_weights(body: keras.Model, path: Path) -> None:
    """Load a ``.weights.h5`` of the body, or the layers of any ``.h5`` that have the body's names.

    Raises:
        Exception: it cannot be read, is unsafe, or does not fit.
    """
    # The file may be unsafe: check it before Keras opens it.
    check_file(path)
    if path.name.endswith(BY_ORDER) or not take_weights(body, str(path)):
        body.load_weights(path)


# Scripts carry this function.
def take_weights(body: keras.Model, path: str) -> bool:
    """Take the weights of a ``.h5`` for the layers that have the same names there.

    Nothing is taken, and the answer is False, unless the file has all that the body needs, each
    once. What an optimizer remembers of each weight has the same names and is passed over. This
    function stands by itself, because scripts carry its text.
    """
    import h5py

    datasets: dict[str, dict[str, h5py.Dataset]] = {}
    twice: set[str] = set()

    def visit(place: str, entry: object) -> None:
        parts = place.split("/")
        if isinstance(entry, h5py.Dataset) and len(parts) > 1 and "optimizer" not in parts[0]:
            layer, name = parts[-2], parts[-1].split(":")[0]
            if name in datasets.setdefault(layer, {}):
                twice.add(layer)
            datasets[layer][name] = entry

    with h5py.File(path, "r") as file:
        file.visititems(visit)
        pairs = []
        for layer in body.layers:
            weights = {} if layer.name in twice else datasets.get(layer.name, {})
            for variable in layer.weights:
                shape = tuple(variable.shape)
                same = weights.get(variable.name)
                if same is None:
                    # Keras 2 calls the kernel of a depthwise convolution "depthwise_kernel".
                    alike = [entry for entry in weights.values() if entry.shape == shape]
                    same = alike[0] if len(alike) == 1 else None
                if same is None or same.shape != shape:
                    return False
                pairs.append((variable, same))
        for variable, same in pairs:
            variable.assign(same[()])
    return True
