"""Writes tests/data/geometry/cases.safetensors: adapters and their geometry, straight from the definitions, in numbers
of 50 digits (so that the ill-conditioned case has an exact answer too).

Made with mpmath 1.3.0, numpy 2.4.6, scipy 1.17.1 and safetensors 0.8.0.
"""
from pathlib import Path

import mpmath as mp
import numpy as np
from safetensors.numpy import save_file
from scipy.optimize import linear_sum_assignment

mp.mp.dps = 50
OUT = Path(__file__).parent.parent / "data" / "geometry" / "cases.safetensors"
SCALING = 2.0


def numbers(m):
    return np.array(m.tolist(), dtype=np.float64)


def svd(m):
    """U, falling sigma, V with m = U diag(sigma) V^T."""
    u, sigma, vt = mp.svd_r(m)
    return u, [sigma[i] for i in range(len(sigma))], vt.T


def eigenvalues_of(m):
    return [m[0, 0]] if m.rows == 1 else mp.eig(m, left=False, right=False)


def geometry(b, t, a):
    r = t.shape[0]
    B, T, A = (mp.matrix(x.astype(np.float64).tolist()) for x in (b, t, a))
    u, sigma, v = svd(B * A)
    u, sigma = u[:, :r], sigma[:r]
    for i in range(r):  # the largest component of each u is positive
        column = [u[n, i] for n in range(u.rows)]
        if max(column, key=abs) < 0:
            for n in range(u.rows):
                u[n, i] = -u[n, i]
    pinv = (B.T * B) ** -1 * B.T
    k = u.T * (B * T * pinv) * u
    _, sigma_bta, _ = svd(SCALING * (B * T * A))
    p, _, q = svd(k * mp.diag(sigma))  # cosines between the singular vectors of BA and BTA

    w, stretches, z = svd(k)
    rotation = w * z.T
    eigenvalues = sorted(eigenvalues_of(rotation), key=lambda x: abs(x + 1))
    reflection = int(mp.det(rotation) < 0)
    degrees = sorted((abs(mp.arg(x)) * 180 / mp.pi for x in eigenvalues[reflection:]), reverse=True)
    of_k = sorted(eigenvalues_of(k), key=lambda x: (-float(abs(x)), -float(x.real), -float(x.imag)))
    shares = [s / sum(sigma_bta[:r]) for s in sigma_bta[:r]]

    def matched(cosines):
        c = np.abs(numbers(cosines))
        _, columns = linear_sum_assignment(-c)
        return np.array([float(mp.acos(min(mp.mpf(1), abs(cosines[i, int(j)]))) * 180 / mp.pi)
                         for i, j in enumerate(columns)])

    departure = sum(x * x for x in k) - sum(abs(x) ** 2 for x in of_k)
    return {
        "sigma_ba": np.array([float(SCALING * s) for s in sigma]),
        "sigma_bta": np.array([float(s) for s in sigma_bta[:r]]),
        "k": numbers(k),
        "r": numbers(rotation),
        "s": numbers(z * mp.diag(stretches) * z.T),
        "stretches": np.array([float(s) for s in stretches]),
        "rotation_degrees": np.array([float(x) for x in degrees]),
        "eigenvalues": np.array([[float(x.real), float(x.imag)] for x in of_k]),
        "map_u": np.abs(numbers(p)),
        "map_v": np.abs(numbers(q)),
        "matched_angle_u": matched(p),
        "matched_angle_v": matched(q),
        # reflection, condition of K, log|det K|, departure from normality, effective rank of BTA, |s BTA|_F
        "measures": np.array([reflection, float(stretches[0] / stretches[-1]), float(mp.log(abs(mp.det(k)))),
                              float(departure), float(mp.exp(-sum(x * mp.log(x) for x in shares))),
                              float(mp.sqrt(sum(s * s for s in sigma_bta)))]),
    }


rng = np.random.default_rng(7)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def near_identity(r):
    return (np.eye(r) + 0.3 * normal(r, r)).astype(np.float32)


cases = {
    "r1": (normal(7, 1), np.array([[-1.5]], np.float32), normal(1, 5)),
    "r2": (normal(9, 2), normal(2, 2), normal(2, 6)),
    "r3_reflection": (normal(9, 3), np.diag([1, -2, 0.5]).astype(np.float32), normal(3, 8)),
    "r8": (normal(20, 8), near_identity(8), normal(8, 12)),
    "r16": (normal(24, 16), normal(16, 16), normal(16, 18)),
    "ill_conditioned": ((normal(14, 5) * np.logspace(0, -6, 5)) @ normal(5, 5), normal(5, 5), normal(5, 11)),
    "r33": (normal(36, 33), near_identity(33), normal(33, 35)),
}
out = {}
for name, (b, t, a) in cases.items():
    b = np.ascontiguousarray(b, dtype=np.float32)
    for key, value in {"b": b, "t": t, "a": a, **geometry(b, t, a)}.items():
        out[f"{name}.{key}"] = np.ascontiguousarray(value)
OUT.parent.mkdir(parents=True, exist_ok=True)
save_file(out, OUT)
