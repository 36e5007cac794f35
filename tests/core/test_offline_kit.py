"""The kit for machines without a network."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from netbuilder.core.deployment import offline_kit
from netbuilder.core.errors import UserError


def _wheel(folder, name, version, tags, *requires: str):
    """A wheel without files that requires others."""
    about = "".join(f"Requires-Dist: {one}\n" for one in requires)
    path = folder / f"{name}-{version}-{tags}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        inside = f"{name}-{version}.dist-info"
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{inside}/METADATA", head + about)
        wheel.writestr(f"{inside}/WHEEL", f"Wheel-Version: 1.0\nTag: {tags}\n")
        wheel.writestr(f"{inside}/RECORD", "")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A program with dependencies, and an index of their wheels for several systems."""
    index, source = tmp_path / "index", tmp_path / "source"
    index.mkdir()
    (source / "packaging").mkdir(parents=True)
    (source / "pyproject.toml").write_text(
        "[project]\nname = 'program'\ndependencies = ['tensorflow>=2', 'table>=1']\n"
    )
    (source / offline_kit.LOCKED).write_text(
        "# made by hand\ntensorflow==2.0\ntable==1.0\n"
        "array==1.0 ; python_full_version < '3.12'\narray==2.0 ; python_full_version >= '3.12'\n"
    )
    for tag in ("win_amd64", "manylinux_2_28_x86_64"):
        _wheel(index, "array", "1.0", f"cp311-cp311-{tag}")
        _wheel(index, "array", "2.0", f"cp312-cp312-{tag}")
    _wheel(index, "array", "9.0", "py3-none-any")
    _wheel(index, "table", "1.0", "py3-none-any", "array>=1", 'zones; sys_platform == "win32"',
           'colour[more]; platform_system == "Windows"', 'unix; os_name == "posix"',
           'test; extra == "test"')  # fmt: skip
    _wheel(index, "table", "5.0", "py3-none-any")
    _wheel(index, "colour", "1.0", "py3-none-any", 'shade; extra == "more"')
    for name in ("zones", "unix", "test", "shade"):
        _wheel(index, name, "1.0", "py3-none-any")
    _wheel(index, "tensorflow", "2.0", "py3-none-win_amd64")
    _wheel(index, "tensorflow_cpu", "2.0", "py3-none-manylinux_2_28_x86_64", "array")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return source


def _fetched(source, folder, system, python):
    folder.mkdir()
    found = offline_kit.fetch(source, folder, offline_kit.find_platform(system), python)
    return {"-".join(one.name.split("-")[:2]) for one in found}


@pytest.mark.slow
def test_markers_are_those_of_the_machine_that_the_kit_is_for(package, tmp_path):
    """On whatever system it is made: pip would ask this one."""
    assert _fetched(package, tmp_path / "w311", "windows", "3.11") == {
        "tensorflow-2.0", "table-1.0", "array-1.0", "zones-1.0", "colour-1.0", "shade-1.0",
    }  # fmt: skip
    assert _fetched(package, tmp_path / "w312", "windows", "3.12") == {
        "tensorflow-2.0", "table-1.0", "array-2.0", "zones-1.0", "colour-1.0", "shade-1.0",
    }  # fmt: skip
    assert _fetched(package, tmp_path / "l312", "linux", "3.12") == {
        "tensorflow_cpu-2.0", "table-1.0", "array-2.0", "unix-1.0",
    }  # fmt: skip


def test_what_cannot_be_fetched_is_told(package, tmp_path):
    with pytest.raises(UserError) as told:
        _fetched(package, tmp_path / "mac", "macos", "3.12")
    assert told.value.code == "kit_not_fetched"


def test_numpy_and_time_zones_are_locked_for_each_python_of_windows(root):
    windows = offline_kit.find_platform("windows")
    found = {
        python: offline_kit.locked_versions(root, offline_kit.markers(windows, python))
        for python in offline_kit.PYTHONS
    }
    assert found["3.11"]["numpy"] != found["3.12"]["numpy"] == found["3.13"]["numpy"]
    assert all("tzdata" in one for one in found.values())
    # Another program's folder has no such file: then the newest that fit are taken.
    assert offline_kit.locked_versions(root / "tests", {}) == {}


def test_a_folder_has_the_room_that_the_longest_file_leaves(tmp_path):
    path = tmp_path / "a-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("a/b.py", "")
        wheel.writestr("a/" + "x" * 98, "")
    room = offline_kit.room_for_folder([path])
    assert len(f"{'p' * room}\\Lib\\site-packages\\a\\{'x' * 98}") == 259


@pytest.mark.parametrize("python", offline_kit.PYTHONS)
def test_every_dependency_is_locked_to_a_version_that_it_allows(root, python):
    """As pip chooses on each Python; so nobody adds one and forgets the lock."""
    raw = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = raw["optional-dependencies"]
    given = [*raw["dependencies"], *extras["capture"]]
    here = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    pins = [Requirement(line) for line in offline_kit.read_lock(root)]
    held = {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in pins
        if one.marker is None or one.marker.evaluate(here)
    }
    for one in map(Requirement, given):
        if one.marker is None or one.marker.evaluate(here):
            version = held[canonicalize_name(one.name)]
            assert one.specifier.contains(version), f"{one}, and locked is {version}"


def test_a_wheel_that_was_not_tested_is_refused(package, tmp_path):
    [wheel] = (tmp_path / "index").glob("table-1.0*")
    lock = package / offline_kit.LOCKED
    for value, refused in ((hashlib.sha256(wheel.read_bytes()).hexdigest(), False), ("0", True)):
        lock.write_text(f"table==1.0 \\\n    --hash=sha256:ff \\\n    --hash=sha256:{value}\n")
        assert offline_kit.locked_versions(package, {}) == {"table": "==1.0"}
        if not refused:
            offline_kit.check_hashes([wheel], package)
            continue
        with pytest.raises(UserError) as caught:
            offline_kit.check_hashes([wheel], package)
        assert caught.value.code == "kit_wheel_unknown"


def test_every_file_of_the_lock_has_a_hash(root):
    lock = offline_kit.read_lock(root)
    assert len(lock) > 70
    for pin, hashes in lock.items():
        assert hashes and all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes), pin
    text = (root / offline_kit.LOCKED).read_text("utf-8")
    assert "http" not in text and "index-url" not in text


@pytest.mark.parametrize("change", ["none", "wheel", "script", "missing", "more"])
def test_a_kit_that_was_changed_is_not_installed(tmp_path, change):
    (tmp_path / "wheels").mkdir()
    wheel = tmp_path / "wheels" / "a-1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    offline_kit.write_scripts(tmp_path, "3.12", 70)
    assert "grandalf" in (tmp_path / "third_party.md").read_text("utf-8")
    match change:
        case "wheel":
            wheel.write_bytes(b"a wheal")
        case "script":
            (tmp_path / "install.bat").write_bytes(b"")
        case "missing":
            wheel.unlink()
        case "more":
            (tmp_path / "wheels" / "b-1.0-py3-none-any.whl").write_bytes(b"")
    words = [sys.executable, str(tmp_path / "check_sums.py")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == (change != "none"), done.stderr
    for script in ("install.sh", "install.bat"):
        text = (tmp_path / script).read_text("utf-8")
        if change == "none":
            assert text.index("check_sums.py") < text.index("-m venv")


def test_what_cannot_be_is_said(root, tmp_path):
    with pytest.raises(UserError, match=r"linux"):
        offline_kit.find_platform("linus")
    for source, python in ((tmp_path, "3.12"), (root, "3.9")):
        with pytest.raises(UserError):
            offline_kit.make_kit(tmp_path, source, [], python, print)


@pytest.mark.skipif(shutil.which("sh") is None, reason="install.sh is for POSIX shells")
def test_scripts_are_whole(tmp_path):
    offline_kit.write_scripts(tmp_path, "3.12", 70)
    subprocess.run(["sh", "-n", str(tmp_path / "install.sh")], check=True)
    shell = (tmp_path / "install.sh").read_text(encoding="utf-8")
    # pip complains of what a package that is there lacks: NetBuilder itself comes last.
    assert shell.index('-r "$place/needed.txt"') < shell.index("--no-deps netbuilder-studio")
    batch = (tmp_path / "install.bat").read_bytes()
    assert batch.count(b"\n") == batch.count(b"\r\n") > 40
    assert batch.isascii(), "cmd reads it in the code page of the country"
    for script in (shell, batch.decode(), (tmp_path / "README.txt").read_text("utf-8")):
        assert not re.search(r"@[A-Z]+@", script), "every gap is filled"


def test_the_windows_script_leaves_the_user_s_data_alone(tmp_path):
    """Where it cannot be run: what it says. The data folder is %LOCALAPPDATA%\\NetBuilder."""
    offline_kit.write_scripts(tmp_path, "3.12")
    lines = (tmp_path / "install.bat").read_text("utf-8").splitlines()
    places = [line for line in lines if 'set "place=' in line]
    assert places == [
        'set "place=%~1"',
        'if not defined place set "place=%LOCALAPPDATA%\\Programs\\NetBuilder"',
        'for %%I in ("%place%") do set "place=%%~fI"',
    ]
    code = [line for line in lines if not line.startswith(("rem", "echo"))]
    # "Jürgen & Söhne" would end a command, "(x86)" a block.
    assert all(line.count('"') % 2 == 0 for line in lines)
    assert not any(re.search(r"\($|^\)", line) for line in code)
    for line in code:
        bare = re.sub(r'"[^"]*"', "", line)
        assert "%place%" not in bare
        assert "%LOCALAPPDATA%" not in bare
        assert "%~dp0" not in bare
    labels = {line[1:] for line in lines if line.startswith(":")}
    assert {name for line in lines for name in re.findall(r"goto (\w+)", line)} == labels - {""}
    assert lines.index('%python% -c "%test%" "%place%"') < lines.index(
        "if errorlevel 1 goto too_long"
    )
    ends = [index for index, line in enumerate(lines) if line.startswith("exit /b")]
    assert [lines[index - 1] for index in ends] == ["%wait%", "%wait%"], "it waits before it ends"


def _wine(kit, *words: str):
    script = f"Z:{kit / 'install.bat'}".replace("/", "\\")
    env = {**os.environ, "WINEDEBUG": "-all", "WINEPATH": f"Z:{kit}".replace("/", "\\")}
    return subprocess.run(
        ["wine", "cmd", "/d", "/c", script, *words], env=env, stdin=subprocess.DEVNULL, cwd=kit,
        capture_output=True, text=True, errors="replace", check=False, timeout=200,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("wine") is None, reason="needs Wine's cmd")
def test_the_windows_script_in_wine(tmp_path, monkeypatch):
    monkeypatch.setenv("WINEPREFIX", str(tmp_path / "prefix"))
    kit, place = tmp_path / "kit", tmp_path / "Jürgen & Söhne (x86)"
    kit.mkdir()
    offline_kit.write_scripts(kit, "3.12", 60)
    alone = _wine(kit)
    assert alone.returncode == 1
    assert "There is no Python 3.12" in alone.stdout
    # Wine has no Python: a cmd that is given nothing to do succeeds likewise.
    cmd = tmp_path / "prefix" / "drive_c" / "windows" / "system32" / "cmd.exe"
    shutil.copy(cmd, kit / "py.exe")
    folder = f"Z:{place}".replace("/", "\\")
    without = _wine(kit, folder)
    assert without.returncode == 1
    assert "NetBuilder could not be installed from" in without.stdout
    (place / "Scripts").mkdir(parents=True)
    shutil.copy(cmd, place / "Scripts" / "python.exe")
    done = _wine(kit, folder)
    assert done.returncode == 0, done.stdout
    assert "NetBuilder is installed." in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="runs the script of Linux and macOS")
def test_the_shell_script_says_that_there_is_no_python(tmp_path):
    offline_kit.write_scripts(tmp_path, "3.12")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    # A python3 of another version is there, as on most systems.
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    done = subprocess.run(
        ["sh", str(tmp_path / "install.sh"), str(tmp_path / "place")],
        env={"PATH": str(tools)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "There is no Python 3.12" in done.stderr
    assert not (tmp_path / "place").exists()


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.skipif(sys.platform != "linux", reason="installs the Linux kit")
def test_a_kit_installs_without_a_network(root, tmp_path):
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    kit = tmp_path / "kit"
    kit.mkdir()
    offline_kit.make_kit(kit, root, [offline_kit.find_platform("linux")], python, print)
    # A name server that does not answer would be a network; pip must not even ask.
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path),
           "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null",
           "PIP_COMPILE": "0"}  # fmt: skip  # ten thousand files to byte code take a minute
    done = subprocess.run(
        ["sh", str(kit / "install.sh"), str(tmp_path / "place")],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, "who reads that thinks that it failed"
    told = subprocess.run(
        [str(tmp_path / "place" / "bin" / "netbuilder"), "examples"],
        env=env, capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert "digits" in told.stdout
