"""Sounds of a folder for each class: pitch, length, rate, parts, and bad files."""

import numpy as np
import pytest
import soundfile

from netbuilder.core.data.kinds.sounds.sound_files import log_mel, sound_wave
from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Project


def tone(path, pitch, rate = 16_000, seconds = 0.5, channels = 1
         ):  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(rate * seconds)) / rate)
    soundfile.write(path, np.repeat(wave[:, None], channels, axis=1), rate)


@pytest.fixture
def folder(tmp_path):
    for index in range(10):
        tone(tmp_path / "s" / "low" / f"{index}.wav", 300 + index)
        tone(tmp_path / "s" / "high" / f"{index}.flac", 3000 + index)
    return tmp_path


def project(**options: object):
    return Project(data=Data("sounds", path="s", options=options))


def test_spectrograms_of_a_folder(folder):
    assert recipe_for(folder / "s", "s").kind == "sounds"
    found = load_dataset(project(), folder)
    # Half a second: frames of 400 every 160 of 8,000 numbers.
    assert found.facts.input_shapes["input"] == (48, 40)
    assert found.facts.classes == ("high", "low")
    x = found.train.x["input"]
    assert abs(x.mean()) < 0.2
    assert 0.7 < x.std() < 1.3
    loudest = found.train.raw_x["input"].mean(axis=1).argmax(axis=1)
    classes = np.array(found.facts.classes)[found.train.raw_y["output"]]
    assert (loudest[classes == "high"].min() > loudest[classes == "low"].max()).all()


def test_the_pitch_stands_where_the_mel_scale_puts_it():
    rate, mels = 16_000, 40
    for pitch in (440.0, 1000.0, 4000.0):
        wave = np.sin(2 * np.pi * pitch * np.arange(rate) / rate).astype(np.float32)
        highest = 2595 * np.log10(1 + rate / 2 / 700)
        expected = 2595 * np.log10(1 + pitch / 700) / highest * (mels + 1) - 1
        assert log_mel(wave, rate, mels).mean(axis=0).argmax() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg"])
def test_each_kind_of_sound_file(tmp_path, ending):
    for index in range(8):
        tone(tmp_path / "s" / "low" / f"{index}{ending}", 300 + index)
        tone(tmp_path / "s" / "high" / f"{index}{ending}", 3000 + index)
    assert recipe_for(tmp_path / "s", "s").kind == "sounds"
    found = load_dataset(project(representation="waveform"), tmp_path)
    assert found.facts.classes == ("high", "low")
    waves = found.train.raw_x["input"][..., 0]
    strongest = np.abs(np.fft.rfft(waves, axis=1)).argmax(axis=1) * 2
    said = np.array(found.facts.classes)[found.train.raw_y["output"].astype(int).ravel()]
    assert set(said[strongest > 1500]) == {"high"}
    assert set(said[strongest < 1500]) == {"low"}


def test_waveforms(folder):
    found = load_dataset(project(representation="waveform", sample_rate=8000), folder)
    assert found.facts.input_shapes["input"] == (4000, 1)
    assert not found.preprocessing.inputs["input"].scaled
    assert np.abs(found.train.x["input"]).max() == pytest.approx(0.5, abs=0.05)


def test_other_rates_channels_and_lengths(tmp_path):
    tone(tmp_path / "a.ogg", 500, rate=44_100, seconds=1.0, channels=2)
    wave = sound_wave(str(tmp_path / "a.ogg"), 16_000, 2.0)
    assert wave.shape == (32_000,)
    assert np.abs(wave[16_100:]).max() == 0, "padded with silence"
    strength = np.abs(np.fft.rfft(wave[2000:10_000]))
    assert strength.argmax() * 2 == pytest.approx(500, abs=2)
    for index in range(6):
        for label in ("a", "b"):
            long = 3.0 if (index, label) == (0, "a") else 0.5
            tone(tmp_path / "s" / label / f"{index}.wav", 500, seconds=long)
    found = load_facts(project(seconds=0.5), tmp_path)
    assert "1 of 12 sounds is longer than 0.5 s and is cut off." in found.notes


def test_parts_preview_and_judging(tmp_path):
    for part, count in (("train", 6), ("val", 2), ("test", 2)):
        for label, pitch in (("low", 300), ("high", 3000)):
            for index in range(count):
                tone(tmp_path / "s" / part / label / f"{index}.wav", pitch + index)
    found = load_dataset(project(), tmp_path)
    assert (found.facts.rows, found.facts.validation_rows, found.facts.test_rows) == (12, 4, 4)
    shown = load_preview(project(), tmp_path, 5)
    assert shown.sequences is not None
    assert shown.rows[0] == ("0.wav", "high")
    split = read_split(project().data, found.preprocessing, tmp_path / "s" / "test")
    assert split.x["input"].shape == (4, 48, 40)


def test_bad_sounds(folder):
    (folder / "s" / "low" / "bad.wav").write_bytes(b"RIFF nonsense")
    with pytest.raises(
        DataError,
        match=r"1 file is damaged or not in the format that its extension indicates: 'low/bad.wav'",
    ):
        load_facts(project(), folder)
    (folder / "s" / "low" / "bad.wav").unlink()
    with pytest.raises(DataError, match="representation 'smell'"):
        load_facts(project(representation="smell"), folder)
    (folder / "s" / "low" / "talk.m4a").write_bytes(b"x")
    assert "1 .m4a file cannot be read." in load_facts(project(), folder).notes


def test_speech_bands_are_those_that_the_embedding_was_trained_with(tmp_path):
    """A tone of 1,000 Hz: its band, its decibels, and quiet of 40 frames before and after."""
    rate = 16_000
    wave = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)).astype(np.float32)
    bands = log_mel(wave, rate, 32, speech=True)
    assert bands.shape == (98 + 80, 32)
    # Slaney's scale: 1,000 Hz is step 15.
    ends = 60 * 3 / 200, 15 + 27 * np.log(3.8) / np.log(6.4)
    place = (15 - ends[0]) / ((ends[1] - ends[0]) / 33) - 1
    assert bands[90].argmax() == pytest.approx(place, abs=1)
    assert (bands[:40] == bands[40:-40].min(axis=0)).all()
    assert bands.max() - bands.min() <= 8 + 1e-5
    # Half the amplitude is 6.02 dB less.
    difference = bands - log_mel(wave / 2, rate, 32, speech=True)
    np.testing.assert_allclose(difference[90].max(), 0.602, atol=1e-3)


def test_speech_reaches_the_network_as_it_is(folder):
    found = load_dataset(project(representation="speech", mels=64, sample_rate=8000), folder)
    assert found.facts.input_shapes["input"] == (48 + 80, 32)
    assert not found.preprocessing.inputs["input"].scaled
    assert found.preprocessing.inputs["input"].sound == (16_000.0, 0.5, 32.0, 1.0)
