"""The kit for machines without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from netbuilder.core import offline_kit
from netbuilder.core.errors import UserError


def test_linux_takes_tensorflow_without_graphics_cards(root: Path, tmp_path: Path) -> None:
    linux = offline_kit.download_command(root, tmp_path, offline_kit.find_platform("linux"), "3.12")
    windows = offline_kit.download_command(
        root, tmp_path, offline_kit.find_platform("windows"), "3.12"
    )
    assert any(word.startswith("tensorflow-cpu>=") for word in linux)
    assert any(word.startswith("tensorflow>=") for word in windows)
    assert not any(word.startswith("tensorflow>=") for word in linux)
    assert "win_amd64" in windows
    assert "cp312" in windows


def test_the_kit_takes_the_versions_that_were_tested(root: Path, tmp_path: Path) -> None:
    locked = offline_kit.write_lock(root, tmp_path)
    assert locked is not None
    words = offline_kit.download_command(
        root, tmp_path, offline_kit.find_platform("linux"), "3.12", locked
    )
    assert words[words.index("--constraint") + 1] == str(locked)
    lines = locked.read_text(encoding="utf-8").splitlines()
    (version,) = [one.partition("==")[2] for one in lines if one.startswith("tensorflow==")]
    assert f"tensorflow-cpu=={version}" in lines
    # Another program's folder has no such file: then the newest that fit are taken.
    assert offline_kit.write_lock(tmp_path / "elsewhere", tmp_path) is None


@pytest.mark.parametrize("python", offline_kit.PYTHONS)
def test_every_dependency_is_locked_to_a_version_that_it_allows(root: Path, python: str) -> None:
    """As pip chooses on each Python; so nobody adds one and forgets the lock."""
    raw = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = raw["optional-dependencies"]
    given = [*raw["dependencies"], *extras["seal"], *extras["capture"], *extras["tune"]]
    here = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    lines = (root / offline_kit.LOCKED).read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    held = {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in pins
        if one.marker is None or one.marker.evaluate(here)
    }
    for one in map(Requirement, given):
        if one.marker is None or one.marker.evaluate(here):
            version = held[canonicalize_name(one.name)]
            assert one.specifier.contains(version), f"{one}, and locked is {version}"


def test_what_cannot_be_is_said(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"linux"):
        offline_kit.find_platform("linus")
    for source, python in ((tmp_path, "3.12"), (root, "3.9")):
        with pytest.raises(UserError):
            offline_kit.make_kit(tmp_path, source, [], python, print)


@pytest.mark.skipif(shutil.which("sh") is None, reason="install.sh is for POSIX shells")
def test_scripts_are_whole(tmp_path: Path) -> None:
    offline_kit.write_scripts(tmp_path, "3.12")
    subprocess.run(["sh", "-n", str(tmp_path / "install.sh")], check=True)
    shell = (tmp_path / "install.sh").read_text(encoding="utf-8")
    assert "{" not in shell.replace("${1:-$HOME/netbuilder}", "")
    # pip complains of what a package that is there lacks: NetBuilder itself comes last.
    assert shell.index('-r "$place/needed.txt"') < shell.index("--no-deps netbuilder-studio")
    batch = (tmp_path / "install.bat").read_bytes()
    assert b"\r\n" in batch
    assert b"py -3.12 -m venv" in batch


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.skipif(sys.platform != "linux", reason="installs the Linux kit")
def test_a_kit_installs_without_a_network(root: Path, tmp_path: Path) -> None:
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    kit = tmp_path / "kit"
    kit.mkdir()
    offline_kit.make_kit(kit, root, [offline_kit.find_platform("linux")], python, print)
    # A name server that does not answer would be a network; pip must not even ask.
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path),
           "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}  # fmt: skip
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
