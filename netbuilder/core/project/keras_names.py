"""Layer names: users choose any, Keras and HDF5 accept few."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from netbuilder.core.project.model import Graph

# TensorFlow's scope names, without the slash that Keras refuses.
_SAFE = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.>-]{0,199}")
_DOTS = re.compile(r"\.+")
_MOST_LETTERS = 40


def keras_name(node_id: str) -> str:
    """Return the name of a node's Keras layer: its id if valid, else its letters and a digest."""
    if _SAFE.fullmatch(node_id) and not _DOTS.fullmatch(node_id):
        return node_id
    letters = unicodedata.normalize("NFKD", node_id.replace("ß", "ss"))
    plain = re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"[\u0300-\u036f]", "", letters)).strip("_")
    digest = hashlib.blake2b(node_id.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{plain[:_MOST_LETTERS].rstrip('_') or 'layer'}_{digest}"


def with_own_names(text: str, graph: Graph) -> str:
    """Replace Keras's layer names in a message with the user's."""
    for node in graph.nodes:
        safe = keras_name(node.id)
        if safe != node.id:
            text = text.replace(safe, node.id)
    return text
