"""The syntax trees of the program, for tests that look through all of its code."""

import ast
import gc
from functools import cache
from pathlib import Path

import netbuilder

PACKAGE = Path(netbuilder.__file__).parent


@cache
def syntax_trees() -> dict[Path, ast.Module]:
    """Return each file with its tree.

    The garbage collector looks at none of the million nodes: it would take thrice as long as the
    parser.
    """
    collects = gc.isenabled()
    gc.disable()
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    gc.freeze()
    if collects:
        gc.enable()
    return trees
