"""Every plot that can be copied and saved has a title, which a screen reader says."""

import ast
from itertools import chain

from netbuilder.ui.plots.picture_menu import TITLES
from tests.contract.syntax import PACKAGE, syntax_trees


def _ui():
    return {path: tree for path, tree in syntax_trees().items() if PACKAGE / "ui" in path.parents}


def _called(node):
    return getattr(node, "attr", getattr(node, "id", ""))


def names(plots):
    """The names that the program gives its plots: to a menu, or to the base class of a plot."""
    for node in chain.from_iterable(map(ast.walk, _ui().values())):
        if isinstance(node, ast.Call) and _called(node.func) == "PictureMenu":
            yield from _texts(node.args[1:2])
        elif isinstance(node, ast.Call) and _called(node.func) in plots:
            yield from _texts(node.args[:1])
        if isinstance(node, ast.ClassDef) and plots & set(map(_called, node.bases)):
            for call in ast.walk(node):
                if (
                    isinstance(call, ast.Call)
                    and _called(call.func) == "__init__"
                    and isinstance(call.func, ast.Attribute)
                    and isinstance(call.func.value, ast.Call)
                    and _called(call.func.value.func) == "super"
                ):
                    yield from _texts(call.args[:1])


def _texts(arguments):
    for one in arguments:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _plots():
    """``ThemedPlot`` and all classes that stand on it."""
    classes = [
        (node.name, set(map(_called, node.bases)))
        for tree in _ui().values()
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    ]
    found, before = {"ThemedPlot"}, 0
    while len(found) > before:
        before = len(found)
        found |= {name for name, bases in classes if bases & found}
    return found


def test_every_plot_has_a_title():
    given = set(names(_plots()))
    assert {"series", "sound", "confusion_matrix"} <= given
    assert given - set(TITLES) == set(), "ui/plots/picture_menu.py: TITLES"


def test_every_painter_ends_whatever_happens():
    """A painter that outlives its picture, as after an error, crashes the interpreter in Qt."""
    painters, ended, left = {"QPainter", "QStylePainter"}, set(), []
    for path, tree in _ui().items():
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.With):
                ended |= {item.context_expr for item in node.items}
        left += [
            f"{path.name}:{node.lineno}"
            for node in nodes
            if isinstance(node, ast.Call) and _called(node.func) in painters and node not in ended
        ]
    assert not left, "write: with QPainter(device) as painter"
