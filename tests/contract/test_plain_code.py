"""A name says what its value is, and what a docstring names exists."""

import ast
import json
import re
from collections import Counter
from functools import cache

from tests.contract.syntax import PACKAGE, syntax_trees

REPO = PACKAGE.parent
#: Pronouns and participles: they say that something happened to a value, not what it is.
EMPTY_NAMES = re.compile(
    r"_*(again|asked|closer|found|given|hands|held|kept|made|now|ones?|said|seen|shown|sight|slide"
    r"|told|wanted|what)|_feet|_senses"
)
#: Bindings of such names that are left. Only ever lowered.
LIMIT = 126
LIBRARIES = re.compile(
    r"(functools|keras|layers|K|nb|numpy|os|pandas|pd|sklearn|tensorflow|tf)\b.*"
)
#: What docstrings name of libraries without their modules, and examples.
OTHERS = re.compile(
    r"N_|MinMaxScaler|(Model.)?load_weights|PerReplica|StandardScaler|fit|safe_mode|sizeAdjustPolicy"
    r"|(model.)?to_json|train_step|viewportEvent|[xy]_(train|val|test|scaler)|dense(_1)?|sales.*"
    r"|(first_model|cat|Custom)\.1?.*|max_pooling2d|de_AT|MissingSuperScript.*|__MACOSX|[xyK]"
    r"|Wrapper|InputSpec|Pipeline|MixUp|CutMix|Equalization|MaxNumBoundingBoxes|TFOpLambda"
    r"|Convolution2D|MaxPool2D|NotEqual|Thumbs.db|NAME.*|candidates|exec"
    r"|colours|part_of|row_weights|gone|looked_at|inputs|include_preprocessing|compute_output_spec"
)


def bindings(tree):
    """Yield each name that is assigned: variables, attributes, parameters, exceptions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs) and node.name:
            yield node.name


def test_names_say_what_a_value_is():
    example = ast.parse("for one in (said := f(told)): self._shown = one")
    assert sorted(bindings(example)) == ["_shown", "one", "said"]
    files: Counter[str] = Counter()
    for path, tree in syntax_trees().items():
        empty = sum(1 for name in bindings(tree) if EMPTY_NAMES.fullmatch(name))
        files[str(path.relative_to(PACKAGE))] = empty
    assert files.total() <= LIMIT, f"say what the value is instead: {files.most_common(20)}"


def _documented(tree):
    """Yield modules, classes and functions with their docstrings."""
    if isinstance(tree, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        text = ast.get_docstring(tree)
        if text:
            yield tree, text
    for field in ("body", "orelse", "finalbody", "handlers"):
        for inner in getattr(tree, field, ()):
            yield from _documented(inner)


@cache
def _code(path):
    """Return a module's text without docstrings, comments, and strings that are sentences."""
    text = re.sub(r'"""(.|\n)*?"""', "", path.read_text("utf-8"))
    text = re.sub(r"(?m)(^| )#.*$", "", text)
    return re.sub(r'"([^"\\\n]|\\.)*"', lambda match: match[0] if " " not in match[0] else "", text)


@cache
def _defined():
    """Return the attributes of each class, and the contents of each module and folder, by name."""
    defined: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*"):
        if path.is_dir():
            defined.setdefault(path.name, set()).update(child.stem for child in path.iterdir())
    for path, tree in syntax_trees().items():
        module = defined.setdefault(
            path.parent.name if path.stem == "__init__" else path.stem, set()
        )
        lines = path.read_text("utf-8").split("\n")
        module.update(re.findall(r"(?m)^(?:class |def )?(\w+)", _code(path)))
        for node, _ in _documented(tree):
            if isinstance(node, ast.ClassDef):
                text = "\n".join(lines[node.lineno : node.end_lineno])
                text = re.sub(r'"""(.|\n)*?"""', "", text)
                attributes = defined.setdefault(node.name, set())
                for match in re.finditer(r"(?m)\bdef (\w+)|self\.(\w+)|^ +(\w+)(?=: | = )", text):
                    attributes.update(filter(None, match.groups()))
                for base in node.bases:
                    attributes.update({ast.unparse(base)})
    return defined


@cache
def _words(path):
    return frozenset(re.findall(r"\w+", _code(path)))


@cache
def _known(path):
    """Return the words in a module's code and in that of the modules that it imports."""
    places = [
        REPO / module.replace(".", "/") for module in re.findall(r"\bnetbuilder[.\w]+", _code(path))
    ]
    files = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
    return _words(path).union(*(_words(file) for file in files & syntax_trees().keys()))


def _resolves(name, path):
    if "/" in name:
        roots = (REPO, PACKAGE, PACKAGE / "core", PACKAGE / "ui", path.parent)
        return any((root / name).exists() for root in roots)
    if LIBRARIES.fullmatch(name) or OTHERS.fullmatch(name):
        return True
    defined, parts = _defined(), name.split(".")
    if all(part in _known(path) or part in defined for part in parts):
        return True
    if len(parts) == 1:  # a class, a constant, or a class of Keras
        return not name.islower() and any(name in _words(file) for file in syntax_trees())
    return parts[-1] in defined.get(parts[-2], ())


def test_what_docstrings_name_exists():
    false = []
    for path, tree in syntax_trees().items():
        for node, text in _documented(tree):
            for quoted in re.findall(r"``([^`]+)``", text):
                name = re.sub(r"\(.*\)$", "", quoted)
                word = re.fullmatch(r"[A-Za-z_]\w*([./]\w+)*", name)
                if word and not _resolves(name, path):
                    false.append(f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 1)} {name}")
    assert not false, "no such name; mend the docstring"


def test_listed_signals_and_attributes_exist():
    false = []
    for path, tree in syntax_trees().items():
        for node, text in _documented(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            names = set(_defined()[node.name])
            for base in node.bases:
                names |= _defined().get(ast.unparse(base), set())
            for section in re.findall(r"(?m)^(?:Signals|Attributes):\n((?:    .*\n?|\n)+)", text):
                for listed in re.findall(r"(?m)^    (\w[^:\n]*):", section):
                    listed_names = re.findall(r"\w+", re.sub(r"\(.*?\)", "", listed))
                    false += [
                        f"{path}:{node.lineno} {name}" for name in listed_names if name not in names
                    ]
    assert not false


def test_no_key_of_a_table_stands_twice():
    """The later one would replace the earlier without a word."""

    def unique(pairs):
        names = [name for name, _value in pairs]
        assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
        return dict(pairs)

    for path in sorted((PACKAGE.parent / "resources").glob("*.json")):
        json.loads(path.read_text("utf-8"), object_pairs_hook=unique)
