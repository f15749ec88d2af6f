#!/usr/bin/env python3
"""Scores by scikit-learn and scipy, for tests/engine/test_metrics.cpp. Writes tests/data/metrics.json.

Made with scikit-learn and scipy of the versions that the file names.
"""
import json
import math
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

warnings.simplefilter("ignore")  # constant input: NaN is what is wanted
random = np.random.default_rng(7)


def noisy(labels, classes, wrong):
    swap = random.random(len(labels)) < wrong
    return np.where(swap, random.integers(0, classes, len(labels)), labels)


def classification():
    for name, n, classes, wrong in [
        ("two classes", 97, 2, 0.3),
        ("three classes", 50, 3, 0.6),
        ("77 classes, some without a row", 300, 77, 0.4),
        ("worse than chance", 64, 2, 0.99),
        ("all right", 20, 4, 0.0),
        ("one row", 1, 3, 0.0),
    ]:
        labels = random.integers(0, classes, n)
        yield name, noisy(labels, classes, wrong), labels
    yield "constant predictions", np.zeros(30, int), random.integers(0, 2, 30)
    yield "constant labels", random.integers(0, 2, 30), np.ones(30, int)
    yield "a single class in both", np.full(9, 3), np.full(9, 3)
    yield "two classes, never the same", np.zeros(9, int), np.ones(9, int)
    yield "a class that is only predicted", np.array([0, 1, 2, 2, 1, 0]), np.array([0, 1, 1, 0, 1, 0])
    yield "constant predictions of class 1", np.ones(30, int), random.integers(0, 2, 30)
    yield "constant labels of class 0", random.integers(0, 2, 30), np.zeros(30, int)
    yield "class 1 nowhere", np.zeros(9, int), np.zeros(9, int)
    yield "unbalanced", (random.random(2000) < 0.02).astype(int), (random.random(2000) < 0.03).astype(int)


def regression():
    for name, n, noise in [("close", 100, 0.1), ("loose", 333, 2.0), ("two rows", 2, 1.0), ("unrelated", 41, 100.0)]:
        labels = random.uniform(0, 5, n)
        yield name, labels + random.normal(0, noise, n), labels
    yield "tied labels", random.normal(size=120), random.integers(0, 6, 120).astype(float)
    yield "tied in both", random.integers(0, 3, 200) / 3, random.integers(0, 4, 200) / 5
    yield "against each other", np.arange(10.0), -np.arange(10.0) ** 3
    yield "far from zero", 1e6 + random.normal(size=60), 1e6 + random.normal(size=60)
    yield "tiny", 1e-20 * random.normal(size=40), random.normal(size=40)
    yield "constant predictions", np.full(11, 0.1), random.normal(size=11)
    yield "constant labels", random.normal(size=11), np.full(11, 4.2)
    yield "constant in both", np.full(5, 2.5), np.full(5, 2.5)
    yield "all tied but one", np.r_[np.zeros(20), 1], random.normal(size=21)
    yield "tied at every other row", np.repeat(np.arange(30.0), 2), random.normal(size=60)


def number(value):
    value = float(value)
    return None if math.isnan(value) else value


cases = []
for name, predictions, labels in classification():
    cases.append({
        "name": name,
        "predictions": predictions.tolist(),
        "labels": labels.tolist(),
        "scores": {
            "accuracy": number(accuracy_score(labels, predictions)),
            # scikit-learn takes a class for the positive one only where it knows it, or there are two.
            "f1": number(f1_score(labels == 1, predictions == 1)),
            "f1_macro": number(f1_score(labels, predictions, average="macro")),
            "matthews_correlation": number(matthews_corrcoef(labels, predictions)),
        },
    })
for name, predictions, labels in regression():
    predictions, labels = (np.asarray(x, np.float32).astype(np.float64) for x in (predictions, labels))
    cases.append({
        "name": name,
        "predictions": predictions.tolist(),
        "labels": labels.tolist(),
        "scores": {
            "pearson": number(pearsonr(predictions, labels).statistic),
            "spearman": number(spearmanr(predictions, labels).statistic),
        },
    })

out = Path(__file__).resolve().parent.parent / "data" / "metrics.json"
lines = ",\n".join(json.dumps(case) for case in cases)
out.write_text(f'{{"scikit-learn": "{sklearn.__version__}", "scipy": "{scipy.__version__}", "cases": [\n{lines}\n]}}\n')
