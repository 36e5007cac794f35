"""From what was found to points, by a rubric."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.grading.rubric import Rubric, Threshold
from netbuilder.core.grading.submission import FAILED, GRADED, LATE, Submission
from netbuilder.core.wording import number


def award(one: Submission, rubric: Rubric, main: float | None) -> Submission:
    """The submission with status, points and a comment for the pupil.

    Args:
        one: as it was found; a failed one stays without points unless the teacher gave some.
        rubric: what decides.
        main: share of the points where the rubric names no threshold, None where unknown.
    """
    override = rubric.overrides.get(one.file)
    given = override.points if override else None
    comment = override.comment if override else ""
    if one.status == FAILED:
        if given is None:
            return replace(one, comment=comment or one.comment)
        return replace(one, status=GRADED, score=given, comment=comment)
    late = rubric.late_after is not None and one.time is not None and one.time > rubric.late_after
    status = LATE if late else GRADED
    if given is not None:
        return replace(one, status=status, score=given, comment=comment)
    points, words = _earned(one, rubric, main)
    if late and rubric.late_penalty:
        points *= 1 - rubric.late_penalty
        words.append(f"Late: {rubric.late_penalty:.0%} less.")
    return replace(one, status=status, score=points, comment=comment or " ".join(words))


def _earned(one: Submission, rubric: Rubric, main: float | None) -> tuple[float, list[str]]:
    words: list[str] = []
    fits = True
    if rubric.max_parameters is not None and (one.parameters or 0) > rubric.max_parameters:
        fits = False
        words.append(
            f"{one.parameters:,} parameters, {rubric.max_parameters:,} are allowed: no points for "
            "the result."
        )
    steps = one.steps_done / one.steps if one.steps else 0.0
    if not rubric.thresholds and not rubric.steps_points:
        if main is None:
            main = steps
        return (rubric.points * main if fits else 0.0), words
    points = rubric.steps_points * steps
    if rubric.steps_points and one.steps:
        words.append(f"{one.steps_done} of {one.steps} steps.")
    for threshold in rubric.thresholds:
        reached = fits and threshold.reached(one.metrics)
        points += threshold.points if reached else 0.0
        words.append(_told(one, threshold, reached))
    if not rubric.thresholds and main is not None and fits:
        points += (rubric.points - rubric.steps_points) * main
    return min(points, rubric.points), words


def _told(one: Submission, threshold: Threshold, reached: bool) -> str:
    value = one.metrics.get(threshold.name)
    found = "not measured" if value is None else number(value)
    bounds = threshold.words.removeprefix(threshold.name).strip()
    mark = "reached" if reached else "not reached"
    return f"{threshold.name} {found} ({bounds}: {mark})."
