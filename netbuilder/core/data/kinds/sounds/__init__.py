"""Sounds: a folder for each class, as waveforms or spectrograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.kind import (
    MEMORY,
    PARTS,
    SCALING,
    DataCode,
    DataKind,
    DataLocation,
    InputFormat,
    KindFiles,
    ScriptRequest,
)
from netbuilder.core.data.kinds.modality import (
    Array,
    Fitted,
    KerasInputs,
    Key,
    Modality,
    PreviewSamples,
    Rows,
    reshape_values,
    source_of,
    values_of,
    wanted_shape,
)
from netbuilder.core.data.kinds.scripts.folder_script import folder_lines, keras_directory_code
from netbuilder.core.data.kinds.scripts.script_lines import function_lines, script_part, used_inputs
from netbuilder.core.data.kinds.sounds.sound_files import (
    DEFAULT_MELS,
    ENDINGS,
    SPEECH_MELS,
    SPEECH_RATE,
    SoundFormat,
    check_all_sounds,
    decode_sounds,
    is_plain_wave,
    log_mel,
    mel_filters,
    sound_lengths,
    sound_wave,
    spectrogram,
)
from netbuilder.core.data.preprocessing import scaling
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.readers.class_folders import (
    FolderSamples,
    find_samples,
    keras_directories,
    select_files,
    usual_ending,
)
from netbuilder.core.data.readers.excluded_files import (
    SampleFolder,
    with_exclude_fix,
    without_excluded,
)
from netbuilder.core.data.readers.samples import Samples, folder_targets
from netbuilder.core.data.readers.table_cells import TableReading
from netbuilder.core.data.readers.zipped_folders import ZIP, has_test_part, unpacked, zip_contains
from netbuilder.core.data.recipe_options import integer_option, positive_option
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import PreparedData

SPECTROGRAM, WAVEFORM, SPEECH = "spectrogram", "waveform", "speech"
DEFAULT_RATE = 16_000
_LONGEST = 5.0
_LOOK_AT = 100
_SHOWN = 12

_REPRESENTATION = Param(
    "representation",
    Kind.CHOICE,
    SPECTROGRAM,
    N_("spectrogram, the waveform itself, or the mel bands that SpeechEmbedding reads"),
    choices=(SPECTROGRAM, WAVEFORM, SPEECH),
)
_SECONDS = Param(
    "seconds", Kind.FLOAT, None, N_("longer sounds are cut off"), 0.05, 60, optional=True
)
_RATE = Param(
    "sample_rate", Kind.INT, DEFAULT_RATE, N_("samples per second"), 1000, 96_000, more=True
)
_MELS = Param(
    "mels", Kind.INT, DEFAULT_MELS, N_("frequency bands of the spectrogram"), 8, 256, more=True
)


def _read(data: Data, path: Path, test: bool, part: bool = False) -> Samples:
    import numpy as np

    root = unpacked(path, ENDINGS)
    folder_samples, home = find_samples(root, ENDINGS), SampleFolder(root, path.name)
    chosen, findings = without_excluded(
        select_files(folder_samples, test=test, part=part), data.options, home
    )
    sound, notes = _format(data.options, chosen.files, home)
    paths = np.empty(len(chosen.files), object)
    paths[:] = chosen.files
    return Samples(
        role="sound",
        arrays={"sound": paths},
        targets=folder_targets(chosen.labels),
        source=path.name,
        notes=(*folder_samples.notes, *notes),
        parts=chosen.parts,
        details=tuple(map(float, sound)),
        home=home,
        findings=findings,
        reading=TableReading(read_as=_short_reading(folder_samples, root, chosen.files, sound)),
    )


def _short_reading(
    samples: FolderSamples, root: Path, files: Sequence[Path], sound: SoundFormat
) -> dict[str, Any]:
    """Return how ``keras.utils.audio_dataset_from_directory`` reads the same waves, or {}."""
    if not all(is_plain_wave(file, sound.rate) for file in files):
        return {}
    directories = keras_directories(samples, root, (".wav",))
    return {**directories, "length": round(sound.rate * sound.seconds)} if directories else {}


def _read_test(data: Data, path: Path) -> Samples | None:
    return _read(data, path, False, part=True) if has_test_part(path, ENDINGS) else None


def _mels(options: Mapping[str, Any], how: str) -> int:
    if how == SPECTROGRAM:
        return integer_option(options, "mels", DEFAULT_MELS, least=8)
    return SPEECH_MELS if how == SPEECH else 0


def _format(
    options: Mapping[str, Any], files: list[Path], home: SampleFolder
) -> tuple[SoundFormat, tuple[str, ...]]:
    """Return the sound format of a recipe, and notes; the default length fits most sounds."""
    import numpy as np

    how = str(options.get("representation") or SPECTROGRAM)
    if how not in _REPRESENTATION.choices:
        raise data_error("sound_representation_unknown", name=how)
    speech = how == SPEECH
    lengths = sound_lengths(files, home)
    fits = float(np.quantile(lengths, 0.95)) if lengths else 1.0
    usual = min(_LONGEST, max(0.1, float(np.ceil(fits * 10) / 10)))
    seconds = positive_option(options, "seconds", usual) if options.get("seconds") else usual
    sound = SoundFormat(
        SPEECH_RATE if speech else integer_option(options, "sample_rate", DEFAULT_RATE, least=1000),
        seconds,
        _mels(options, how),
        speech,
    )
    longer = sum(length > sound.seconds + 0.01 for length in lengths)
    notes = (
        (
            ngettext(
                "{count} of {total} sounds is longer than {seconds} s and is cut off.",
                "{count} of {total} sounds are longer than {seconds} s and are cut off.",
                longer,
                total=format_number(len(lengths)),
                seconds=format_number(sound.seconds, "g"),
            ),
        )
        if longer
        else ()
    )
    return sound, notes


class SoundModality(Modality):
    """Waves, or their spectrograms."""

    name = "sound"
    takes = N_("sounds")
    endings = ENDINGS
    no_web_page = N_("A web page cannot take sounds.")

    def fit(self, project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
        source = source_of(project, key, samples)
        few = train[:: max(1, len(train) // _LOOK_AT)]
        sound = SoundFormat.of(samples.details)
        looked_at = decode_sounds(list(samples.arrays[source][few]), sound)
        how = project.data.scaling
        # A spectrogram is a logarithm far below 0; a wave lies between -1 and 1 already, and
        # SpeechEmbedding takes its bands as they are.
        usual = "standard" if sound.mels and not sound.speech else "none"
        how = usual if how == "auto" else how
        offset, scale = scaling.fit_whole(looked_at, how, None)
        shape = wanted_shape(project, key, looked_at.shape[1:])
        fitted = InputPreprocessing(
            "sound", shape, "float32", (), offset, scale, source=source, sound=samples.details
        )
        return fitted, ()

    def read(
        self, samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice
    ) -> Array:
        try:
            return self.of_files(list(values_of(samples, preprocessing, rows)), preprocessing)
        except DataError as error:
            raise with_exclude_fix(error, samples.home) from error

    def show(self, samples: Samples, count: int) -> PreviewSamples:
        files = next(iter(samples.arrays.values()))
        sound = SoundFormat.of(samples.details)._replace(mels=0)
        waves = decode_sounds(list(files[: min(count, _SHOWN)]), sound)
        # As many points as a small picture has.
        step = max(1, waves.shape[1] // 400)
        return PreviewSamples({"sound": [file.name for file in files]}, sequences=waves[:, ::step])

    def of_files(self, files: Sequence[Path], entry: InputPreprocessing) -> Array:
        return reshape_values(decode_sounds(files, SoundFormat.of(entry.sound)), entry)

    def labelled(self, data: Data, preprocessing: Preprocessing, path: Path) -> Samples:
        return _read(data, path, True)

    def decoded(self, samples: Samples, preprocessing: InputPreprocessing) -> int | None:
        import numpy as np

        return 8 * int(np.prod([size or 1 for size in preprocessing.shape]))

    def layers(self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs) -> Any:
        """Return the wave, (samples,), at the recipe's rate, or the spectrogram made of it."""
        sound = SoundFormat.of(entry.sound)
        wave = inputs.node(key, (round(sound.rate * sound.seconds),))
        return spectrogram(wave, sound.rate, sound.mels, entry.shape, sound.speech)

    def examples(
        self, entry: InputPreprocessing, key: str, count: int
    ) -> tuple[Mapping[Key, Array], Array]:
        import numpy as np

        sound = SoundFormat.of(entry.sound)
        random = np.random.default_rng(0)
        waves = random.uniform(-1, 1, (count, round(sound.rate * sound.seconds)))
        waves = waves.astype(np.float32)
        features = np.stack([sound.features(wave) for wave in waves])
        return {("node", key): waves}, reshape_values(features, entry)

    def layers_take(self, entry: InputPreprocessing) -> str:
        sound = SoundFormat.of(entry.sound)
        return _(
            "sounds as waveforms from -1 to 1: {rate} samples per second, {seconds} s",
            rate=format_number(sound.rate, ","),
            seconds=format_number(sound.seconds, "g"),
        )

    def check_all(self, files: Sequence[Path], home: SampleFolder) -> None:
        check_all_sounds(files, home)

    def view(self, plan: PreparedData, project: Project, base: Path) -> object | None:
        from netbuilder.core.data.kinds.sounds.view import sounds_data_view

        return sounds_data_view(plan)


SOUND = SoundModality()


def _recognised(path: Path) -> Mapping[str, Any] | None:
    """Recognise a folder with sounds in its folders, or a zip of it."""
    has_sounds = usual_ending(path) in ENDINGS if path.is_dir() else zip_contains(path, ENDINGS)
    return {} if has_sounds else None


def _short_features(question: ScriptRequest, rate: int, mels: int) -> list[str]:
    """Return lines from waveforms, (sounds, samples, 1), to what the network takes."""
    graph = question.project.graph
    if mels and any(node.layer == "SpeechEmbedding" for node in graph.nodes):
        return [
            "from speech_embedding import log_mel",
            f"x = np.stack([log_mel(wave[:, 0], {rate}, {mels}, speech=True) for wave in x])",
        ]
    if not mels:
        return []
    assert question.facts is not None
    steps = question.facts.input_shapes[used_inputs(graph)[0]][0]
    size = 1 << (rate // 40 - 1).bit_length()
    sizes = f"{size}, {rate // 100}, {rate // 40}, sampling_rate={rate}"
    return [
        f"spectrogram = layers.MelSpectrogram({sizes}, num_mel_bins={mels}, min_freq=0)",
        f"x = np.swapaxes(spectrogram(x[:, :, 0]), 1, 2)[:, :{steps}]",
    ]


def _code(question: ScriptRequest) -> DataCode:
    data = question.project.data
    how = data.options.get("representation") or SPECTROGRAM
    speech, pictures = how == SPEECH, how != WAVEFORM
    rate = integer_option(data.options, "sample_rate", DEFAULT_RATE, least=1000)
    rate = SPEECH_RATE if speech else rate
    seconds = data.options.get("seconds")
    wave = f"sound_wave(str(file), {rate}, {seconds or 'seconds'})"
    mels, bands = _mels(data.options, how), ", speech=True" if speech else ""
    each = f"log_mel({wave}, {rate}, {mels}{bands})" if pictures else f"{wave}[:, None]"
    read = f"np.stack([{each} for file in files])"
    # As ``_format`` finds the length that fits most.
    length = () if seconds else script_part("usual_seconds", longest=_LONGEST)
    lines = [
        *function_lines(sound_wave),
        *([*function_lines(mel_filters), *function_lines(log_mel)] if pictures else ()),
        *folder_lines(data, ENDINGS, read, length),
    ]
    usual = "standard" if how == SPECTROGRAM else "none"
    size = f"round({rate} * {seconds or 'seconds'})"
    hears = f"spectrogram(raw_inputs, {rate}, {mels}, x_train.shape[1:]{bands})"
    steps = [
        _(
            "# The .keras file takes waveforms from -1 to 1, {rate} samples a second.",
            rate=format_number(rate),
        ),
        *(function_lines(spectrogram) if pictures else ()),
        f"raw_inputs = keras.Input(({size},))",
        f"numbers = {hears if pictures else 'layers.Reshape(x_train.shape[1:])(raw_inputs)'}",
    ]
    if question.reading("length") and (pictures or rate == DEFAULT_RATE):
        samples = [f"output_sequence_length={question.reading('length')}"]
        code = keras_directory_code(question, "audio_dataset_from_directory", "sounds", samples)
        if code is not None and not data.test_path and not code.parts and not code.own_test:
            return replace(
                code,
                lines=(*code.lines, *_short_features(question, rate, mels)),
                fed=InputFormat.WHOLE,
                scaling=usual,
                looked_at=_LOOK_AT,
            )
    return DataCode(
        tuple(lines),
        InputFormat.WHOLE,
        input_lines=tuple(steps),
        takes=_(
            "the features computed from the files above, not waveforms of another rate or length"
        ),
        scaling=usual,
        looked_at=_LOOK_AT,
        parts="folders",
        own_test=bool(data.test_path),
    )


KIND = DataKind(
    name="sounds",
    title=N_("Sounds"),
    help=N_("sounds: a folder with one folder for each class (which word was said?)"),
    noun=N_("sounds"),
    options=(_REPRESENTATION, _SECONDS, _RATE, _MELS, SCALING, *PARTS, MEMORY),
    modalities=(SOUND,),
    files=KindFiles(_read, (ZIP,), DataLocation.EITHER, _recognised, _read_test),
    code=_code,
    task=lambda data: "classes",
)
