"""What Windows and macOS install from, as far as it can be checked on any system."""

import ast
import plistlib
import re
import sys
from typing import Any

import pytest
from PIL import Image

import netbuilder


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
