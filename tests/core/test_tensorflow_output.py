"""How TensorFlow is set up: XLA's flags, which end the process where they are not known."""

import os
import subprocess
import sys

import pytest

from netbuilder.core.process import tensorflow_output


def test_only_a_release_that_knows_the_flags_is_told(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x")
    tensorflow_output.set_up_xla("3.0.1")
    assert os.environ["XLA_FLAGS"] == "--xla_dump_to=x"
    tensorflow_output.set_up_xla("2.21.0")
    told = os.environ["XLA_FLAGS"].split()
    assert told == [
        "--xla_dump_to=x",
        *(f"{name}={value}" for name, value in tensorflow_output.FLAGS.items()),
    ]
    tensorflow_output.set_up_xla("2.21.1")
    assert os.environ["XLA_FLAGS"].split() == told


def test_flags_of_the_person_s_own_stay(monkeypatch):
    own = "--xla_backend_extra_options=xla_cpu_optimize_for_size"
    monkeypatch.setenv("XLA_FLAGS", own)
    tensorflow_output.set_up_xla("2.21.0")
    assert os.environ["XLA_FLAGS"].count("--xla_backend_extra_options") == 1
    assert own in os.environ["XLA_FLAGS"]


@pytest.mark.slow
def test_the_tensorflow_that_is_here_compiles_with_what_it_is_told():
    """XLA ends the process at a flag that it does not know."""
    code = (
        "from netbuilder.core.process.tensorflow_output import load_tensorflow\n"
        "load_tensorflow()\n"
        "import tensorflow as tf\n"
        "print(tf.function(tf.square, jit_compile=True)(tf.constant(3.0)).numpy())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "9.0", done.stderr


SMALL_LOOP = """
import os
from netbuilder.core.process.tensorflow_output import load_tensorflow
load_tensorflow()
os.environ["XLA_FLAGS"] += " --xla_dump_to=" + os.environ["DUMP"]
import tensorflow as tf
v = tf.Variable(tf.ones([4, 4]))
@tf.function(jit_compile=True)
def loop(x):
    return tf.while_loop(lambda i, x: i < 9, lambda i, x: (i + 1, tf.tanh(x @ v)), (0, x))[1]
print(loop(tf.ones([3, 4])).shape)
"""


@pytest.mark.slow
def test_a_small_loop_becomes_one_function(tmp_path):
    """Else each of its operations, some nanoseconds long, is handed to other threads."""
    environment = {**os.environ, "DUMP": str(tmp_path), "XLA_FLAGS": ""}
    done = subprocess.run(
        [sys.executable, "-c", SMALL_LOOP],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.stdout.strip() == "(3, 4)", done.stderr
    programs = [one.read_text("utf-8") for one in tmp_path.glob("*cpu_after_optimizations.txt")]
    assert any("while(" in text and "xla_cpu_small_call" in text for text in programs)
