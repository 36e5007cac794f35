"""What each process of the program sets up first: its streams, HDF5's locks, TensorFlow's needs.

``prepare`` is the first thing that a command, the window and a worker process do.
"""

from __future__ import annotations

import ctypes
import importlib.util
import io
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _

CPU_INFO = Path("/proc/cpuinfo")
REDISTRIBUTABLE = "https://aka.ms/vs/17/release/vc_redist.x64.exe"
_LIBRARIES = ("tensorflow", "keras", "ml_dtypes", "h5py")
# Windows: PF_AVX_INSTRUCTIONS_AVAILABLE, which releases before 2004 do not know, and
# XSTATE_MASK_AVX, which all do.
_FEATURE_AVX, _STATE_AVX = 39, 4
_LAST_STREAM = 2


def prepare() -> None:
    """Set up this process; call it before anything is printed and any library is loaded."""
    prepare_streams()
    require_tensorflow_needs()


def prepare_streams() -> None:
    """Let stdout and stderr take every text.

    A stream that is no terminal is UTF-8: Windows would write it in the code page of the country,
    which lacks letters. Where there is no stream (a window without a console) text goes nowhere.
    """
    if sys.stdout is None or sys.stderr is None:
        _occupy_streams()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _occupy_streams() -> None:
    """Give the null device the closed numbers 0 to 2: a file that got one would receive what
    libraries write to stderr."""
    number = 0
    while number <= _LAST_STREAM:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)


def require_tensorflow_needs() -> None:
    """From now on let TensorFlow load only where it can, wherever it is imported."""
    # A share that knows no locks must not keep a model from being opened. HDF5 reads this once.
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "BEST_EFFORT")
    # A filter that HDF5 does not know would be loaded as a program from a folder.
    os.environ["HDF5_PLUGIN_PRELOAD"] = "::"
    if not any(isinstance(one, TensorFlowGate) for one in sys.meta_path):
        sys.meta_path.insert(0, TensorFlowGate())


class TensorFlowGate(MetaPathFinder):
    """Sees the import of TensorFlow coming; it finds no module itself."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: object = None
    ) -> ModuleSpec | None:
        """Check the processor and show Windows the C++ runtime before TensorFlow is found."""
        if name == "tensorflow":
            check_processor()
            _add_cpp_runtime()
        return None


def check_processor() -> None:
    """Raise ``UserError`` where TensorFlow would end the process: it needs AVX.

    Raises:
        UserError: the processor has no AVX (code ``processor_without_avx``).
    """
    if not has_avx():
        raise UserError(
            _("The processor of this computer has no AVX instructions, which TensorFlow needs."),
            _(
                "You can draw networks, read lessons and look at code here. To train, evaluate or "
                "predict, use a computer whose processor has AVX: most since 2012 do, but not "
                "Celeron and Pentium processors such as N4000 to N5100."
            ),
            code="processor_without_avx",
        )


def has_avx() -> bool:
    """Return whether the processor has AVX; True where it needs none or cannot be asked."""
    machine = os.uname().machine if hasattr(os, "uname") else sysconfig.get_platform()
    if not any(name in machine.lower() for name in ("x86", "amd64", "i386", "i686", "win32")):
        return True
    try:
        if sys.platform == "win32":
            kernel = ctypes.windll.kernel32
            kernel.GetEnabledXStateFeatures.restype = ctypes.c_uint64
            enabled = kernel.GetEnabledXStateFeatures() & _STATE_AVX
            return bool(enabled or kernel.IsProcessorFeaturePresent(_FEATURE_AVX))
        if sys.platform == "darwin":
            flags = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "machdep.cpu.features"],
                capture_output=True, text=True, check=False, timeout=10,
            ).stdout  # fmt: skip
            return not flags.strip() or "AVX1.0" in flags.split()
        with CPU_INFO.open(encoding="utf-8", errors="replace") as lines:
            flags = next((line for line in lines if line.startswith("flags")), "avx")
        return "avx" in flags.split()
    except (OSError, AttributeError, subprocess.SubprocessError):
        return True


def _add_cpp_runtime() -> None:
    """Let Windows find the C++ runtime that comes with PySide6: TensorFlow brings none."""
    if sys.platform == "win32":
        found = importlib.util.find_spec("shiboken6")
        if found is not None and found.origin:
            with suppress(OSError):
                os.add_dll_directory(str(Path(found.origin).parent))


def load_error(error: BaseException) -> UserError | None:
    """Return the words for an ``error`` of loading TensorFlow or Keras; None if it is another."""
    if isinstance(error, UserError):
        return error if error.code == "processor_without_avx" else None
    text = " ".join(str(error).split())
    module = (getattr(error, "name", "") or "").partition(".")[0]
    of_library = "DLL" in text or any(name in text.lower() for name in _LIBRARIES)
    if not isinstance(error, ImportError) or not (module in _LIBRARIES or of_library):
        return None
    fix = _("Install NetBuilder again; if that does not help, show this message to your teacher.")
    if sys.platform == "win32":
        fix = _(
            "Install Microsoft's Visual C++ Redistributable (x64) from {url}, then start "
            "NetBuilder again.",
            url=REDISTRIBUTABLE,
        )
    return UserError(
        _("TensorFlow could not be loaded: {reason}", reason=text[:300]),
        fix,
        code="tensorflow_not_loaded",
    )
