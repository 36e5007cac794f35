"""How TensorFlow is set up: XLA's one flag, which ends the process where it is not known."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from netbuilder.core import quiet


def test_only_a_release_that_knows_the_flag_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x")
    quiet._compile_in_one_piece("3.0.1")
    assert os.environ["XLA_FLAGS"] == "--xla_dump_to=x"
    quiet._compile_in_one_piece("2.21.0")
    assert os.environ["XLA_FLAGS"] == f"--xla_dump_to=x {quiet._PIECES}=1"
    quiet._compile_in_one_piece("2.21.1")
    assert os.environ["XLA_FLAGS"].count(quiet._PIECES) == 1


def test_the_tensorflow_that_is_here_compiles_with_what_it_is_told() -> None:
    """XLA ends the process at a flag that it does not know."""
    code = (
        "from netbuilder.core.quiet import load_tensorflow\n"
        "load_tensorflow()\n"
        "import tensorflow as tf\n"
        "print(tf.function(tf.square, jit_compile=True)(tf.constant(3.0)).numpy())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "9.0", done.stderr
