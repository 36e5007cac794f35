"""What a run leaves behind: a trained network and its test."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.events import Diagnosis, DiagnosisAdded
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.keras_callbacks import best_choice
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.network_copies import copy_network
from netbuilder.core.engine.novelty import NoveltyReference, novelty_reference
from netbuilder.core.engine.trained import Event, TrainedModel
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project

log = logging.getLogger(__name__)


def finished_model(
    trainer: Trainer,
    project: Project,
    dataset: Dataset,
    emit: Callable[[Event], None],
    restored_epoch: int = 0,
    *,
    novelty: bool = True,
) -> TrainedModel:
    """Return the network after its last step, evaluated on the test data.

    ``emit`` gets a warning if the test rows cannot be evaluated. ``restored_epoch``: the epoch
    whose weights a callback has restored; 0: none.
    """
    trainer.program.settle()
    trainer.training_model.optimizer.finalize_variable_values(
        trainer.training_model.trainable_weights
    )
    kept_epoch = restored_epoch or _taken_back(trainer)
    if best_choice(project.training) is not None:
        kept_epoch = trainer.restore_best()
    if (kept_epoch, 0) == (trainer.epoch, trainer.step):
        kept_epoch = 0  # the best was the last
    trained = paused_model(trainer, project, dataset)
    reference = _novelty(trained, trainer, dataset) if novelty else None
    test = _test(trainer, dataset, emit)
    return replace(trained, test=test, kept_epoch=kept_epoch, novelty=reference)


def _novelty(trained: TrainedModel, trainer: Trainer, dataset: Dataset) -> NoveltyReference | None:
    graph = trained.project.graph
    try:
        trainer.compute_features()
        computed = None if trainer.features is None else trainer.features.dataset
        return novelty_reference(trained.training_model, graph, dataset, computed)
    except Exception as error:  # noqa: BLE001  what was trained is kept whatever fails now
        log.info("samples unlike the training data will not be told: %s", error)
        return None


def paused_model(trainer: Trainer, project: Project, dataset: Dataset) -> TrainedModel:
    """Return the network between two steps, without a test; the run does not change."""
    # A copy, which further training does not change.
    training_model = copy_network(trainer.training_model, project, dataset.facts)
    training_model.optimizer.finalize_variable_values(training_model.trainable_weights)
    return TrainedModel(
        project=project,
        training_model=training_model,
        model=assemble(training_model, project, dataset.preprocessing, dataset.facts),
        preprocessing=dataset.preprocessing,
        facts=dataset.facts,
        history=trainer.history.by_epoch(),
        epochs=trainer.epoch,
        step=trainer.step,
        changes=tuple(trainer.history.changes),
        best_epoch=trainer.history.best_epoch,
    )


def _taken_back(trainer: Trainer) -> int:
    """Return the epoch that a person went back to after the last step; 0 without one."""
    changes = trainer.history.changes
    here = (trainer.epoch, trainer.step)
    if not changes or changes[-1].what != "best" or (changes[-1].epoch, changes[-1].step) != here:
        return 0
    return int(changes[-1].value)


def _test(trainer: Trainer, dataset: Dataset, emit: Callable[[Event], None]) -> dict[str, float]:
    test = dataset.test
    if test is None or not len(test):
        return {}
    try:
        return trainer.test(test)
    except MemoryError:
        reason = _("there is not enough memory")
    except Exception as error:  # noqa: BLE001  what was trained is kept whatever fails now
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    emit(
        DiagnosisAdded(
            Diagnosis(
                "untested", trainer.epoch, _("Test failed"),
                _(
                    "The network is trained and its weights are kept, but it could not be "
                    "evaluated on the test set: {reason}. Check the test rows on the Data "
                    "page.",
                    reason=reason.rstrip("."),
                ),
            )
        )
    )  # fmt: skip
    return {}
