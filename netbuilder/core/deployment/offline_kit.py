"""A folder to install NetBuilder from on machines without a network.

``pip download`` fetches the wheels once; the folder then goes onto a USB stick or a share. Its
script creates a virtual environment in the user's folder, without administrator rights.

pip evaluates markers (``; sys_platform == "win32"``) for its own machine, so requirements are read
from the wheels and evaluated for the target machine.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace, write_bytes
from netbuilder.core.wording import did_you_mean, format_list

if TYPE_CHECKING:
    from packaging.requirements import Requirement

WHEELS = "wheels"
_SCRIPTS = ("install.sh", "install.bat", "check_sums.py", "README.txt")
#: The versions that NetBuilder was tested with.
LOCKED = Path("packaging") / "locked.txt"
#: Longest path on Windows, and the part between the folder and a wheel's file.
_LONGEST_PATH, _SITE_PACKAGES = 259, len("/Lib/site-packages/")
#: Length that TensorFlow 2.21 leaves for the folder, if no Windows wheels are known.
USUAL_ROOM = 77


@dataclass(frozen=True)
class Platform:
    """One kind of machine: pip's platform ``tags``, newest first, and values of ``markers``."""

    name: str
    title: str
    tags: tuple[str, ...]
    markers: Mapping[str, str]
    # The default Linux wheel of TensorFlow has GPU code: 794 MB instead of 495.
    cpu_only: bool = False


PLATFORMS = tuple(
    Platform(name, row["label"], tuple(row["tags"]), row["markers"], row.get("cpu_only", False))
    for name, row in resource_json("tables.json")["platforms"].items()
)
PYTHONS = ("3.11", "3.12", "3.13")


def find_platform(name: str) -> Platform:
    """Return a platform by name; raise ``UserError`` if there is none."""
    for platform in PLATFORMS:
        if platform.name == name:
            return platform
    known = [platform.name for platform in PLATFORMS]
    raise UserError(
        _("There is no platform '{name}'. {suggestion}", name=name,
          suggestion=did_you_mean(name, known)).strip(),
        _("Choose one of: {names}.", names=format_list(known)),
        code="kit_platform_unknown",
    )  # fmt: skip


def this_platform() -> Platform:
    """Return the platform of this machine."""
    names = {"win32": "windows", "darwin": "macos"}
    return find_platform(names.get(sys.platform, "linux"))


def markers(target: Platform, python: str) -> dict[str, str]:
    """Return the marker values of a machine with this Python."""
    return {
        **target.markers,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def holding(
    lines: Iterable[str], here: Mapping[str, str], extras: Iterable[str] = ()
) -> Iterator[Requirement]:
    """Yield the requirements among ``lines`` that apply to a machine.

    ``here`` are its ``markers``, ``extras`` those of the requiring package.
    """
    from packaging.requirements import Requirement

    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        requirement = Requirement(line)
        environments = [{**here, "extra": extra} for extra in ("", *extras)]
        if requirement.marker is None or any(
            requirement.marker.evaluate(environment) for environment in environments
        ):
            yield requirement


def read_lock(source: Path) -> dict[str, tuple[str, ...]]:
    """Return the SHA-256 of the files of each locked requirement; empty without a lock."""
    if not (source / LOCKED).is_file():
        return {}
    lines = (source / LOCKED).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    rows = (line.split(" --hash=sha256:") for line in lines if not line.startswith("#"))
    return {pin.strip(): tuple(value.strip() for value in hashes) for pin, *hashes in rows}


def locked_versions(source: Path, here: Mapping[str, str]) -> dict[str, str]:
    """Return the tested version of each package for a machine, if known."""
    from packaging.utils import canonicalize_name

    pins = holding(read_lock(source), here)
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}


def check_hashes(wheels: Iterable[Path], source: Path) -> None:
    """Raise ``UserError`` if a wheel of a locked package is none of the locked files."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name, parse_wheel_filename

    locked: dict[str, set[str]] = {}
    for pin, hashes in read_lock(source).items():
        locked.setdefault(canonicalize_name(Requirement(pin).name), set()).update(hashes)
    for path in wheels:
        known = locked.get(parse_wheel_filename(path.name)[0])
        if known and _sha256(path) not in known:
            raise user_error("kit_wheel_unknown", file=path.name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download_command(
    requirements: Iterable[str], folder: Path, target: Platform, python: str
) -> list[str]:
    """Return the ``pip download`` command for wheels (names with versions) without dependencies."""
    words = [
        sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), "--no-deps",
        "--only-binary=:all:", "--python-version", python, "--implementation", "cp",
        "--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none",
    ]  # fmt: skip
    for tag in target.tags:
        words += ["--platform", tag]
    return [*words, *requirements]


def fetch(source: Path, folder: Path, target: Platform, python: str) -> list[Path]:
    """Download all wheels that NetBuilder needs on a machine; raise ``UserError`` if pip fails."""
    from packaging.utils import canonicalize_name

    here = markers(target, python)
    versions = locked_versions(source, here)
    missing = list(holding(_about(source)["dependencies"], here))
    requested: set[str] = set()
    while missing:
        requests = {}
        for requirement in missing:
            name = canonicalize_name(requirement.name)
            requests[name] = (
                f"{_wheel_name(name, target)}{versions.get(name) or requirement.specifier}"
            )
        requested |= requests.keys()
        _run(download_command(requests.values(), folder, target, python))
        dependencies = [
            dependency
            for requirement in missing
            for dependency in holding(
                _required(folder, _wheel_name(requirement.name, target)), here, requirement.extras
            )
        ]
        missing = [
            requirement
            for requirement in dependencies
            if canonicalize_name(requirement.name) not in requested
        ]
    wheels = sorted(folder.glob("*.whl"))
    check_hashes(wheels, source)
    return wheels


def _about(source: Path) -> dict[str, Any]:
    raw = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(raw["project"])


def _wheel_name(name: str, target: Platform) -> str:
    """Return the name of a package's wheel: TensorFlow without GPU code has its own."""
    return "tensorflow-cpu" if target.cpu_only and name == "tensorflow" else name


def _required(folder: Path, name: str) -> list[str]:
    from packaging.utils import canonicalize_name, parse_wheel_filename

    for path in folder.glob("*.whl"):
        if parse_wheel_filename(path.name)[0] == canonicalize_name(name):
            with zipfile.ZipFile(path) as wheel:
                (metadata,) = (
                    file
                    for file in wheel.namelist()
                    if file.count("/") == 1 and file.endswith(".dist-info/METADATA")
                )
                message = message_from_bytes(wheel.read(metadata))
            return [str(line) for line in message.get_all("Requires-Dist", [])]
    return []


def room_for_folder(wheels: Iterable[Path]) -> int:
    """Return the longest installation folder on Windows in which every file fits."""
    longest = 0
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            longest = max([longest, *map(len, wheel.namelist())])
    return _LONGEST_PATH - _SITE_PACKAGES - longest


def make_kit(
    folder: Path,
    source: Path,
    targets: Sequence[Platform],
    python: str,
    tell: Callable[[str], None],
) -> list[Path]:
    """Download the wheels and write the install scripts; return the scripts.

    Args:
        folder: the kit; may exist.
        source: the project's folder, with ``pyproject.toml``.
        targets: for which machines.
        python: their Python's version.
        tell: called with progress messages.

    Raises:
        UserError: no such Python, no project folder, or a failed download.
    """
    if getattr(sys, "frozen", False):
        raise user_error("kit_without_pip")
    if python not in PYTHONS:
        raise user_error("kit_python_unknown", version=python, names=format_list(PYTHONS))
    if not (source / "pyproject.toml").is_file():
        raise user_error("kit_source_unknown", folder=source)
    tell(_("Building the wheel of NetBuilder…"))
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir",
          str(folder / WHEELS), str(source)])  # fmt: skip
    room = USUAL_ROOM
    for target in targets:
        tell(_("Fetching the wheels for {system}…", system=target.title))
        # A separate folder per machine tells its wheels from others.
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder) as separate:
            wheels = fetch(source, Path(separate), target, python)
            if target.name == "windows":
                room = room_for_folder(wheels)
            for wheel in wheels:
                replace(wheel, folder / WHEELS / wheel.name)
    return write_scripts(folder, python, room, str(_about(source)["name"]))


def _run(words: Sequence[str]) -> None:
    process = subprocess.run(words, capture_output=True, text=True, check=False)
    if process.returncode:
        lines = [line for line in process.stderr.splitlines() if "ERROR" in line] or [
            process.stderr
        ]
        raise user_error("kit_not_fetched", reason=lines[-1].strip()[:300])


def write_scripts(
    folder: Path, python: str, room: int = USUAL_ROOM, name: str = "netbuilder-studio"
) -> list[Path]:
    """Write the install scripts, a README, licences and ``SHA256SUMS``; return all but the last.

    ``room`` is the longest folder on Windows, ``name`` that of NetBuilder's distribution.
    """
    written = []
    # install.bat has no blocks in parentheses: "C:/Program Files (x86)" would end them.
    sources = [resource("install", script) for script in _SCRIPTS]
    for source in (*sources, resource("third_party.md")):
        path = folder / source.name
        text = source.read_text("utf-8")
        text = text.replace("@PYTHON@", python).replace("@ROOM@", str(room))
        text = text.replace("@TUPLE@", ", ".join(python.split("."))).replace("@NAME@", name)
        if path.suffix == ".bat":
            text = text.replace("\n", "\r\n")
        write_bytes(path, text.encode("utf-8"))
        if path.suffix == ".sh":
            path.chmod(0o755)
        written.append(path)
    files = sorted({*written, *(folder / WHEELS).glob("*")})
    sums = (f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    write_bytes(folder / "SHA256SUMS", "".join(sums).encode("utf-8"))
    return written
