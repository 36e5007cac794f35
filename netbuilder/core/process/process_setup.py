"""Set up each process: streams, HDF5's locks, TensorFlow's requirements."""

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

from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _

CPU_INFO = Path("/proc/cpuinfo")
REDISTRIBUTABLE = "https://aka.ms/vs/17/release/vc_redist.x64.exe"
_LIBRARIES = ("tensorflow", "keras", "ml_dtypes", "h5py")
# Windows: PF_AVX_INSTRUCTIONS_AVAILABLE (since release 2004) and XSTATE_MASK_AVX.
_FEATURE_AVX, _STATE_AVX = 39, 4
_LAST_STREAM = 2


def prepare() -> None:
    """Set up this process, before anything is printed or any library is loaded."""
    prepare_streams()
    require_tensorflow_needs()


def prepare_streams() -> None:
    """Let stdout and stderr accept every text.

    Files and pipes are UTF-8, since the code pages of Windows lack characters. Missing streams (a
    window without console) go to the null device.
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
    """Open the null device as closed descriptors 0 to 2, so that no file gets them."""
    number = 0
    while number <= _LAST_STREAM:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)


def require_tensorflow_needs() -> None:
    """Check the requirements of TensorFlow whenever it is imported."""
    # Shares without locks must not prevent opening a model. HDF5 reads this once.
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "BEST_EFFORT")
    # HDF5 would load unknown filters as code from a folder.
    os.environ["HDF5_PLUGIN_PRELOAD"] = "::"
    if not any(isinstance(finder, TensorFlowGate) for finder in sys.meta_path):
        sys.meta_path.insert(0, TensorFlowGate())


class TensorFlowGate(MetaPathFinder):
    """Intercepts the import of TensorFlow; it finds no module itself."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: object = None
    ) -> ModuleSpec | None:
        """Check the processor and add the C++ runtime before TensorFlow is imported."""
        if name == "tensorflow":
            check_processor()
            _add_cpp_runtime()
        return None


def check_processor() -> None:
    """Raise ``UserError`` if the processor has no AVX: TensorFlow would end the process."""
    if not has_avx():
        raise user_error("processor_without_avx")


def has_avx() -> bool:
    """Return whether the processor has AVX; True if it is not needed or unknown."""
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
    """Let Windows find PySide6's C++ runtime, which TensorFlow lacks."""
    if sys.platform == "win32":
        spec = importlib.util.find_spec("shiboken6")
        if spec is not None and spec.origin:
            with suppress(OSError):
                os.add_dll_directory(str(Path(spec.origin).parent))


def load_error(error: BaseException) -> UserError | None:
    """Return the error for a failed import of TensorFlow or Keras; None for other errors."""
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
