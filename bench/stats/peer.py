#!/usr/bin/env python3
"""The other side of the bench: scikit-learn and numpy behind a pipe, one JSON request per line, one answer per line.

Inputs are made here (numpy PCG64) as raw little-endian files that both sides read. Run by main.ts with one thread.
"""
import json
import sys
import time

import numpy as np

import peer_certainty
import peer_drift
import peer_rows
from peer_modules import optional, version

(IsotonicRegression,) = optional("sklearn.isotonic", "IsotonicRegression")
(LogisticRegression,) = optional("sklearn.linear_model", "LogisticRegression")
average_precision_score, brier_score_loss, log_loss, roc_auc_score = optional(
    "sklearn.metrics", "average_precision_score", "brier_score_loss", "log_loss", "roc_auc_score"
)

data = {}


def make(folder):
    for name, seed, rows, columns in (("lr40k", 1, 40_000, 20), ("lr1m", 2, 1_000_000, 10)):
        r = np.random.Generator(np.random.PCG64(seed))
        x = r.standard_normal((rows, columns))
        w = r.normal(0, 0.6, columns)
        y = (r.random(rows) < 1 / (1 + np.exp(-(x @ w - 1.8)))).astype(np.uint8)
        x.tofile(f"{folder}/{name}.x")
        y.tofile(f"{folder}/{name}.y")
        data[name] = (x, y)
    r = np.random.Generator(np.random.PCG64(5))
    p = np.round(r.beta(1.2, 10.8, 1_000_000), 6)
    y = (r.random(1_000_000) < p).astype(np.uint8)
    p.tofile(f"{folder}/scores.p")
    y.tofile(f"{folder}/scores.y")
    data["scores"] = (p, y)
    g = np.random.Generator(np.random.PCG64(6))
    a = np.round(g.beta(1.2, 10.8, 100_000), 6)
    ya = (g.random(100_000) < a).astype(np.uint8)
    b = np.round(np.clip(a + np.random.Generator(np.random.PCG64(7)).normal(0, 0.05, 100_000), 0, 1), 6)
    a.tofile(f"{folder}/delong.a")
    b.tofile(f"{folder}/delong.b")
    ya.tofile(f"{folder}/delong.y")
    data["delong"] = (a, b, ya)
    peer_certainty.make(folder, data)
    peer_drift.make(folder, data)
    return dict(made=list(data))


def logistic(name, tol, solver="lbfgs"):
    x, y = data[name]
    m = LogisticRegression(C=1.0, tol=tol, max_iter=1000, solver=solver).fit(x, y)
    return [*m.coef_[0].tolist(), float(m.intercept_[0])]


def midranks(values):
    order = np.argsort(values, kind="stable")
    s = values[order]
    starts = np.flatnonzero(np.r_[True, s[1:] != s[:-1]])
    ends = np.r_[starts[1:], len(s)]
    ranks = np.empty(len(s))
    ranks[order] = np.repeat((starts + ends + 1) / 2, ends - starts)
    return ranks


def delong():
    a, b, y = data["delong"]
    pos, neg = y == 1, y == 0
    m, n = pos.sum(), neg.sum()
    v10, v01 = [], []
    for s in (a, b):
        tz, tx, ty = midranks(s), midranks(s[pos]), midranks(s[neg])
        v10.append((tz[pos] - tx) / n)
        v01.append(1 - (tz[neg] - ty) / m)
    c = np.cov(v10) / m + np.cov(v01) / n
    d = v10[0].mean() - v10[1].mean()
    return [float(d / np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1]))]


def ece():
    p, y = data["scores"]
    bin_ = np.minimum((p * 15).astype(int), 14)
    said, seen = np.bincount(bin_, p, 15), np.bincount(bin_, y, 15)
    return [float(np.abs(said - seen).sum() / len(p))]


def isotonic_fit():
    data["curve"] = IsotonicRegression(out_of_bounds="clip").fit(*data["scores"])
    return [float(len(data["curve"].X_thresholds_))]


def isotonic_predict():
    if "curve" not in data:
        isotonic_fit()
    return [float(data["curve"].predict(data["scores"][0]).mean())]


tasks = {
    "logistic 40k x 20": lambda: logistic("lr40k", 1e-6),
    "logistic 1M x 10": lambda: logistic("lr1m", 1e-6),
    "roc auc 1M": lambda: [float(roc_auc_score(data["scores"][1], data["scores"][0]))],
    "average precision 1M": lambda: [float(average_precision_score(data["scores"][1], data["scores"][0]))],
    "brier 1M": lambda: [float(brier_score_loss(data["scores"][1], data["scores"][0]))],
    "log loss 1M": lambda: [float(log_loss(data["scores"][1], data["scores"][0]))],
    "ece 15 bins 1M": ece,
    "isotonic fit 1M": isotonic_fit,
    "isotonic predict 1M": isotonic_predict,
    "delong pair 100k": delong,
    **peer_certainty.tasks(data),
    **peer_drift.tasks(data),
    **peer_rows.tasks(data),
}
# What the tight fit of logistic regression answers: the parity both sides are held to.
exact = {
    "logistic 40k x 20": lambda: logistic("lr40k", 1e-12, "newton-cholesky"),
    "logistic 1M x 10": lambda: logistic("lr1m", 1e-12, "newton-cholesky"),
}

for line in sys.stdin:
    ask = json.loads(line)
    if ask["do"] == "versions":
        answer = dict(python=sys.version.split()[0], **{name: version(name) for name in ("numpy", "scipy", "sklearn", "statsmodels")})
    elif ask["do"] == "make":
        answer = make(ask["folder"])
    elif ask["task"] not in tasks:
        answer = dict(ms=0, values=[], missing="nothing in Debian does this")
    else:
        run = exact.get(ask["task"], tasks[ask["task"]]) if ask["do"] == "exact" else tasks[ask["task"]]
        start = time.perf_counter()
        try:
            values = run()
            answer = dict(ms=(time.perf_counter() - start) * 1000, values=values)
        except ImportError as error:
            answer = dict(ms=0, values=[], missing=str(error))
    print(json.dumps(answer), flush=True)
