"""Fine-tuning: training the last block of a frozen backbone."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.edits import set_params
from netbuilder.core.project.model import Node, Project
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.headline import metric_text
from netbuilder.core.results.statistics import paired_difference
from netbuilder.core.wording import format_number, join_sentences

#: Pretrained weights move by small steps: larger ones destroy what they hold.
LEARNING_RATE = 1e-4
EPOCHS = 10


def _frozen_backbone(project: Project) -> Node | None:
    return next(
        (
            node
            for node in project.graph.nodes
            if "trainable_blocks" in spec_of(node.layer).by_name
            and not node.params.get("trainable")
            and node.params.get("weights", "included") != "none"
        ),
        None,
    )


def may_fine_tune(project: Project, evaluation: Evaluation | None = None) -> bool:
    """Return whether a frozen backbone's last block can be trained, and something be gained."""
    perfect = evaluation is not None and evaluation.metrics.get("accuracy") == 1
    return _frozen_backbone(project) is not None and not perfect


def fine_tuning_sentence() -> str:
    """Return what fine-tuning does and how long it takes beside the training before it."""
    return sentences_of("training")("fine_tuning", count=EPOCHS, rate=format_number(LEARNING_RATE))


def fine_tuned(project: Project) -> Project:
    """Return the project with the backbone's last block trainable and a small learning rate."""
    node = _frozen_backbone(project)
    if node is None:
        return project
    project = set_params(project, node.id, trainable=True, trainable_blocks=1)
    optimizer = project.training.optimizer
    slow = replace(optimizer, params={**optimizer.params, "learning_rate": LEARNING_RATE})
    return replace(project, training=replace(project.training, optimizer=slow))


def gain_sentence(before: Evaluation, after: Evaluation) -> str:
    """Return what fine-tuning changed on the same held-out samples, and whether it is significant.

    Raise DataError if the evaluations are of other samples.
    """
    metric = "mean_absolute_error" if after.task == REGRESSION else "accuracy"
    low, high = paired_difference(after, before)
    first, then = (metric_text(each, metric, each.metrics[metric]) for each in (before, after))
    values = sentences_of("training")(
        "gain", count=after.samples, metric=metric, before=first, after=then
    )
    size = f"{metric_text(after, metric, abs(low))} – {metric_text(after, metric, abs(high))}"
    if low > 0:
        verdict = _("That is better beyond chance (95% interval of the gain: {size}).", size=size)
    elif high < 0:
        verdict = _("That is worse beyond chance; Undo takes it back.")
    else:
        verdict = _("That is no better than chance explains; Undo takes it back.")
    return join_sentences((values, verdict))
