"""The network as an estimator of scikit-learn."""

import pickle

import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

import netbuilder as nb
from netbuilder.core.folders import resource

#: Checks of scikit-learn that fail, and why.
EXPECTED: dict[str, str] = {}


def test_a_classifier_has_labels_scores_and_probabilities_and_is_pickled():
    x, numbers = load_iris(return_X_y=True)
    y = load_iris().target_names[numbers]
    known, unseen, labels, truth = train_test_split(x, y, random_state=0, stratify=y)
    network = nb.Classifier(hidden_layers=(16,), epochs=40, random_state=1).fit(known, labels)
    assert list(network.classes_) == ["setosa", "versicolor", "virginica"]
    predicted = network.predict(unseen)
    assert network.score(unseen, truth) == accuracy_score(truth, predicted) > 0.85
    shares = network.predict_proba(unseen)
    assert (network.classes_[shares.argmax(axis=1)] == predicted).all()
    again = pickle.loads(pickle.dumps(network))
    assert (again.predict(unseen) == predicted).all()
    with pytest.raises(ValueError, match="same label"):
        nb.Classifier().fit(known, ["setosa"] * len(known))


def test_a_regressor_takes_the_network_of_a_project():
    x, y = load_diabetes(return_X_y=True)
    project = nb.load(resource("examples", "diabetes.netbuilder"))
    network = nb.Regressor(project, epochs=30, random_state=1).fit(x, y)
    assert network.model_.project.layers == project.layers
    assert network.predict(x).shape == y.shape
    assert network.score(x, y) > 0.4
    for unfitted in (nb.Regressor(), nb.Classifier()):
        with pytest.raises(NotFittedError):
            unfitted.predict(x)


@pytest.mark.slow
def test_the_checks_of_scikit_learn():
    network = nb.Classifier(hidden_layers=(16,), epochs=20, random_state=0)
    results = check_estimator(network, on_fail=None, expected_failed_checks=EXPECTED)
    failed = {row["check_name"]: row["exception"] for row in results if row["status"] == "failed"}
    assert failed == {}
    assert sum(row["status"] == "passed" for row in results) > 30


@pytest.mark.slow
def test_the_checks_of_scikit_learn_for_regressors():
    """What both have in common was checked with the classifier."""
    network = nb.Regressor(hidden_layers=(16,), epochs=20, random_state=0)
    checks = [
        check
        for _, check in estimator_checks_generator(network)
        if "regressor" in getattr(check, "func", check).__name__
    ]
    assert len(checks) >= 4
    for check in checks:
        check(network)
