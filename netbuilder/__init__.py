"""NetBuilder: draw a neural network, watch it learn, take the trained ``.h5`` away.

From Python: ``import netbuilder as nb``, then ``nb.load``, ``nb.new`` and ``nb.from_keras``.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.3.0"

if TYPE_CHECKING:
    from netbuilder.api import Model, Project, UserError, from_keras, load, new, register_layer

__all__ = ["Model", "Project", "UserError", "from_keras", "load", "new", "register_layer"]


def __getattr__(name: str) -> Any:
    """Load the package's face when one of its names is used, and nothing at import."""
    if name not in __all__:
        raise AttributeError(f"module 'netbuilder' has no attribute {name!r}")
    from netbuilder import api

    return getattr(api, name)
