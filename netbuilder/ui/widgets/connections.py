"""Connections that end with a widget."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, SignalInstance


def connect_while(owner: QObject, signal: SignalInstance, slot: Callable[..., object]) -> None:
    """Connect a function that is no method of a QObject until ``owner`` is destroyed."""
    owner.destroyed.connect(partial(QObject.disconnect, signal.connect(slot)))
