"""What a person sets for one project, and what does not count for the next one."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from netbuilder.ui.services.project_store import ProjectStore


def reset_on_new_data(store: ProjectStore, *boxes: QWidget) -> None:
    """Let these boxes, switches and sliders stand as they do now wherever another project, or
    other data, comes: a threshold that was found for one network says nothing about another."""
    for box in boxes:
        meant = box.metaObject().userProperty()  # what Qt holds to be a widget's value
        store.project_replaced.connect(partial(meant.write, box, meant.read(box)))
