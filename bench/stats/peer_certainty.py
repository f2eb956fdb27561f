"""The other side of Venn-Abers and of label sets. The packages venn-abers, MAPIE and crepes are not in Debian: Venn-Abers
is held to its definition at some queries and to a limit in time, label sets to the same few lines of numpy that MAPIE runs.
"""
import numpy as np

from peer_modules import optional

(IsotonicRegression,) = optional("sklearn.isotonic", "IsotonicRegression")

queries = 12


def make(folder, data):
    for name, rows in (("ivap20k", 40_000), ("ivap100k", 200_000)):
        r = np.random.Generator(np.random.PCG64(10))
        p = np.round(r.beta(1.2, 10.8, rows), 6)
        y = (r.random(rows) < p).astype(np.uint8)
        p.tofile(f"{folder}/{name}.p")
        y.tofile(f"{folder}/{name}.y")
        data[name] = (p, y)
    r = np.random.Generator(np.random.PCG64(11))
    x = r.standard_normal((300_000, 10))
    w = r.normal(0, 0.6, 10)
    y = (r.random(300_000) < 1 / (1 + np.exp(-(x @ w - 1.8)))).astype(np.uint8)
    p = 1 / (1 + np.exp(-(x[100_000:] @ w - 1.8)))
    p.tofile(f"{folder}/sets.p")
    y[100_000:].tofile(f"{folder}/sets.y")
    data["sets"] = (p, y[100_000:])


def definition(name, data):
    """p0 and p1 at the first test scores: one isotonic fit each with the score added under either label."""
    p, y = data[name]
    half = len(p) // 2
    out = []
    for s in p[half:half + queries]:
        for label in (0, 1):
            fit = IsotonicRegression(out_of_bounds="clip").fit(np.r_[p[:half], s], np.r_[y[:half], label])
            out.append(float(fit.predict([s])[0]))
    return out


def mondrian(data):
    p, y = data["sets"]
    cal, lab, test, truth = p[:100_000], y[:100_000], p[100_000:], y[100_000:]
    limits = []
    for label, s in ((0, cal[lab == 0]), (1, 1 - cal[lab == 1])):
        k = len(s) + 1 - int(np.floor((len(s) + 1) * 0.1 + 1e-9))
        limits.append(np.partition(s, k - 1)[k - 1])
    in0, in1 = test <= limits[0], 1 - test <= limits[1]
    covered = np.where(truth == 1, in1, in0)
    return [float(covered.mean()), float((in0 & in1).mean()), float((~in0 & ~in1).mean()), float(limits[0]), float(limits[1])]


def tasks(data):
    return {
        "venn-abers 20k + 20k": lambda: definition("ivap20k", data),
        "venn-abers 100k + 100k": lambda: definition("ivap100k", data),
        "mondrian sets 100k + 100k": lambda: mondrian(data),
    }
