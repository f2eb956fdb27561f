"""One row at a time, as a server does it: scoring and online learning by scikit-learn. Loaded by peer.py."""
from peer_modules import optional

LogisticRegression, SGDClassifier = optional("sklearn.linear_model", "LogisticRegression", "SGDClassifier")
(log_loss,) = optional("sklearn.metrics", "log_loss")

rows = 1000


def score(data):
    x, y = data["lr40k"]
    if "row model" not in data:
        data["row model"] = LogisticRegression(penalty=None, tol=1e-10, max_iter=1000, solver="newton-cholesky").fit(x, y)
    model = data["row model"]
    return [float(model.predict_proba(x[i:i + 1])[0, 1]) for i in range(rows)]


def learn(data):
    """Log loss of the rows that follow those it learned."""
    x, y = data["lr40k"]
    model = SGDClassifier(loss="log_loss", random_state=0)
    for i in range(rows):
        model.partial_fit(x[i:i + 1], y[i:i + 1], classes=[0, 1])
    return [float(log_loss(y[rows:2 * rows], model.predict_proba(x[rows:2 * rows])[:, 1]))]


def tasks(data):
    return {
        "score one row of 20, 1000 times": lambda: score(data),
        "learn one row of 20, 1000 times": lambda: learn(data),
    }
