"""The folder that runs without Python, and the Debian package made from it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest

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
