"""Rewrite a project's relative paths when its file moves to another folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from netbuilder.core.project.edits_data import is_absolute
from netbuilder.core.project.model import Node, Project

WEIGHTS = "weights_file"  # parameter of pretrained backbones


def rebased(project: Project, old: Path, new: Path) -> Project:
    """Return the project with its data and weight paths relative to ``new``, not ``old``."""
    old, new = old.resolve(), new.resolve()
    if old == new:
        return project

    def moved(text: str) -> str:
        if not text or is_absolute(text):
            return text
        target = old / text
        try:
            return Path(os.path.relpath(target, new)).as_posix()
        except ValueError:  # another drive on Windows: there is no relative path
            return target.as_posix()

    def with_weights(node: Node) -> Node:
        name = node.params.get(WEIGHTS)
        # Other names are weights that the program includes.
        if not isinstance(name, str) or not (old / name).is_file():
            return node
        return replace(node, params={**node.params, WEIGHTS: moved(name)})

    data, graph = project.data, project.graph
    if any(WEIGHTS in node.params for node in graph.nodes):
        graph = replace(graph, nodes=tuple(with_weights(node) for node in graph.nodes))
    data = replace(data, path=moved(data.path), test_path=moved(data.test_path))
    return replace(project, graph=graph, data=data)


def within(project: Project, folder: Path) -> Project:
    """Return the project with absolute data paths inside ``folder`` made relative."""
    data = project.data
    path, test_path = (_inside(text, folder) for text in (data.path, data.test_path))
    return replace(project, data=replace(data, path=path, test_path=test_path))


def _inside(text: str, folder: Path) -> str:
    if not text or not is_absolute(text):
        return text
    try:
        near = Path(text).resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:  # elsewhere
        return text
    return text if near == "." else near  # a folder keeps its name
