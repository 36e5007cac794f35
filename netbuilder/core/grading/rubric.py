"""How points are awarded: a small TOML file, or a form.

::

    title = "The first model"
    points = 100                 # in total; default 100
    late_after = 2026-11-25T12:00:00+01:00
    late_penalty = 0.2           # share of the points deducted
    max_parameters = 5000        # more parameters: no points for the metric

    [[metric]]                   # each threshold reached earns its points
    name = "accuracy"
    at_least = 0.9
    points = 60

    [steps]                      # the lesson's steps, weighted equally
    points = 40
    unverified = 0.5             # share for a claimed step that cannot be verified; default 0

    [override."ada.h5"]          # replaces the computed points
    points = 95
    comment = "Explained it very well."

Without a rubric: 100 points times the accuracy, or r2 for regression (never below 0).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.files.file_names import composed
from netbuilder.core.files.regular_file import read_regular
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.wording import did_you_mean, format_list, format_number, join_values

_sentence = sentences_of("grading")

_KEYS = ("title", "points", "late_after", "late_penalty", "max_parameters", "metric", "steps",
         "override")  # fmt: skip


@dataclass(frozen=True)
class Threshold:
    """Points for a metric within bounds: ``at_least`` for scores, ``at_most`` for errors."""

    name: str
    points: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def words(self) -> str:
        """Name and bounds: "accuracy at least 0.9"."""
        return f"{self.name} {self.bounds}"

    @property
    def bounds(self) -> str:
        """The bounds: "at least 0.9", "at most 5", or both."""
        parts = []
        if self.at_least is not None:
            parts.append(_("at least {number}", number=format_number(self.at_least)))
        if self.at_most is not None:
            parts.append(_("at most {number}", number=format_number(self.at_most)))
        return format_list(parts)

    def reached(self, metrics: Mapping[str, float]) -> bool:
        """Return whether the metric is measured and within the bounds."""
        value = metrics.get(self.name, math.nan)
        if not math.isfinite(value):
            return False
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True)
class Override:
    """A teacher's decision for one file."""

    points: float | None = None
    comment: str = ""


@dataclass(frozen=True)
class Rubric:
    """How points are awarded; without thresholds the main metric decides."""

    title: str = ""
    points: float = 100.0
    thresholds: tuple[Threshold, ...] = ()
    steps_points: float = 0.0
    unverified_share: float = 0.0
    max_parameters: int | None = None
    late_after: datetime | None = None
    late_penalty: float = 0.0
    overrides: Mapping[str, Override] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The rubric in one line: "accuracy at least 0.9: 60 points, steps: 40 points"."""
        parts = [
            _sentence(
                "threshold_points", what=threshold.words, points=format_number(threshold.points)
            )
            for threshold in self.thresholds
        ]
        if self.steps_points:
            parts.append(_("steps: {points} points", points=format_number(self.steps_points)))
        if not self.thresholds:
            parts.append(_("points based on the result"))
        if self.max_parameters is not None:
            parts.append(
                _("at most {count} parameters", count=format_number(self.max_parameters, ","))
            )
        if self.late_after is not None:
            parts.append(
                _("late after {time}", time=f"{self.late_after.astimezone():%Y-%m-%d %H:%M}")
            )
        return join_values(parts)


DEFAULT_RUBRIC = Rubric()
LARGEST = 1_000_000  # bytes


def read_rubric(path: Path) -> Rubric:
    """Read a rubric from a TOML file.

    Raise UserError if the file cannot be read, or a key or value in it is wrong.
    """
    try:
        raw = tomllib.loads(read_regular(path, LARGEST, UserError).decode("utf-8"))
    except OSError as error:
        raise user_error("rubric_unreadable", file=path, reason=error.strerror or error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise user_error("rubric_not_toml", file=path.name, reason=error) from error
    except ValueError as error:  # Python reads integers of at most 4,300 digits
        raise _too_long(path.name) from error
    return from_toml(raw, path.name)


def write_rubric(rubric: Rubric, path: Path) -> None:
    """Write a rubric as TOML; raise ``UserError`` if the file cannot be written."""
    import tomli_w

    write_bytes(path, tomli_w.dumps(to_toml(rubric)).encode("utf-8"))


def to_toml(rubric: Rubric) -> dict[str, Any]:
    """Return the rubric as a TOML table without default values."""
    raw: dict[str, Any] = {"title": rubric.title} if rubric.title else {}
    raw["points"] = rubric.points
    if rubric.late_after is not None:
        raw["late_after"] = rubric.late_after.astimezone()
    if rubric.late_penalty:
        raw["late_penalty"] = rubric.late_penalty
    if rubric.max_parameters is not None:
        raw["max_parameters"] = rubric.max_parameters
    if rubric.thresholds:
        raw["metric"] = [_without_empty(asdict(entry)) for entry in rubric.thresholds]
    if rubric.steps_points:
        raw["steps"] = {"points": rubric.steps_points}
    if rubric.unverified_share:
        raw.setdefault("steps", {})["unverified"] = rubric.unverified_share
    if rubric.overrides:
        raw["override"] = {
            name: _without_empty(asdict(entry)) for name, entry in rubric.overrides.items()
        }
    return raw


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def from_toml(raw: Mapping[str, Any], source: str = "") -> Rubric:
    """Return the rubric in a TOML table; ``UserError`` as in ``read_rubric``."""
    source = source or _("the rubric")
    _check_integers(raw, source)
    for key in raw:
        if key not in _KEYS:
            known = _("The keys are {keys}.", keys=format_list(_KEYS, 10))
            raise UserError(
                _("'{key}' in {source} is unknown.", key=key, source=source),
                did_you_mean(key, _KEYS, known),
                code="rubric_key_unknown",
            )
    thresholds = tuple(
        _threshold(entry, source) for entry in _tables(raw.get("metric", []), "metric", source)
    )
    steps = raw.get("steps", {})
    if not isinstance(steps, Mapping):
        fix = _("Write [steps] and points = 40.")
        raise _wrong("steps", steps, source, fix, "rubric_steps")
    steps_points = _number(steps.get("points", 0.0), "points of steps", source)
    unverified = _share(steps.get("unverified", 0.0), "unverified", source)
    total = raw.get("points")
    sum_of_parts = sum(threshold.points for threshold in thresholds) + steps_points
    points = _number(total, "points", source) if total is not None else sum_of_parts or 100.0
    limit = raw.get("max_parameters")
    penalty = _share(raw.get("late_penalty", 0.0), "late_penalty", source)
    return Rubric(
        title=str(raw.get("title", "")),
        points=points,
        thresholds=thresholds,
        steps_points=steps_points,
        unverified_share=unverified,
        max_parameters=None if limit is None else int(_number(limit, "max_parameters", source)),
        late_after=_moment(raw.get("late_after"), source),
        late_penalty=penalty,
        overrides={
            composed(str(name)): _override(value, str(name), source)
            for name, value in _table(raw.get("override", {}), "override", source).items()
        },
    )


def _check_integers(value: object, source: str) -> None:
    """Raise ``UserError`` for an integer that is no float: showing it may fail as well."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check_integers(item, source)
    elif isinstance(value, int) and abs(value) > 1e300:
        raise _too_long(source)


def _too_long(source: str) -> UserError:
    return user_error("rubric_number", source=source)


def _wrong(key: str, value: object, source: str, fix: str, code: str) -> UserError:
    message = _("'{key}' in {source} is {value}.", key=key, source=source, value=repr(value))
    return UserError(message, fix, code=code)


def _share(value: object, key: str, source: str) -> float:
    share = _number(value, key, source)
    if share > 1:
        fix = _("Write a share between 0 and 1: 0.2 is a fifth.")
        raise _wrong(key, share, source, fix, "rubric_share")
    return share


def _override(value: object, name: str, source: str) -> Override:
    table = _table(value, f"override.{name}", source)
    points = table.get("points")
    return Override(
        None if points is None else _number(points, f"points of {name}", source),
        str(table.get("comment", "")),
    )


def _threshold(raw: Mapping[str, Any], source: str) -> Threshold:
    name = raw.get("name")
    if not isinstance(name, str) or not name:
        raise user_error("rubric_metric_without_name", source=source)
    bounds = {
        key: _number(raw[key], f"{key} of {name}", source, least=None)
        for key in ("at_least", "at_most")
        if key in raw
    }
    if not bounds:
        raise user_error("rubric_metric_without_bound", name=name, source=source)
    return Threshold(name, _number(raw.get("points", 0.0), f"points of {name}", source), **bounds)


def _tables(value: object, key: str, source: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        fix = _("Start each entry with a line [[{key}]].", key=key)
        raise _wrong(key, value, source, fix, "rubric_list")
    return value


def _table(value: object, key: str, source: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        fix = _("Start it with a line [{key}].", key=key)
        raise _wrong(key, value, source, fix, "rubric_table")
    return value


def _number(value: object, key: str, source: str, least: float | None = 0.0) -> float:
    wrong = isinstance(value, bool) or not isinstance(value, (int, float))
    if wrong or not math.isfinite(value) or (least is not None and value < least):  # type: ignore[arg-type,operator]
        fix = _("Write a number.")
        if least is not None:
            fix = _("Write a number of at least {least}.", least=format_number(least, "g"))
        raise _wrong(key, value, source, fix, "rubric_number")
    return float(value)  # type: ignore[arg-type]


def _moment(value: object, source: str) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59))
    if not isinstance(value, datetime):
        fix = _("Write a date and a time without quotation marks: 2026-11-25T12:00:00.")
        raise _wrong("late_after", value, source, fix, "rubric_late_after")
    return value.astimezone(UTC)  # naive times are local
