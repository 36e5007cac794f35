"""Networks for series: what changes since one season before, learned beside the naive forecast.

The window's last value is subtracted from all of it, two small layers and a straight path (or that
alone) read the differences, and the value of one season before (without a season, the last value)
is added to what they give. All are core layers. Sequences that are no series get an LSTM layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.data_facts import REGRESSION, DataFacts
from netbuilder.core.data.kinds.series.season import calendar_season, find_season
from netbuilder.core.data.kinds.series.view import SeriesDataView, series_data_view
from netbuilder.core.data.kinds.series.windows import targets_and_horizon
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.registry import kind_of
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Choice, Data, Graph, Group, Node, Project, Training
from netbuilder.core.results.suggestion.candidate import Candidate, chain, default_training, dropout
from netbuilder.core.wording import format_percent

#: Rows of a window at least where the series is long, and windows' worth of rows that it must have.
_WINDOW, _WINDOWS = 24, 4
#: Seasons in a window: of so few rows more, as their average says more than the last.
_SHORT, _SHORT_SEASONS = 7, 6
_WIDTH, _DROPOUT = 32, 0.1
#: Learning rate and weight decay; by the second a weight that little speaks for stays near 0.
_USUAL, _STEADY = (0.002, 0.05), (0.005, 1.0)
#: The validation set of a series of few rows, whose tenth would be too small to measure errors.
_FEW_ROWS, _VALIDATION = 500, 0.2
#: What reads the window's differences: layers by name.
_BODIES: Mapping[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "dense": (
        ("Flatten", {}),
        ("Dense", {"units": _WIDTH, "activation": "mish"}),
        ("Dropout", {"rate": _DROPOUT}),
        ("Dense", {"units": _WIDTH, "activation": "mish"}),
        ("Dropout", {"rate": _DROPOUT}),
    ),
    "conv": (
        ("Conv1D", {"filters": 16, "kernel_size": 3, "activation": "mish", "padding": "causal"}),
        ("Conv1D", {"filters": 16, "kernel_size": 3, "activation": "mish", "padding": "causal",
                    "dilation_rate": 3}),
        ("Flatten", {}),
        ("Dropout", {"rate": _DROPOUT}),
    ),
    "lstm": (("LSTM", {"units": 16}), ("Dropout", {"rate": _DROPOUT})),
    "straight": (),
}  # fmt: skip


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    data = project.data
    targets, horizon = targets_and_horizon(facts.target_names, data)
    columns = facts.column_names
    view = None
    if kind_of(data).goes_on and facts.task == REGRESSION and set(targets) <= set(columns):
        view = series_data_view(prepare_data(project, base), data, base)
    if view is None:
        return (_sequence_candidate(project, facts),)
    window, season, reasons = _window_and_season(view, targets[0], data)
    options = {**data.options, "window": window, "season": season}
    data = replace(data, options=options)
    if data.validation_split == Data().validation_split and facts.rows < _FEW_ROWS:
        data = replace(data, validation_split=_VALIDATION)
        reasons.append(
            _(
                "The last {share} of the training rows are the validation set: the band around the "
                "forecast is measured with them.",
                share=format_percent(_VALIDATION),
            )
        )
    project = replace(project, data=data)
    places = [columns.index(name) for name in targets]

    def candidate(name: str, title: str, body: str, rows: int) -> Candidate:
        graph = forecast_graph(window, len(columns), places, horizon, rows, _BODIES[body])
        own = [*reasons, _added_reason(rows)]
        training = _training(facts, own, *(_STEADY if body == "straight" else _USUAL))
        return Candidate(name, title, replace(project, graph=graph, training=training), tuple(own))

    last = candidate("last", _("dense layers beside the last value"), "dense", 1)
    first = (
        [candidate("season", _("dense layers beside the last season"), "dense", season)]
        if season > 1
        else []
    )
    return (
        *first,
        candidate("straight", _("a weighted sum of the window"), "straight", season),
        last,
        candidate("conv", _("convolutions"), "conv", season),
        candidate("lstm", _("an LSTM layer"), "lstm", season),
    )


def forecast_graph(
    window: int,
    columns: int,
    targets: Sequence[int],
    horizon: int,
    season: int,
    body: Sequence[tuple[str, Mapping[str, Any]]],
) -> Graph:
    """Return a network that adds what it learns to the values of one season before.

    Args:
        window: rows that it reads.
        columns: of each row.
        targets: places of the columns that it predicts.
        horizon: rows that it predicts.
        season: rows that lie between a value and the one that is added to it; 1: the last value.
        body: layers that read the differences to the window's last row, (window, columns).
    """
    naive = _("Value one season before") if season > 1 else _("Last value")
    groups = (
        Group("learned", _("Learned change"), collapsed=False),
        Group("naive", naive, collapsed=False),
    )
    group: str | None = "learned"
    nodes = [Node("input", "Input")]
    edges: list[tuple[str, str]] = []

    def add(name: str, layer: str, params: Mapping[str, Any], *sources: str) -> str:
        nodes.append(Node(name, layer, params, group=group))
        edges.extend((source, name) for source in sources)
        return name

    last = add("last_row", "Cropping1D", {"cropping": [window - 1, 0]}, "input")
    level = add("level", "UpSampling1D", {"size": window}, last)
    differences = add("differences", "Subtract", {}, "input", level)
    here = ""
    for number, (layer, params) in enumerate(body, 1):
        name = "straight_path" if layer == "Flatten" and not here else f"{layer.lower()}_{number}"
        here = add(name, layer, params, here or differences)
    straight = "straight_path"
    if straight not in {node.id for node in nodes}:
        add(straight, "Flatten", {}, differences)
    beside = add("deep_and_straight", "Concatenate", {}, here, straight) if here else straight
    start_at_zero = {"units": len(targets) * horizon, "kernel_initializer": "zeros"}
    change = add("change", "Dense", start_at_zero, beside)
    group = "naive"
    # Targets stand one after the other, each with all its steps.
    before = [
        _season_before(add, place, window, columns, horizon, season, len(targets) > 1)
        for place in targets
    ]
    joined = before[0] if len(before) == 1 else add("before", "Concatenate", {}, *before)
    group = None
    add("forecast", "Add", {}, joined, change)
    return Graph(tuple(nodes), tuple(edges), groups)


def _season_before(
    add: Any, place: int, window: int, columns: int, horizon: int, season: int, several: bool
) -> str:
    """Add the layers that give one column's values of one season before, (horizon,)."""
    suffix = f"_{place + 1}" if several else ""
    named = "last_value" if season == 1 else "one_season_before"
    rows = [window - season, max(season - horizon, 0)]
    if columns == 1:
        here = add(named, "Cropping1D", {"cropping": rows}, "input")
    else:
        shape = {"target_shape": [window, columns, 1]}
        picture = add(f"rows_and_columns{suffix}", "Reshape", shape, "input")
        crop = {"cropping": [rows, [place, columns - 1 - place]]}
        here = add(f"{named}{suffix}", "Cropping2D", crop, picture)
    here = add(f"values{suffix}", "Flatten", {}, here)
    if horizon <= season:
        return str(here)
    times = -(-horizon // season)
    here = add(f"repeated{suffix}", "RepeatVector", {"n": times}, here)
    if times * season > horizon:
        steps = {"target_shape": [times * season, 1]}
        here = add(f"steps{suffix}", "Reshape", steps, here)
        cut = {"cropping": [0, times * season - horizon]}
        here = add(f"steps_ahead{suffix}", "Cropping1D", cut, here)
    return str(add(f"all_steps{suffix}", "Flatten", {}, here))


def _window_and_season(view: SeriesDataView, target: str, data: Data) -> tuple[int, int, list[str]]:
    """The rows of window and season that the training rows speak for, with reasons."""
    stretch = max(view.stretches, key=lambda part: len(part.times))
    held_out = np.flatnonzero(np.isin(stretch.parts, (1, 2)))
    rows = int(held_out[0]) if len(held_out) else len(stretch.times)
    calendar = calendar_season(np.diff(stretch.times)) if view.dates else 0
    season, correlation = find_season(stretch.values[target][:rows], calendar)
    own = int(data.options.get("window") or 0)
    if own and season > own:
        season = 1
    seasons = _SHORT_SEASONS if season <= _SHORT else 2
    window = own or max(season, min(max(_WINDOW, seasons * season), rows // _WINDOWS), 2)
    reasons = [
        ngettext(
            "The network reads {count} row before each prediction.",
            "The network reads {count} rows before each prediction.",
            window,
        )
    ]
    if season > 1:
        sentence = _(
            "The values recur after {season} rows (autocorrelation {number}): this is the season.",
            season=season,
            number=f"{correlation:.2f}",
        )
    elif calendar and 3 * calendar > rows:
        sentence = _(
            "The longest part without a gap has {rows} training rows, too few for a season of "
            "{season} rows: the network starts from the last value.",
            rows=rows,
            season=calendar,
        )
    elif own and calendar > own:
        sentence = _("The window is shorter than a season of {season} rows.", season=calendar)
    else:
        sentence = _("The training rows show no season: the network starts from the last value.")
    return window, season, [sentence, *reasons]


def _added_reason(season: int) -> str:
    return (
        _("What the network learns is added to the value {season} rows before.", season=season)
        if season > 1
        else _("What the network learns is added to the last value.")
    )


def _training(facts: DataFacts, reasons: list[str], rate: float, decay: float) -> Training:
    """The settings. The last weights are kept: the learning rate falls to 0, and the validation
    set of a short series is too small to choose an epoch by."""
    rows = max(facts.rows, 1)
    batch = 16 if rows < 500 else 32 if rows < 5_000 else 128
    epochs = 150 if rows < 2_000 else 60 if rows < 20_000 else 20
    steps = -(-rows // batch) * epochs
    falling = {"initial_learning_rate": rate, "decay_steps": steps}
    schedule = {"name": "CosineDecay", "params": falling}
    reasons.append(
        _(
            "AdamW with a learning rate that falls from {rate} to 0, a batch size of {batch} and "
            "{epochs} epochs; the mean absolute error as loss, which outliers hardly move.",
            rate=rate,
            batch=batch,
            epochs=epochs,
        )
    )
    if (rate, decay) == _STEADY:
        reasons.append(
            _("A strong weight decay: where the past says little, the naive forecast remains.")
        )
    return Training(
        loss=Choice("mean_absolute_error"),
        optimizer=Choice("AdamW", {"learning_rate": schedule, "weight_decay": decay}),
        epochs=epochs,
        batch_size=batch,
    )


def _sequence_candidate(project: Project, facts: DataFacts) -> Candidate:
    """An LSTM layer for sequences that do not go on."""
    steps = next(iter(facts.input_shapes.values()))[0]
    reasons = [
        _("An LSTM layer reads the {steps} time steps of each sample in order.", steps=steps)
    ]
    layers = [("LSTM", {"units": 32}), *dropout(facts, 0.2, reasons)]
    training = default_training(facts, reasons)
    return chain("lstm", _("an LSTM layer"), project, layers, training, reasons)
