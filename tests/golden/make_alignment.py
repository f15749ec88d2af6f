"""Writes tests/data/geometry/alignment.safetensors: a weight, an adapter and the overlap of their leading singular
directions from full SVDs in float64.

Made with numpy 2.4.6 and safetensors 0.8.0.
"""
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

OUT = Path(__file__).parent.parent / "data" / "geometry" / "alignment.safetensors"
OUT_FEATURES, IN_FEATURES, RANK, COUNT = 90, 70, 3, 6

rng = np.random.default_rng(11)
left = np.linalg.qr(rng.standard_normal((OUT_FEATURES, IN_FEATURES)))[0]
right = np.linalg.qr(rng.standard_normal((IN_FEATURES, IN_FEATURES)))[0]
w0 = (left * (10 * 0.85 ** np.arange(IN_FEATURES)) @ right.T).astype(np.float32)
# An adapter that lies half inside the leading directions.
b = (left[:, :RANK] + 0.1 * rng.standard_normal((OUT_FEATURES, RANK))).astype(np.float32)
t = rng.standard_normal((RANK, RANK)).astype(np.float32)
a = (right[:, 2:2 + RANK].T + 0.1 * rng.standard_normal((RANK, IN_FEATURES))).astype(np.float32)

u0, s0, v0 = np.linalg.svd(w0.astype(np.float64), full_matrices=False)
u, s, v = np.linalg.svd(b.astype(np.float64) @ t @ a, full_matrices=False)
save_file({"w0": w0, "b": b, "t": t, "a": a, "sigma_w0": s0[:COUNT], "sigma": s[:RANK],
           "overlap_u": np.ascontiguousarray(np.abs(u[:, :RANK].T @ u0[:, :COUNT])),
           "overlap_v": np.ascontiguousarray(np.abs(v[:RANK] @ v0[:COUNT].T))}, OUT)
