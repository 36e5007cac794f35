"""What is worth varying in a project, as lines that ``search_space.parse_dimension`` reads."""

from __future__ import annotations

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category, Kind
from netbuilder.core.project.model import Project

#: Parameters that are worth it, with values; "{half}" and so on come from what stands there.
_VALUES = {
    "units": "{half},{here},{double}",
    "filters": "{half},{here},{double}",
    "activation": "relu,tanh,gelu",
    "rate": "0.0:0.5",
    "kernel_size": "3,5",
    "output_dim": "{half},{here},{double}",
}

#: Layers without which the network may be tried too.
_LEFT_OUT = frozenset({Category.CORE, Category.CONVOLUTION, Category.RECURRENT})


def suggestions(project: Project) -> tuple[str, ...]:
    """Lines "path=values", what matters most first: the learning rate, sizes, the rest."""
    sizes: list[str] = []
    rest: list[str] = []
    without: list[str] = []
    for node in project.graph.nodes:
        spec = LAYERS.get(node.layer)
        if spec is None or node.layer == "Input" or node.shared:
            continue
        last = node.id in project.graph.outputs
        for name, values in _VALUES.items():
            if name not in spec.by_name or last:
                continue
            words = values
            here = node.params.get(name, spec.by_name[name].default)
            if spec.by_name[name].kind is Kind.INT:
                if not isinstance(here, int) or isinstance(here, bool):
                    continue
                words = values.format(half=max(here // 2, 1), here=here, double=here * 2)
                if here < 2:
                    words = f"{here},{here * 2},{here * 4}"
            target = sizes if name in {"units", "filters"} else rest
            target.append(f"{node.id}.{name}={words}")
        if spec.category is Category.REGULARIZE:
            rest.append(f"{node.id}.on=yes,no")
        elif spec.category in _LEFT_OUT and not last and len(node_inputs(project, node.id)) == 1:
            without.append(f"{node.id}.on=yes,no")
    rate = "training.optimizer.learning_rate=log:1e-4:1e-1"
    plan = ("training.optimizer=Adam,SGD,RMSprop", "training.batch_size=16,32,64")
    return (rate, *sizes, *rest, *plan, *without)


def node_inputs(project: Project, node: str) -> list[str]:
    """The nodes in front of one: a layer with a single one can be left out."""
    return [start for start, end in project.graph.edges if end == node]
