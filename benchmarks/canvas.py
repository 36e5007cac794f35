"""How fast the canvas is, beside NodeGraphQt and orange-canvas-core where they are installed.

    python benchmarks/canvas.py [--repeat 5] [--peer-python PYTHON] [--quick]

Prints one JSON object. Every side is started ``--repeat`` times in a process of its own, in
turn, and medians are given; seconds for ``open_200`` and ``undo_200``, milliseconds a frame for
``frames``. The others need other Qt bindings than this program, so they may live in another
environment: ``--peer-python`` names its interpreter.

* ``open_200``: a chain of 200 nodes with 199 wires (orange-canvas-core too), painted once.
  Loading libraries and opening the window are not counted.
* ``undo_200``: 200 edits (here: a parameter; there: a moved node), undone one after the other and
  painted once at the end; ``undo_200_painted`` paints after each.
* ``frames``: pan and zoom at nine scales, a frame painted for each step (``p50``, ``p95`` over all
  of them) at 1,000 and 5,000 nodes that lie in columns of 20 and more.
* ``drag_5000``: a frame while one of 5,000 nodes is dragged.
* ``parameter_200``: from a changed parameter at the head of a chain of 200 layers, of which every
  one changes its shape, until all shapes stand on the canvas, through the program's own threads.

Design, section 6: open 200 at most 0.05 s, 200 undos at most 0.02 s, 95th percentile of a frame at
most 10 ms at 1,000 nodes and 25 ms at 5,000, all shapes within 100 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_LOGGING_RULES", "*=false")

SIZE = (706, 698)  # the canvas in the window of 1366×768
SCALES = (2.0, 1.0, 0.7, 0.56, 0.4, 0.31, 0.2, 0.1, 0.05)  # the worst of each detail among them


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


# NetBuilder -------------------------------------------------------------------------------


class Ours:
    """This program's canvas."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from netbuilder.core.project.model import Project
        from netbuilder.ui.canvas.canvas_view import CanvasView
        from netbuilder.ui.services.project_store import ProjectStore
        from netbuilder.ui.services.workbench import Workbench

        self.app = QApplication([])
        self.store = ProjectStore(Project())
        self.bench = Workbench(self.store)
        self.view = counting(CanvasView)(self.store, self.bench)
        self.view.resize(*SIZE)
        self.view.show()
        self.app.processEvents()
        # What a program that has run for a while has warm: fonts, glyphs, code.
        self.store.reset(chain(3))
        self.paint()
        self.store.reset(Project())
        self.paint()

    def paint(self) -> None:
        before = self.view.painted
        self.view.viewport().repaint()
        if self.view.painted == before:
            raise RuntimeError("nothing was painted: the window is not on the screen")

    def open_200(self) -> float:
        project = chain(200)
        start = time.perf_counter()
        self.store.reset(project)
        self.paint()
        return time.perf_counter() - start

    def undo_200(self, painted: bool) -> float:
        from netbuilder.core.project import edits

        self.store.reset(chain(200))
        for number in range(200):
            self.store.apply("Edit", lambda p, n=number: edits.set_params(p, f"n{n}", units=65 + n))
        self.paint()
        start = time.perf_counter()
        for _ in range(200):
            self.store.undo()
            if painted:
                self.paint()
        self.paint()
        return time.perf_counter() - start

    def frames(self, count: int, steps: int) -> dict[str, float]:
        self.store.reset(columns(count))
        self.paint()
        took: list[float] = []
        for scale in SCALES:
            self.view.scene_viewport.zoom_to(scale)
            left, top, right, bottom = self.view.picture.bounds
            self.view.scene_viewport.centre_on((left + right) / 2, (top + bottom) / 2)
            self.paint()
            for step in range(steps):
                start = time.perf_counter()
                self.view.scene_viewport.set_camera(
                    self.view.camera.moved(7 if step % 2 else -5, -9)
                )
                self.paint()
                took.append(time.perf_counter() - start)
            for step in range(steps):
                start = time.perf_counter()
                self.view.scene_viewport.zoom_to(scale * (1 + 0.01 * (step % 7)))
                self.paint()
                took.append(time.perf_counter() - start)
        return {
            "p50": round(1000 * statistics.median(took), 2),
            "p95": round(1000 * percentile(took, 0.95), 2),
        }

    def drag(self, count: int, steps: int) -> dict[str, float]:
        self.store.reset(columns(count))
        self.view.scene_viewport.zoom_to(1.0)
        self.paint()
        took: list[float] = []
        for step in range(steps):
            start = time.perf_counter()
            self.view.set_at({"n10": (float(step), 80.0)})
            self.paint()
            took.append(time.perf_counter() - start)
        self.view.set_at({})
        return {
            "p50": round(1000 * statistics.median(took), 2),
            "p95": round(1000 * percentile(took, 0.95), 2),
        }

    def parameter_200(self, repeat: int) -> float:
        from netbuilder.core.project import edits

        self.bench.start()
        self.store.reset(changing(200))
        self._until(lambda: self.bench.settled, 120.0)
        took: list[float] = []
        for number in range(repeat):
            units = 33 + number
            start = time.perf_counter()
            self.store.apply("Edit", lambda p, u=units: edits.set_params(p, "n0", units=u))
            self._until(lambda want=f"(None, {units})": self._last_label() == want, 10.0)
            self.paint()
            took.append(time.perf_counter() - start)
        return statistics.median(took)

    def _last_label(self) -> str:
        return self.view.picture.wires[("n198", "n199")].label

    def _until(self, done: Any, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while not done():
            if time.perf_counter() > until:
                raise TimeoutError("the shapes did not come")
            self.app.processEvents()
            time.sleep(0.0005)

    def measure(self, quick: bool) -> dict[str, Any]:
        steps = 8 if quick else 24
        result: dict[str, Any] = {
            "open_200": self.open_200(),
            "undo_200": self.undo_200(painted=False),
            "undo_200_painted": self.undo_200(painted=True),
            "frames": {str(n): self.frames(n, steps) for n in (1000, 5000)},
            "drag_5000": self.drag(5000, steps),
        }
        if not quick:
            result["parameter_200"] = self.parameter_200(9)
        self.bench.close()
        return result


def counting(kind: Any) -> Any:
    """The view, counting its paints: a hidden window would seem very fast."""

    class Counting(kind):
        painted = 0

        def paintEvent(self, event: Any) -> None:
            super().paintEvent(event)
            self.painted += 1

    return Counting


def chain(count: int) -> Any:
    from netbuilder.core.project.model import Graph, Node, Project

    nodes = tuple(Node(f"n{i}", "Dense", {"units": 64, "activation": "relu"}) for i in range(count))
    return Project("Chain", Graph(nodes, tuple((a.id, b.id) for a, b in pairwise(nodes))))


def columns(count: int) -> Any:
    """A chain laid out in columns, so that a far view shows all of it."""
    from dataclasses import replace

    project = chain(count)
    tall = max(20, int((count * 4.25) ** 0.5))
    nodes = tuple(
        replace(node, position=(i // tall * 340.0, i % tall * 80.0))
        for i, node in enumerate(project.graph.nodes)
    )
    return replace(project, graph=replace(project.graph, nodes=nodes))


def changing(count: int) -> Any:
    """A chain in which every shape follows from the first layer's units."""
    from netbuilder.core.project.model import Data, Graph, Node, Project

    kinds: list[tuple[str, dict[str, Any]]] = [
        ("BatchNormalization", {}),
        ("Activation", {"activation": "relu"}),
        ("Dropout", {"rate": 0.1}),
    ]
    nodes = [Node("input", "Input", {"shape": [8]}), Node("n0", "Dense", {"units": 32})]
    nodes += [Node(f"n{i}", *kinds[i % 3]) for i in range(1, count)]
    edges = tuple((a.id, b.id) for a, b in pairwise(nodes))
    return Project("Chain", Graph(tuple(nodes), edges), Data())


# the others -------------------------------------------------------------------------------


class NodeGraph:
    """github.com/jchanvfx/NodeGraphQt."""

    def __init__(self) -> None:
        import NodeGraphQt
        from Qt import QtWidgets

        self.app = QtWidgets.QApplication([])

        class Dense(NodeGraphQt.BaseNode):
            __identifier__ = "bench"
            NODE_NAME = "Dense"

            def __init__(self) -> None:
                super().__init__()
                self.add_input("in")
                self.add_output("out")

        self.graph = NodeGraphQt.NodeGraph()
        self.graph.register_node(Dense)
        self.graph.widget.resize(*SIZE)
        self.graph.widget.show()
        self.app.processEvents()

    def _chain(self) -> list[Any]:
        nodes: list[Any] = []
        for index in range(200):
            node = self.graph.create_node("bench.Dense", pos=[0, index * 80], push_undo=False)
            if nodes:
                nodes[-1].output(0).connect_to(node.input(0), push_undo=False)
            nodes.append(node)
        return nodes

    def measure(self, quick: bool) -> dict[str, Any]:
        start = time.perf_counter()
        nodes = self._chain()
        self.graph.viewer().viewport().repaint()
        opened = time.perf_counter() - start
        for number, node in enumerate(nodes):
            node.set_property("pos", [10.0 + number, number * 80.0])
        start = time.perf_counter()
        for _ in range(200):
            self.graph.undo_stack().undo()
        self.graph.viewer().viewport().repaint()
        return {"open_200": opened, "undo_200": time.perf_counter() - start}


class OrangeCanvas:
    """github.com/biolab/orange-canvas-core."""

    def __init__(self) -> None:
        from AnyQt.QtWidgets import QApplication
        from orangecanvas.document.schemeedit import SchemeEditWidget
        from orangecanvas.registry import CategoryDescription, WidgetDescription, WidgetRegistry
        from orangecanvas.registry.description import InputSignal, OutputSignal
        from orangecanvas.scheme import Scheme

        self.app = QApplication([])
        self.row = WidgetDescription(
            "Dense",
            "dense",
            category="Core",
            qualified_name="orangecanvas.scheme.Scheme",
            package="orangecanvas",
            inputs=[InputSignal("in", "builtins.object", "set")],
            outputs=[OutputSignal("out", "builtins.object")],
        )
        registry = WidgetRegistry()
        registry.register_category(CategoryDescription("Core"))
        registry.register_widget(self.row)
        self.editor = SchemeEditWidget()
        self.editor.setRegistry(registry)
        self.editor.resize(*SIZE)
        self.editor.show()
        self.scheme = Scheme()
        self.editor.setScheme(self.scheme)
        self.app.processEvents()

    def measure(self, quick: bool) -> dict[str, Any]:
        from orangecanvas.document import commands
        from orangecanvas.scheme import SchemeNode

        start = time.perf_counter()
        nodes: list[Any] = []
        for index in range(200):
            node = SchemeNode(self.row, position=(0, index * 80))
            self.scheme.add_node(node)
            if nodes:
                self.scheme.new_link(nodes[-1], "out", node, "in")
            nodes.append(node)
        self.editor.view().viewport().repaint()
        opened = time.perf_counter() - start
        stack = self.editor.undoStack()
        for number, node in enumerate(nodes):
            stack.push(
                commands.MoveNodeCommand(
                    self.scheme, node, (0, number * 80), (10.0 + number, number * 80.0)
                )
            )
        start = time.perf_counter()
        for _ in range(200):
            stack.undo()
        self.editor.view().viewport().repaint()
        return {"open_200": opened, "undo_200": time.perf_counter() - start}


SIDES: dict[str, Any] = {
    "netbuilder": Ours,
    "nodegraphqt": NodeGraph,
    "orange-canvas-core": OrangeCanvas,
}


def run(python: str, side: str, quick: bool) -> dict[str, Any] | str:
    """One round of one side in a process of its own; the reason as text where it cannot run."""
    command = [python, __file__, "--side", side, *(["--quick"] if quick else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        reason = done.stderr.strip().splitlines()
        return reason[-1] if reason else f"exit {done.returncode}"
    return json.loads(lines[-1])


def medians(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in rounds[0].items():
        if isinstance(value, dict):
            result[key] = medians([one[key] for one in rounds])
        else:
            result[key] = round(statistics.median(one[key] for one in rounds), 5)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--quick", action="store_true", help="fewer frames, no Keras")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        result = SIDES[given.side]().measure(given.quick)
        print(json.dumps(result), flush=True)
        os._exit(0)  # the bindings of the others do not all survive a tidy end
    rounds: dict[str, list[dict[str, Any]]] = {}
    missing: dict[str, str] = {}
    for _ in range(given.repeat):
        for side in SIDES:
            if side in missing:
                continue
            python = sys.executable if side == "netbuilder" else given.peer_python
            result = run(python, side, given.quick)
            if isinstance(result, str):
                missing[side] = result
            else:
                rounds.setdefault(side, []).append(result)
    print(
        json.dumps(
            {
                "repeat": given.repeat,
                "cpus": os.cpu_count(),
                "results": {side: medians(some) for side, some in rounds.items()},
                "not_run": missing,
            },
            indent=2,
        )
    )
    return 0 if "netbuilder" in rounds else 1


if __name__ == "__main__":
    sys.exit(main())
