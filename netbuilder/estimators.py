"""A network as an estimator of scikit-learn: in a pipeline, a grid search, a cross-validation.

This module is loaded when one of its classes is used, because they inherit from scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Self, cast

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from netbuilder.api import Model, Project, load, new_file
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project as ProjectValue


class _Network(BaseEstimator):  # type: ignore[misc]
    """What both estimators share.

    Args:
        project: a project whose network and settings are used; None: hidden Dense layers.
        hidden_layers: units of each hidden layer, where there is no project.
        epochs: of the training.
        batch_size: rows per step.
        learning_rate: of Adam, where there is no project.
        random_state: of initial weights and of the order of rows.
    """

    def __init__(
        self,
        project: Project | None = None,
        *,
        hidden_layers: Sequence[int] = (32, 32),
        epochs: int = 100,
        batch_size: int = 32,
        learning_rate: float = 0.01,
        random_state: Any = None,
    ) -> None:
        self.project = project
        self.hidden_layers = hidden_layers
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _train(self, x: Any, y: Any, task: str, last: dict[str, Any]) -> Self:
        path = new_file("arrays.npz")
        np.savez(path, x=x, y=y)
        value = self._default(last) if self.project is None else self.project.value
        data = Data("arrays", path=path.name, scaling="standard", validation_split=0.0,
                    test_split=0.0, options={"x": "x", "y": "y", "task": task})  # fmt: skip
        seed = check_random_state(self.random_state).randint(2**31)
        project = Project(replace(value, data=data), path.parent)
        self.model_ = project.train(
            self.epochs, batch_size=self.batch_size, seed=int(seed), progress=False
        )
        return self

    def _default(self, last: dict[str, Any]) -> ProjectValue:
        nodes = [Node("input", "Input")]
        for number, units in enumerate(self.hidden_layers, start=1):
            nodes.append(Node(f"dense_{number}", "Dense", {"units": units, "activation": "relu"}))
        nodes.append(Node("output", "Dense", last))
        names = [node.id for node in nodes]
        graph = Graph(tuple(nodes), tuple(pairwise(names)))
        value = ProjectValue("network", graph)
        adam = Choice("Adam", {"learning_rate": self.learning_rate})
        return replace(value, training=replace(value.training, optimizer=adam))

    def _rows(self, x: Any) -> Any:
        check_is_fitted(self)
        return validate_data(self, x, reset=False, dtype=np.float32)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "model_" in state:  # a network is pickled as its file
            state["model_"] = state["model_"].save(new_file("model.h5")).read_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state.get("model_"), bytes):
            path = new_file("model.h5")
            path.write_bytes(state["model_"])
            state = {**state, "model_": cast(Model, load(path))}
        super().__setstate__(state)


class Classifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A classifier for rows of numbers; ``model_`` is the trained ``Model``."""

    def fit(self, X: Any, y: Any) -> Self:
        """Train on rows (n, features) and their labels (n,)."""
        X, y = validate_data(self, X, y, dtype=np.float32, ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        count = len(self.classes_)
        if count < 2:
            raise ValueError(
                _("All rows have the same label; give rows of at least one class more.")
            )
        return self._train(X, numbers, "classes", {"units": count, "activation": "softmax"})

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each of ``classes_`` for each row, (n, classes)."""
        X = self._rows(X)
        shares = self.model_.predict_probabilities(X)
        return shares[sorted(shares.columns, key=lambda name: int(str(name)))].to_numpy()

    def predict(self, X: Any) -> Any:
        """Return the label of each row, (n,)."""
        numbers = self.predict_proba(X).argmax(axis=1)
        return self.classes_[numbers]


class Regressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A regressor for rows of numbers; ``model_`` is the trained ``Model``."""

    def fit(self, X: Any, y: Any) -> Self:
        """Train on rows (n, features) and their targets (n,)."""
        X, y = validate_data(self, X, y, dtype=np.float32, y_numeric=True, ensure_min_samples=2)
        return self._train(X, y.astype(np.float32), "regression", {"units": 1})

    def predict(self, X: Any) -> Any:
        """Return the prediction for each row, (n,)."""
        X = self._rows(X)  # it raises NotFittedError before there is a model
        return self.model_.predict(X)
