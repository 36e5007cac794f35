"""From what was found to points, by a rubric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from netbuilder.core.file_names import composed
from netbuilder.core.grading.rubric import Rubric, Threshold
from netbuilder.core.grading.submission import FAILED, GRADED, LATE, Submission
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_list, format_number, join_sentences

STEPS = "steps"
#: What gives the points without a rubric, the first that was measured, and what it is.
_MAIN = {
    "accuracy": N_("the accuracy (the share of correct predictions)"),
    "r2_score": N_(
        "r2_score (1: every prediction is exact, 0: no better than always predicting the mean)"
    ),
    STEPS: N_("the share of the lesson's steps that are done"),
}
_METRICS = tuple(name for name in _MAIN if name != STEPS)


def main_metric(metrics: Mapping[str, float]) -> str:
    """The metric that gives the points where no rubric says otherwise; "" where there is none."""
    return next((name for name in _METRICS if math.isfinite(metrics.get(name, math.nan))), "")


def points_sentence(found: Sequence[Submission], rubric: Rubric) -> str:
    """What the points of a table are, in a sentence; "" where there are none."""
    if rubric.thresholds or rubric.steps_points:
        return _("Points according to the rubric: {rubric}.", rubric=rubric.words)
    by = [_(_MAIN[name]) for name in dict.fromkeys(one.points_by for one in found) if name]
    if not by:
        return ""
    points = format_number(rubric.points)
    return _("Points are {points} × {what}.", points=points, what=format_list(by, style="or"))


def status_words(one: Submission) -> str:
    """What became of a submission, with a mark."""
    return {FAILED: _("✕ failed"), LATE: _("◷ late")}.get(one.status, _("✓ graded"))


def summary_words(found: Sequence[Submission]) -> str:
    """How many files there are, how many failed, and the mean of the points."""
    failed = sum(one.status == FAILED for one in found)
    words = ngettext("{count} file", "{count} files", len(found))
    if failed:
        words = _(
            "{left}, {right}", left=words, right=_("{count} could not be graded", count=failed)
        )
    mean = mean_points_sentence(found)
    return _("{left}, {right}", left=words, right=mean) if mean else words


def mean_points_sentence(found: Sequence[Submission]) -> str:
    """The mean of the points, and of how many it is where some have none; "" without points."""
    scores = [one.score for one in found if one.score is not None]
    if not scores:
        return ""
    mean = format_number(sum(scores) / len(scores))
    left = len(found) - len(scores)
    if not left:
        return _("mean {points} points", points=mean)
    return ngettext(
        "mean {points} points ({graded} of {count} file)",
        "mean {points} points ({graded} of {count} files)",
        len(found),
        points=mean,
        graded=len(scores),
    )


def award_points(one: Submission, rubric: Rubric, main: float | None) -> Submission:
    """The submission with status, points and a comment for the pupil.

    Args:
        one: as it was found; a failed one stays without points unless the teacher gave some.
        rubric: what decides.
        main: share of the points where the rubric names no threshold, None where unknown.
    """
    override = rubric.overrides.get(one.file) or rubric.overrides.get(composed(one.file))
    given = override.points if override else None
    comment = override.comment if override else ""
    if one.status == FAILED:
        if given is None:
            return replace(one, comment=comment or one.comment)
        return replace(one, status=GRADED, score=given, comment=comment)
    if rubric.late_after is not None and one.time is not None and one.time_of_file:
        said = _("The file records no time of submission: the date of the file was used.")
        one = replace(one, message=join_sentences((one.message, said)))
    late = rubric.late_after is not None and one.time is not None and one.time > rubric.late_after
    status = LATE if late else GRADED
    if given is not None:
        return replace(one, status=status, score=given, comment=comment)
    one = replace(one, points_by=_points_by(one, rubric, main))
    points, words = _earned(one, rubric, main)
    if late and rubric.late_penalty:
        points *= 1 - rubric.late_penalty
        words.append(
            _(
                "Late: {share} of the points deducted.",
                share=format_number(rubric.late_penalty, ".0%"),
            )
        )
    words += _missing_steps(one)
    return replace(one, status=status, score=points, comment=comment or " ".join(words))


def _earned(one: Submission, rubric: Rubric, main: float | None) -> tuple[float, list[str]]:
    words: list[str] = []
    fits = True
    if rubric.max_parameters is not None and (one.parameters or 0) > rubric.max_parameters:
        fits = False
        words.append(
            _(
                "{count} parameters, at most {most} are allowed: no points for the result.",
                count=format_number(one.parameters or 0, ","),
                most=format_number(rubric.max_parameters, ","),
            )
        )
    counted = one.steps_done + rubric.unverified_share * one.steps_unverified
    possible = one.steps_counted + rubric.unverified_share * (one.steps - one.steps_counted)
    steps = counted / possible if possible else 0.0
    if one.points_by:
        share = steps if main is None else main
        words.append(_told_share(one, rubric))
        return (rubric.points * share if fits else 0.0), words
    points = rubric.steps_points * steps
    if rubric.steps_points and one.steps:
        words.append(_steps_sentence(one))
    for threshold in rubric.thresholds:
        reached = fits and threshold.reached(one.metrics)
        points += threshold.points if reached else 0.0
        words.append(_told(one, threshold, reached))
    if not rubric.thresholds and main is not None and fits:
        points += (rubric.points - rubric.steps_points) * main
    return min(points, rubric.points), words


def _steps_sentence(one: Submission) -> str:
    if one.steps_counted < one.steps:
        return _(
            "{done} of {count} steps that a file can show, {unverified} not verified.",
            done=one.steps_done, count=one.steps_counted, unverified=one.steps_unverified,
        )  # fmt: skip
    if one.steps_unverified:
        return _(
            "{done} of {count} steps, {unverified} not verified.",
            done=one.steps_done, count=one.steps, unverified=one.steps_unverified,
        )  # fmt: skip
    return ngettext("{done} of {count} step.", "{done} of {count} steps.", one.steps,
                    done=one.steps_done)  # fmt: skip


def _missing_steps(one: Submission) -> list[str]:
    if not one.steps_missing:
        return []
    return [_("Missing steps: {steps}", steps=" ".join(one.steps_missing))]


def _points_by(one: Submission, rubric: Rubric, main: float | None) -> str:
    if rubric.thresholds or rubric.steps_points:
        return ""
    return STEPS if main is None else main_metric(one.metrics)


def _told_share(one: Submission, rubric: Rubric) -> str:
    """Where the points come from, for the pupil."""
    if one.points_by == STEPS:
        return _(
            "{steps} × {points} points.",
            steps=_steps_sentence(one).removesuffix("."),
            points=format_number(rubric.points),
        )
    value = one.metrics[one.points_by]
    values = {
        "metric": one.points_by,
        "value": format_number(value),
        "points": format_number(rubric.points),
    }
    if value < 0:
        return _("{metric} {value} × {points} points (below 0 counts as 0).", **values)
    return _("{metric} {value} × {points} points.", **values)


def _told(one: Submission, threshold: Threshold, reached: bool) -> str:
    value = one.metrics.get(threshold.name)
    found = _("not measured") if value is None else format_number(value)
    values = {"metric": threshold.name, "value": found, "bounds": threshold.bounds}
    if reached:
        return _("{metric} {value} ({bounds}: reached).", **values)
    return _("{metric} {value} ({bounds}: not reached).", **values)
