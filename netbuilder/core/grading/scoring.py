"""Award points to a graded submission by a rubric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.files.file_names import composed
from netbuilder.core.grading.rubric import Rubric, Threshold
from netbuilder.core.grading.submission import FAILED, GRADED, LATE, Submission
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_list, format_number, join_sentences

_sentence = sentences_of("grading")

STEPS = "steps"
#: What gives the points without a rubric: the first one measured.
_MAIN = {
    "accuracy": N_("the accuracy (the share of correct predictions)"),
    "r2_score": N_(
        "r2_score (1: every prediction is exact, 0: no better than always predicting the mean)"
    ),
    STEPS: N_("the share of the lesson's steps that are done"),
}
_METRICS = tuple(name for name in _MAIN if name != STEPS)


def main_metric(metrics: Mapping[str, float]) -> str:
    """Return the metric that gives the points without a rubric; "" if none was measured."""
    return next((name for name in _METRICS if math.isfinite(metrics.get(name, math.nan))), "")


def points_sentence(rows: Sequence[Submission], rubric: Rubric) -> str:
    """Return what the points of a table are based on; "" if there are none."""
    if rubric.thresholds or rubric.steps_points:
        return _("Points according to the rubric: {rubric}.", rubric=rubric.words)
    sources = [_(_MAIN[name]) for name in dict.fromkeys(row.points_by for row in rows) if name]
    if not sources:
        return ""
    points = format_number(rubric.points)
    return _("Points are {points} × {what}.", points=points, what=format_list(sources, style="or"))


def status_words(row: Submission) -> str:
    """Return the status of a submission with its symbol."""
    if row.other_task:
        return _("✕ other task")
    return {FAILED: _("✕ failed"), LATE: _("◷ late")}.get(row.status, _("✓ graded"))


def needs_check(row: Submission) -> bool:
    """Return whether the teacher should look at a submission first."""
    return bool(row.same_as or row.other_task or row.verified is False)


def verified_word(row: Submission) -> str:
    """Return whether retraining confirmed a submission: yes, no or ""."""
    return {True: _("yes"), False: _("no"), None: ""}[row.verified]


def step_dots(row: Submission) -> str:
    """Return a dot for each step: full if done, half if not verified, empty if missing."""
    return ("●" * row.steps_done + "◐" * row.steps_unverified + "○" * row.steps)[: row.steps]


def summary_words(rows: Sequence[Submission]) -> str:
    """Return how many files there are, how many failed, and the mean of the points."""
    failed = sum(row.status == FAILED for row in rows)
    words = ngettext("{count} file", "{count} files", len(rows))
    if failed:
        words = _(
            "{left}, {right}", left=words, right=_("{count} could not be graded", count=failed)
        )
    mean = mean_points_sentence(rows)
    return _("{left}, {right}", left=words, right=mean) if mean else words


def mean_points_sentence(rows: Sequence[Submission]) -> str:
    """Return the mean points, and of how many files; "" without points."""
    scores = [row.score for row in rows if row.score is not None]
    if not scores:
        return ""
    mean = format_number(sum(scores) / len(scores))
    left = len(rows) - len(scores)
    if not left:
        return _("mean {points} points", points=mean)
    return _sentence("mean_points", count=len(rows), points=mean, graded=len(scores))


def award_points(row: Submission, rubric: Rubric, main: float | None) -> Submission:
    """Return the submission with status, points and a comment for the student.

    Args:
        row: the graded file; a failed one gets points only from the teacher's override.
        rubric: how points are awarded.
        main: share of the points without thresholds, None if unknown.
    """
    override = rubric.overrides.get(row.file) or rubric.overrides.get(composed(row.file))
    points_override = override.points if override else None
    comment = override.comment if override else ""
    if row.status == FAILED:
        if points_override is None:
            return replace(row, comment=comment or row.comment)
        return replace(row, status=GRADED, score=points_override, comment=comment)
    if rubric.late_after is not None and row.time is not None and row.time_of_file:
        note = _("The file records no time of submission: the date of the file was used.")
        row = replace(row, message=join_sentences((row.message, note)))
    late = rubric.late_after is not None and row.time is not None and row.time > rubric.late_after
    status = LATE if late else GRADED
    if points_override is not None:
        return replace(row, status=status, score=points_override, comment=comment)
    if not (rubric.thresholds or rubric.steps_points):
        row = replace(row, points_by=STEPS if main is None else main_metric(row.metrics))
    points, sentences = _earned(row, rubric, main)
    if late and rubric.late_penalty:
        points *= 1 - rubric.late_penalty
        sentences.append(_sentence("late", share=format_number(rubric.late_penalty, ".0%")))
    full = points >= rubric.points or row.steps_done >= row.steps_counted
    if row.steps_missing and not full:
        sentences.append(_("Missing steps: {steps}", steps=" ".join(row.steps_missing)))
    return replace(row, status=status, score=points, comment=comment or " ".join(sentences))


def _earned(row: Submission, rubric: Rubric, main: float | None) -> tuple[float, list[str]]:
    sentences: list[str] = []
    fits = True
    if rubric.max_parameters is not None and (row.parameters or 0) > rubric.max_parameters:
        fits = False
        sentences.append(
            _sentence(
                "too_many_parameters",
                count=format_number(row.parameters or 0, ","),
                most=format_number(rubric.max_parameters, ","),
            )
        )
    honest = not row.other_task and row.verified is not False
    if row.other_task:
        sentences.append(row.other_task)
    elif not honest:
        sentences.append(_("Retraining gives other predictions: no points for the result."))
    counted = row.steps_done + rubric.unverified_share * row.steps_unverified
    possible = row.steps_counted + rubric.unverified_share * (row.steps - row.steps_counted)
    steps = counted / possible if possible else 0.0
    if row.points_by:
        share = steps if main is None else main * honest
        if main is None or honest:
            sentences.append(_share_sentence(row, rubric))
        return (rubric.points * share if fits else 0.0), sentences
    points = rubric.steps_points * steps
    if rubric.steps_points and row.steps:
        sentences.append(_steps_sentence(row))
    for threshold in rubric.thresholds:
        reached = fits and honest and threshold.reached(row.metrics)
        points += threshold.points if reached else 0.0
        sentences.append(_threshold_sentence(row, threshold, reached))
    if not rubric.thresholds and main is not None and fits and honest:
        points += (rubric.points - rubric.steps_points) * main
    return min(points, rubric.points), sentences


def _steps_sentence(row: Submission) -> str:
    if row.steps_counted < row.steps:
        return _sentence(
            "steps_shown",
            done=row.steps_done,
            count=row.steps_counted,
            unverified=row.steps_unverified,
        )
    if row.steps_unverified:
        return _sentence(
            "steps_claimed", done=row.steps_done, count=row.steps, unverified=row.steps_unverified
        )
    return ngettext("{done} of {count} step.", "{done} of {count} steps.", row.steps,
                    done=row.steps_done)  # fmt: skip


def _share_sentence(row: Submission, rubric: Rubric) -> str:
    points = format_number(rubric.points)
    if row.points_by == STEPS:
        steps = _steps_sentence(row).removesuffix(".")
        return _("{steps} × {points} points.", steps=steps, points=points)
    value = row.metrics[row.points_by]
    values = {"metric": row.points_by, "value": format_number(value), "points": points}
    if value < 0:
        return _("{metric} {value} × {points} points (below 0 counts as 0).", **values)
    return _("{metric} {value} × {points} points.", **values)


def _threshold_sentence(row: Submission, threshold: Threshold, reached: bool) -> str:
    value = row.metrics.get(threshold.name)
    measured = _("not measured") if value is None else format_number(value)
    values = {"metric": threshold.name, "value": measured, "bounds": threshold.bounds}
    if reached:
        return _("{metric} {value} ({bounds}: reached).", **values)
    return _("{metric} {value} ({bounds}: not reached).", **values)
