"""Studies on disk, found again when their project is opened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from netbuilder.core.engine.runs.run_store import with_absolute_paths
from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import delete, delete_error, discard
from netbuilder.core.project.files import from_json
from netbuilder.core.project.graph_ends import same_rows
from netbuilder.core.project.model import Project
from netbuilder.core.results.tuning.search_space import apply_values, parse_dimension
from netbuilder.core.results.tuning.study import (
    Study,
    StudyPlan,
    importance,
    read_trials,
    studies_folder,
)
from netbuilder.core.results.tuning.trial import Trial

#: Files that are kept; the oldest go.
USUAL_LIMIT = 50
# What reading a file that is damaged, or is none, may raise.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, UserError)


def newest_study(project: Project, base: Path) -> Study | None:
    """Return the newest study of this network and data: of its layers and connections or those of
    one of its trials (an applied trial may lack a layer). Settings are ignored."""
    here = with_absolute_paths(project, base.absolute())
    for file in _newest_first():
        try:
            head = _head(file)
            began, began_at = from_json(head["project"]), Path(head["base"])
            there = with_absolute_paths(began, began_at)
            if here is None or there is None or not same_rows(here.data, there.data):
                continue
            varied = tuple(parse_dimension(line, began) for line in head["varied"])
            plan = StudyPlan(
                began, began_at, varied, head["trials"], head["method"], head["seed"],
                head["prune"], file,
            )  # fmt: skip
            trials = read_trials(plan)
        except _UNREADABLE:
            continue
        if _skeleton(began) == _skeleton(project) or _is_variant(project, began, trials):
            return Study(plan, tuple(trials), importance(varied, trials))
    return None


def restart_if_complete(plan: StudyPlan) -> None:
    """Delete the trials of a completed plan, so that it can run again."""
    if plan.file is not None and len(read_trials(plan)) >= plan.count:
        try:
            delete(plan.file)
        except OSError as error:
            raise delete_error(error, plan.file) from error


def prune_studies(limit: int = USUAL_LIMIT) -> None:
    """Delete all but the newest files."""
    for file in list(_newest_first())[limit:]:
        discard(file)


def _newest_first() -> Iterator[Path]:
    files = []
    for file in studies_folder().glob("*.jsonl"):
        with suppress(OSError):  # it went meanwhile
            files.append((file.stat().st_mtime_ns, file))
    return (file for _, file in sorted(files, reverse=True))


def _head(file: Path) -> dict[str, Any]:
    with file.open(encoding="utf-8") as lines:
        return dict(json.loads(lines.readline()))


def _skeleton(project: Project) -> tuple[object, ...]:
    graph = project.graph
    return tuple((node.id, node.layer) for node in graph.nodes), graph.edges, graph.outputs


def _is_variant(project: Project, began: Project, trials: list[Trial]) -> bool:
    switches = [path for path in (trials[0].values if trials else ()) if path.endswith(".on")]
    tried = {tuple(trial.values[path] for path in switches) for trial in trials}
    return any(
        _skeleton(apply_values(began, dict(zip(switches, row, strict=True)))) == _skeleton(project)
        for row in tried
    )
