#!/usr/bin/env python3
"""Quantiles of t and paired intervals by scipy, for tests/engine/test_compare.cpp. Writes tests/data/statistics.json."""
import json
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

random = np.random.default_rng(11)


def quantiles():
    for degrees in [1, 2, 3, 4, 5, 9, 29, 199, 1000]:
        for probability in [0.5, 0.8, 0.95, 0.99]:
            t = stats.t.ppf((1 + probability) / 2, degrees)
            yield {"probability": probability, "degrees": degrees, "t": float(t)}


def paired():
    for name, n, shift, noise in [
        ("five seeds, clear", 5, 1.0, 0.3),
        ("five seeds, not clear", 5, 0.2, 1.5),
        ("two seeds", 2, 1.0, 0.1),
        ("many", 40, -0.4, 1.0),
        ("large scores, small differences", 6, 1e-3, 2e-4),
    ]:
        b = 80 + 3 * random.standard_normal(n)
        a = b + shift + noise * random.standard_normal(n)
        interval = stats.ttest_rel(a, b).confidence_interval(0.95)
        yield {
            "name": name,
            "a": a.tolist(),
            "b": b.tolist(),
            "mean": float(np.mean(a - b)),
            "low": float(interval.low),
            "high": float(interval.high),
            "a_mean": float(np.mean(a)),
            "a_deviation": float(np.std(a, ddof=1)),
        }


data = {"made_with": {"scipy": scipy.__version__, "numpy": np.__version__}}
data["quantiles"] = list(quantiles())
data["paired"] = list(paired())
path = Path(__file__).parent.parent / "data" / "statistics.json"
path.write_text(json.dumps(data, indent=1) + "\n")
