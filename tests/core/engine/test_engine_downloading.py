"""A download of learned weights is told while it grows, and Keras's own bar stays away."""

import sys
import time

from netbuilder.core.engine.networks.backbone_weights import report_download


def test_a_growing_file_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "old.h5").write_bytes(b"0" * 5_000_000)
    words: list[str] = []
    with report_download("the weights of MobileNetV2", words.append):
        sys.stdout.write("1234/5678 ------")
        for size in (1, 2):
            with (folder / "new.h5").open("ab") as file:
                file.write(b"0" * (size * 1_000_000))
            time.sleep(0.7)
    assert words == [
        "Downloading the weights of MobileNetV2: 1.0 MB so far",
        "Downloading the weights of MobileNetV2: 3.0 MB so far",
    ]
    assert capsys.readouterr().out == ""


def test_nothing_is_told_where_nothing_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    words: list[str] = []
    with report_download("the weights", words.append):
        time.sleep(0.7)
    assert words == []
