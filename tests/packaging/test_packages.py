"""What people install: packages, installers, system packages, licences."""

import ast
import os
import plistlib
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
import third_party
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

import netbuilder
from netbuilder.cli.app import missing_library_error

ON_REQUEST = "NETBUILDER_TEST_PACKAGING"


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is Debian's")
def test_a_debian_package_holds_program_link_and_menu_entry(packaging, tmp_path):
    built = tmp_path / "netbuilder"
    built.mkdir()
    program = built / "netbuilder"
    program.write_text("#!/bin/sh\necho hello\n", encoding="utf-8")
    program.chmod(0o755)
    package = packaging("make_deb").make(built, tmp_path)
    listed = subprocess.run(
        ["dpkg-deb", "--contents", str(package)], check=True, capture_output=True, text=True
    ).stdout
    assert "./opt/netbuilder/netbuilder" in listed
    assert "./usr/bin/netbuilder -> /opt/netbuilder/netbuilder" in listed
    assert "netbuilder.desktop" in listed
    assert "hicolor/scalable/apps/netbuilder.svg" in listed
    assert "mime/packages/netbuilder.xml" in listed
    out = tmp_path / "out"
    subprocess.run(["dpkg-deb", "--extract", str(package), str(out)], check=True)
    entry = (out / "usr/share/applications/netbuilder.desktop").read_text(encoding="utf-8")
    types = (out / "usr/share/mime/packages/netbuilder.xml").read_bytes()
    named = [one.get("type") for one in ElementTree.fromstring(types)]
    assert set(named) == {"application/x-netbuilder", "application/x-keras"}
    (opens,) = [line for line in entry.splitlines() if line.startswith("MimeType=")]
    assert {*named, "application/x-hdf"} == {*opens.removeprefix("MimeType=").strip(";").split(";")}
    licences = (out / "usr/share/doc/netbuilder/copyright").read_text(encoding="utf-8")
    assert "MIT License" in licences and "| grandalf |" in licences
    told = subprocess.run(
        ["dpkg-deb", "--field", str(package), "Depends"], check=True, capture_output=True, text=True
    ).stdout
    assert "libegl1" in told
    assert "python3" not in told, "the folder brings its own Python"


def _built(root, tmp_path):
    """PyInstaller's folder: the one that was asked for by name, else a new one."""
    given = Path(os.environ[ON_REQUEST])
    if (given / "netbuilder").is_file():
        return given
    subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR",
         "--distpath", str(tmp_path / "dist"), "--workpath", str(tmp_path / "work"),
         str(root / "packaging" / "netbuilder.spec")],
        check=True,
    )  # fmt: skip
    return tmp_path / "dist" / "netbuilder"


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.skipif(
    not os.environ.get(ON_REQUEST), reason=f"takes long: set {ON_REQUEST}=1, or a built folder"
)
def test_the_folder_that_runs_without_python(root, packaging, tmp_path):
    built = _built(root, tmp_path)
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}

    # As the Debian package starts it: by a link from elsewhere.
    link = tmp_path / "bin" / "netbuilder"
    link.parent.mkdir()
    link.symlink_to(built / "netbuilder")

    def run(*words: str, code=0):
        done = subprocess.run(
            [str(link), *words], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout or done.stderr

    assert "digits" in run("examples")
    run("examples", "iris", "-o", "iris.netbuilder")
    run("train", "iris.netbuilder", "-o", "iris.h5", "--epochs", "2")
    assert (tmp_path / "iris.h5").is_file()
    # Judged by a process of its own, which is the program itself: there is no Python beside it.
    (tmp_path / "in").mkdir()
    shutil.copy(tmp_path / "iris.h5", tmp_path / "in" / "ada.h5")
    hidden = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),species\n"
    (tmp_path / "hidden.csv").write_text(f"{hidden}5.1,3.5,1.4,0.2,setosa\n", encoding="utf-8")
    assert "1 file, mean 100 points" in run("grade", "in", "--data", "hidden.csv")
    # A file that ends the HDF5 library is read by such a process first.
    with h5py.File(tmp_path / "deadly.h5", "w", libver="latest") as file:
        for number in range(40):
            file[f"g/d{number:02d}"] = np.arange(number)
    data = (tmp_path / "deadly.h5").read_bytes()
    (tmp_path / "deadly.h5").write_bytes(data.replace(b"d02", b"\x9302"))
    assert "would crash the program" in run("check", "deadly.h5", code=1)
    run("screenshot", "iris.netbuilder", "-o", "window.png")
    assert (tmp_path / "window.png").stat().st_size > 10_000
    package = packaging("make_deb").make(built, tmp_path)
    assert package.stat().st_size > 100_000_000


def test_icons_hold_every_size_and_the_version_is_ours(packaging, tmp_path):
    paths = packaging("make_assets").make(tmp_path)
    with Image.open(paths["ico"]) as icon:
        assert {(16, 16), (32, 32), (256, 256)} <= set(icon.info["sizes"])
        blue = icon.convert("RGBA").getpixel((128, 12))
    assert blue[2] > blue[0] and blue[3] == 255, "the square of the SVG"
    with Image.open(paths["icns"]) as icon:
        assert {(16, 16, 2), (512, 512, 2)} <= set(icon.info["sizes"])
    text = paths["version"].read_text("utf-8")
    ast.parse(text, mode="eval")
    assert text.count(f'"{netbuilder.__version__}"') == 2
    assert f"filevers=({netbuilder.__version__.replace('.', ', ')}, 0)" in text


def _programs(root, tmp_path, system):
    """Carry the PyInstaller recipe out with stand-ins for what collects and writes."""
    made: dict[str, Any] = {"names": []}

    def collect(*parts: Any, name):
        made["names"] = [part for part in parts if isinstance(part, str)]
        return name

    text = (root / "packaging" / "netbuilder.spec").read_text("utf-8")
    text = text.replace("from PyInstaller.utils.hooks import collect_all, collect_submodules", "")
    text = text.replace("sys.platform", repr(system))
    analysis = type("Analysis", (), {"pure": [], "scripts": [], "binaries": [], "datas": []})
    names = {
        "SPECPATH": str(root / "packaging"),
        "workpath": str(tmp_path),
        "collect_all": lambda *_args, **_more: ([], [], []),
        "collect_submodules": lambda _name: [],
        "Analysis": lambda *_args, **_more: analysis(),
        "PYZ": list,
        "EXE": lambda *_args, **more: more["name"],
        "COLLECT": collect,
        "BUNDLE": lambda *_args, **more: made.update(bundle=more),
    }
    exec(compile(text, "netbuilder.spec", "exec"), names)
    return made


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_the_recipe_of_each_system(root, tmp_path, system, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    made = _programs(root, tmp_path, system)
    windowed = [] if system == "linux" else ["netbuilderw"]
    assert made["names"] == [*windowed, "netbuilder"], "the bundle starts the first"
    if system != "darwin":
        assert "bundle" not in made
        return
    about = plistlib.loads(plistlib.dumps(made["bundle"]["info_plist"]))
    macos = about["LSMinimumSystemVersion"].split(".")[0]
    assert f"macOS {macos} " in (root / "docs" / "school.md").read_text("utf-8")
    assert f"macOS {macos} " in (root / "docs" / "platforms.md").read_text("utf-8")
    assert "pictures" in about["NSCameraUsageDescription"]
    assert "sounds" in about["NSMicrophoneUsageDescription"]
    declared = {
        kind["UTTypeIdentifier"]
        for key in ("UTExportedTypeDeclarations", "UTImportedTypeDeclarations")
        for kind in about[key]
    }
    opened = [name for kind in about["CFBundleDocumentTypes"]
              for name in kind.get("LSItemContentTypes", ())]  # fmt: skip
    assert set(opened) == declared


def test_the_installer_needs_no_rights_and_leaves_the_users_data_alone(root):
    text = (root / "packaging" / "netbuilder.iss").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith((";", "#", "  #"))]
    sections: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("["):
            sections[line.strip("[]")] = []
        else:
            sections[list(sections)[-1]].append(line)
    setup = dict(line.split("=", 1) for line in sections["Setup"])
    assert setup["PrivilegesRequired"] == "lowest"
    assert setup["DefaultDirName"].startswith("{userpf}")
    for name, held in sections.items():
        for line in held if name != "Setup" else ():
            assert all(re.match(r"\w+: ", part) for part in re.split(r"; (?=\w+:)", line)), line
    assert not [line for line in sections["Registry"] if "Root: HKCU;" not in line]
    assert {"netbuilder", "keras", "h5"} == {
        found for line in sections["Registry"]
        for found in re.findall(r'Classes\\\.(\w+)', line)
    }  # fmt: skip
    started = set(re.findall(r"\{app\}\\(\w+\.exe)", text))
    assert started == {"netbuilderw.exe"}
    assert setup["SetupIconFile"] == r"build\netbuilder\assets\netbuilder.ico"


def test_the_workflow_is_whole_and_names_no_server(root):
    yaml = pytest.importorskip("yaml")
    text = (root / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    assert "http" not in text
    jobs = yaml.safe_load(text)["jobs"]
    matrix = jobs["test"]["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["system"]} == {"ubuntu", "windows", "macos"}
    assert matrix["python"] == ["3.11", "3.13"]
    assert set(jobs["folder"]["needs"]) <= set(jobs)
    named = re.findall(r"packaging/[\w.]+", text)
    assert named
    assert all((root / name).is_file() for name in named)


def test_readme_lists_what_the_program_and_the_extras_need(packaging):
    read = packaging("system_packages").system_packages
    plain, extras = read("plain"), read("extras")
    assert {"python3-venv", "libglib2.0-0", "libxcb-cursor0"} <= set(plain)
    assert "libpulse0" in extras
    assert not set(plain) & set(extras)


@pytest.mark.parametrize("library", ["libEGL.so.1", "libglib-2.0.so.0", "libxcb-icccm.so.4"])
def test_the_package_that_an_error_names_stands_in_readme(packaging, library):
    error = missing_library_error(f"{library}: cannot open shared object file: No such file")
    package = error.fix.split("apt install ")[1].split()[0]
    assert package in packaging("system_packages").system_packages("plain")


def test_a_list_that_is_missing_is_an_error(packaging):
    module = packaging("system_packages")
    text = "sudo apt install a \\\n  b\n\nsudo apt install c\n"
    assert module.system_packages("plain", text) == ["a", "b"]
    assert module.system_packages("extras", text) == ["c"]
    with pytest.raises(ValueError, match="1 lines"):
        module.system_packages("plain", "sudo apt install a\n")


def _rows(root):
    text = (root / "resources" / "third_party.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row for row in rows}


def test_every_dependency_has_its_licence_in_the_list(root):
    """Those of pyproject.toml and what they need in turn; the list is made anew by the script."""
    raw = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = raw["optional-dependencies"]
    waiting = [*raw["dependencies"], *extras["capture"], *extras["onnx"]]
    rows, visited = _rows(root), set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name in visited or (
            requirement.marker and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        visited.add(name)
        assert name in rows, f"{name}: lock it, then run python scripts/third_party.py"
        assert rows[name][2] == third_party.licence_of(name) != ""
        waiting += metadata.requires(name) or []
    assert len(visited) > 50


def test_the_list_has_the_versions_of_the_lock_and_all_weights(root):
    rows = _rows(root)
    for name, versions in third_party.locked().items():
        assert rows[name][1] == ", ".join(versions), "run python scripts/third_party.py"
    weights = {path.name for path in (root / "resources" / "weights").iterdir()}
    assert {name for name in weights if not name.endswith(".txt")} <= rows.keys()
    assert rows["english_words.npz"][2] == "PDDL-1.0"
    assert "LGPL-3.0" in rows["pyside6-essentials"][2] and rows["grandalf"][2].endswith("EPL-1.0")


def test_a_program_without_python_holds_the_texts():
    texts = third_party.licence_texts()
    assert all(Path(file).is_file() for file, _folder in texts)
    assert {"licences/grandalf", "licences/soundfile"} <= {folder for _file, folder in texts}


def test_actions_are_pinned_and_extras_exist(root):
    text = (root / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    raw = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) and re.search(r"# v\d", comment)
    for extras in re.findall(r'"\.\[([\w,]+)\]"', text):
        assert set(extras.split(",")) <= raw["optional-dependencies"].keys()
    assert "--require-hashes -r packaging/locked.txt" in text
