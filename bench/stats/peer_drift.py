"""Drift and label-free estimates on the peer's side: scipy, statsmodels, numpy. Loaded by peer.py.

NannyML, the peer for CBPE, is in no Debian release: the same estimate is written here in numpy and scikit-learn.
"""
import numpy as np

from peer_modules import optional

ks_2samp, wasserstein_distance = optional("scipy.stats", "ks_2samp", "wasserstein_distance")
(IsotonicRegression,) = optional("sklearn.isotonic", "IsotonicRegression")
(multipletests,) = optional("statsmodels.stats.multitest", "multipletests")


def make(folder, data):
    r = np.random.Generator(np.random.PCG64(4))
    a = r.standard_normal(1_000_000)
    b = 1.003 * r.standard_normal(1_000_000) + 0.002
    r = np.random.Generator(np.random.PCG64(8))
    p = np.r_[r.random(95_000), r.beta(0.1, 8, 5_000)]
    r = np.random.Generator(np.random.PCG64(12))
    score = np.round(r.beta(1.2, 4, 500_000), 6)
    y = (r.random(500_000) < score**1.3).astype(np.uint8)
    data["drift"] = dict(a=a, b=b, p=p, score=score, y=y)
    for name, values in data["drift"].items():
        values.tofile(f"{folder}/drift.{name}")


def psi(d):
    a, b = d["a"], d["b"]
    edges = np.unique(np.quantile(a, np.arange(1, 10) / 10))
    p, q = (np.bincount(np.searchsorted(edges, v, side="right"), minlength=len(edges) + 1) for v in (a, b))
    p, q = (np.where(c == 0, 0.5, c) / c.sum() for c in (p, q))
    return [float(((q - p) * np.log(q / p)).sum())]


def bh(d):
    reject, adjusted, _, _ = multipletests(d["p"], 0.05, "fdr_bh")
    return [int(reject.sum()), float(adjusted.mean())]


def cbpe(d):
    half = 250_000
    score, y = d["score"], d["y"]
    curve = IsotonicRegression(out_of_bounds="clip").fit(score[:half], y[:half])
    s = score[half:]
    c = curve.predict(s)
    said = s >= 0.5
    tp, fp, fn, tn = c[said].sum(), (1 - c[said]).sum(), c[~said].sum(), (1 - c[~said]).sum()
    order = np.argsort(s, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(s[order]) != 0])
    pos = np.add.reduceat(c[order], starts)
    neg = np.add.reduceat(1 - c[order], starts)
    auc = (pos * (np.cumsum(neg) - neg / 2)).sum() / pos.sum() / neg.sum()
    return [float(auc), float((tp + tn) / half), float(2 * tp / (2 * tp + fp + fn))]


def tasks(data):
    return {
        "ks 1M + 1M": lambda: [float(ks_2samp(data["drift"]["a"], data["drift"]["b"], method="asymp").statistic)],
        "wasserstein 1M + 1M": lambda: [float(wasserstein_distance(data["drift"]["a"], data["drift"]["b"]))],
        "psi 10 bins 1M + 1M": lambda: psi(data["drift"]),
        "benjamini-hochberg 100k": lambda: bh(data["drift"]),
        "cbpe 250k + 250k, 3 figures": lambda: cbpe(data["drift"]),
    }
