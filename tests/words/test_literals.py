"""No literal reaches a widget, an error, a problem, a finding or the terminal past the catalog.

By syntax tree: what is handed to one of ``SINKS`` as text comes from ``_()``, ``ngettext()`` or
``pgettext()``, or has no word in it.
"""

import ast
import re
from pathlib import Path

import pytest

import netbuilder

ROOT = Path(netbuilder.__file__).parent
#: Rooms whose sentences are not in the catalog yet: this list only shrinks.
UNSWEPT: tuple[str, ...] = ()
CATALOG = {"_", "N_", "gettext", "ngettext", "pgettext", "noop"}
#: Calls that show what they are given, and which of their arguments (None: all) are shown.
SINKS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(
        ("setText", "setToolTip", "setStatusTip", "setWhatsThis", "setPlaceholderText", "setTitle",
         "setAccessibleName", "setAccessibleDescription", "setWindowTitle", "setPlainText",
         "setSuffix", "setPrefix", "setSpecialValueText", "setInformativeText", "setLabelText",
         "setButtonText", "setHeaderLabels", "setHorizontalHeaderLabels", "setIconText",
         "QLabel", "QPushButton", "QCheckBox", "QRadioButton", "QGroupBox", "ClampedLabel",
         "note_label", "RoleBox", "addMenu", "print_result", "print_note", "make_fix", "RunFix",
         "Section"),
        (0,),
    ),
    **dict.fromkeys(("setTabText", "setItemText", "setTabToolTip", "announce", "addTab"), (1,)),
    "addAction": (0, 1),
    "addRow": (0,),
    "addItem": (0,),
    "QAction": (0, 1),
    "Violation": (1,),
    "print": (0,),
}  # fmt: skip
#: Keywords that hold text, whatever they are given to.
SHOWN = {"what", "fix", "text", "title", "help", "tooltip", "tip", "words", "message", "label",
         "placeholder", "description"}  # fmt: skip
ERROR = re.compile(r"(User|Format|Data|Edit|Build|Training|Lesson|ProjectFile|Usage)Error")
WORD = re.compile(r"[A-Za-z]{2}")
#: Names of other programs' things, which no language translates.
NAMES = re.compile(
    r"(NetBuilder|t-SNE|([a-z0-9]+:\d+\s*)+|Keras|TensorFlow|ONNX|\.?[a-z0-9_]+\(?\)?|[A-Z]+|--[a-z-]+)"
)
TAG = re.compile(r"<[^<>]*>|&\w+;")


def literals(node):
    """The literals with words that an argument is made of, outside of calls of the catalog."""
    if isinstance(node, ast.Constant):
        text = TAG.sub("", node.value) if isinstance(node.value, str) else ""
        if WORD.search(text) and not NAMES.fullmatch(text.strip()):
            yield node
    elif isinstance(node, ast.JoinedStr):
        text = TAG.sub("", "".join(
            str(part.value) if isinstance(part, ast.Constant) else " 0 " for part in node.values
        ))  # fmt: skip
        if WORD.search(text):
            yield node
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from literals(one)
    elif isinstance(node, ast.BinOp):
        yield from literals(node.left)
        yield from literals(node.right)
    elif isinstance(node, ast.List | ast.Tuple):
        for one in node.elts:
            yield from literals(one)


def shown_arguments(call):
    """The arguments of a call that a person reads."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name in CATALOG:
        return
    if ERROR.fullmatch(name):
        yield from call.args
    elif name in SINKS:
        places = SINKS[name]
        yield from (one for at, one in enumerate(call.args) if places is None or at in places)
    else:
        return
    yield from (one.value for one in call.keywords if one.arg in SHOWN)


def outside_the_catalog(path):
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call):
            for argument in shown_arguments(call):
                for one in literals(argument):
                    place = path.relative_to(ROOT.parent).as_posix()
                    yield f"{place}:{one.lineno}: {ast.unparse(one)[:90]}"


def rooms():
    return sorted(
        path
        for path in ROOT.rglob("*.py")
        if not path.relative_to(ROOT).as_posix().startswith(UNSWEPT or ("-",))
    )


def test_no_text_is_shown_past_the_catalog():
    found = [line for path in rooms() for line in outside_the_catalog(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('label.setText("The file is empty.")', 1),
        ('label.setText(f"{n} rows")', 1),
        ('label.setText("on" if x else "The other")', 1),
        ('label.setText("<b>" + _("Open") + "</b>")', 0),
        ('label.setText(f"<b>{name}</b>: {n}")', 0),
        ('raise UserError(_("No."), "Write another.")', 1),
        ('raise UserError(_("No."), _("Write another."), code="some_code")', 0),
        ('QLabel("·", parent)', 0),
        ('print_note(_("a") + f" {n} more rows")', 1),
    ],
)
def test_the_finder_finds(code, count):
    [call] = [one for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Call)][:1]
    found = [one for argument in shown_arguments(call) for one in literals(argument)]
    assert len(found) == count
