#!/usr/bin/env python3
"""XGBoost behind a pipe: one JSON request per line, one answer per line. Run by trees.ts.

Inputs: PCG64 in state 3, 120,000 x 28, the first 100,000 train.
"""
import json
import sys
import time

import numpy as np

from peer_modules import optional, version

XGBClassifier, DMatrix = optional("xgboost", "XGBClassifier", "DMatrix")
log_loss, roc_auc_score = optional("sklearn.metrics", "log_loss", "roc_auc_score")

data = {}


def make(folder):
    r = np.random.Generator(np.random.PCG64(3))
    x = r.standard_normal((120_000, 28)).astype(np.float32)
    z = 1.2 * x[:, 0] * x[:, 1] + 0.9 * x[:, 2] ** 2 + 1.5 * np.sin(2 * x[:, 3])
    z += 1.3 * (x[:, 4] > 0.5) - 0.8 * x[:, 5] + 0.5 * x[:, 6] * (x[:, 7] > 0) - 4.2
    y = (r.random(120_000) < 1 / (1 + np.exp(-z))).astype(np.uint8)
    x.astype(np.float64).tofile(f"{folder}/trees.x")
    y.tofile(f"{folder}/trees.y")
    data.update(x=x, y=y, folder=folder)
    try:
        data["model"] = fitted(2)
    except ImportError as error:
        return dict(missing=str(error))
    data["model"].save_model(f"{folder}/trees.json")
    margin = data["model"].predict(x[:100_000], output_margin=True)
    margin.astype(np.float64).tofile(f"{folder}/trees.margin")
    contributions().astype(np.float64).tofile(f"{folder}/trees.contributions")
    return {}


def fitted(threads):
    model = XGBClassifier(
        n_estimators=100, max_depth=6, learning_rate=0.1, tree_method="hist", max_bin=256, n_jobs=threads
    )
    return model.fit(data["x"][:100_000], data["y"][:100_000])


def fit(threads):
    start = time.perf_counter()
    model = fitted(threads)
    ms = (time.perf_counter() - start) * 1000
    p = model.predict_proba(data["x"][100_000:])[:, 1].astype(float)
    y = data["y"][100_000:]
    return dict(ms=ms, values=[float(roc_auc_score(y, p)), float(log_loss(y, p))])


def contributions(threads=2):
    booster = data["model"].get_booster()
    booster.set_param({"nthread": threads})
    return booster.predict(DMatrix(data["x"][100_000:110_000], nthread=threads), pred_contribs=True)


def timed(run):
    start = time.perf_counter()
    run()
    return dict(ms=(time.perf_counter() - start) * 1000, values=[])


def predict(rows, threads):
    data["model"].set_params(n_jobs=threads)
    data["model"].get_booster().set_param({"nthread": threads})
    x = data["x"][:rows]
    return timed(lambda: data["model"].predict(x, output_margin=True))


tasks = {
    "fit, 1 thread": lambda: fit(1),
    "fit, 2 threads": lambda: fit(2),
    "predict 100k rows, 1 thread": lambda: predict(100_000, 1),
    "predict one row": lambda: predict(1, 1),
    "tree shap 10k rows, 1 thread": lambda: timed(lambda: contributions(1)),
}

for line in sys.stdin:
    ask = json.loads(line)
    if ask["do"] == "versions":
        answer = dict(python=sys.version.split()[0], **{name: version(name) for name in ("numpy", "xgboost", "sklearn")})
    elif ask["do"] == "make":
        answer = make(ask["folder"])
    else:
        try:
            answer = tasks[ask["task"]]()
        except (ImportError, KeyError) as error:
            answer = dict(ms=0, values=[], missing=str(error))
    print(json.dumps(answer), flush=True)
