"""NetBuilder: draw a neural network, watch it learn, take the trained ``.h5`` away.

From Python: ``import netbuilder as nb``, then ``nb.load``, ``nb.new`` and ``nb.from_keras``.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.3.0"

if TYPE_CHECKING:
    from netbuilder.api import Model, Project, UserError, from_keras, load, new, register_layer
    from netbuilder.estimators import Classifier, Regressor

_ESTIMATORS = ("Classifier", "Regressor")
__all__ = ["Classifier", "Model", "Project", "Regressor", "UserError", "from_keras", "load", "new",
           "register_layer"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the package's face when one of its names is used, and nothing at import."""
    if name not in __all__:
        raise AttributeError(f"module 'netbuilder' has no attribute {name!r}")
    if name in _ESTIMATORS:  # they load scikit-learn
        from netbuilder import estimators

        return getattr(estimators, name)
    from netbuilder import api

    return getattr(api, name)
