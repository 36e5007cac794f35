"""What the contract tests share: Keras, and one way to compare a row with a signature."""

import inspect
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def keras():
    return pytest.importorskip("keras")


def _plain(value):
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _same(left, right):
    left, right = _plain(left), _plain(right)
    return left == right and (isinstance(left, bool) == isinstance(right, bool))


@pytest.fixture(scope="session")
def differences():
    """A function that names every way in which a row and a Keras class differ.

    ``outside`` are arguments that the row leaves out (with a reason, in the test);
    ``inherited`` are arguments that stand in no signature of the class but in its base's.
    """

    def compare(spec, keras_class, outside=(), inherited=()):
        signature = inspect.signature(keras_class)
        arguments = {
            name: argument
            for name, argument in signature.parameters.items()
            if argument.kind not in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL)
        }
        found = []
        for param in spec.params:
            if getattr(param, "call", False):
                arguments[param.name] = inspect.signature(keras_class.call).parameters[param.name]
            argument = arguments.get(param.name)
            if argument is None:
                if param.name not in inherited:
                    found.append(f"{param.name} is no argument of Keras")
            elif param.required != (argument.default is argument.empty):
                found.append(f"{param.name}: required in one and not in the other")
            elif not param.required and not _same(param.default, argument.default):
                found.append(f"{param.name}: {param.default!r}, Keras {argument.default!r}")
        found += [
            f"{name} is missing in the row"
            for name in arguments
            if name not in spec.by_name and name not in outside
        ]
        found += [
            f"{name} is left out, but the row has it" for name in outside if name in spec.by_name
        ]
        return found

    return compare
