"""The usual stack doing the work of POST /v1/lead: FastAPI, pydantic, scikit-learn, asyncpg.

One lead is validated, given its features, scored by a fitted scikit-learn pipeline and written with its prediction in
one statement and one commit. It is written to be fast, and it does less than Surety: no keys, no encryption, no
redaction, no idempotency, no search, no tenants.
"""

import json
import os
import re
import uuid
from datetime import datetime, timezone

import asyncpg
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel, Field
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SCHEMA = """
create table if not exists events (
  event_id uuid primary key, recorded_at timestamptz not null, payload jsonb not null);
create table if not exists predictions (
  prediction_id uuid primary key, event_id uuid not null references events, recorded_at timestamptz not null,
  features jsonb not null, probability float8 not null, state text not null);
"""

INSERT = """
with event as (insert into events (event_id, recorded_at, payload) values ($1, $2, $3))
insert into predictions (prediction_id, event_id, recorded_at, features, probability, state)
values ($4, $1, $2, $5, $6, $7)
"""

# A foreign key is checked at the end of the statement, so event and prediction may come in one.

QUOTE = re.compile(r"\b(?:quote|estimate|price|cost|appointment|book)\b")
HASTE = re.compile(r"\b(?:urgent|today|leak\w*|asap)\b")
ANGER = re.compile(r"\b(?:wrong|disappointed|terrible|broken)\b")


class Lead(BaseModel):
    name: str = Field(min_length=2, max_length=120)
    phone: str | None = Field(default=None, min_length=7)
    email: str | None = None
    details: str = Field(default="", max_length=2000)
    company: str | None = None
    source: str | None = None


def features(details: str, hour: int) -> dict:
    text = details.lower()
    return {
        "details_len": len(details),
        "hour": hour,
        "intent": "quote" if QUOTE.search(text) else "info",
        "urgency": "high" if HASTE.search(text) else "medium",
        "sentiment": "negative" if ANGER.search(text) else "neutral",
    }


def fitted():
    """A pipeline without pandas: a DataFrame and a ColumnTransformer would cost milliseconds per row."""
    rng = np.random.default_rng(1)
    words = ["price of a roof", "it is urgent", "something is wrong", "a question", "book an appointment today"]
    rows = [features(words[i % 5] + " x" * int(rng.integers(0, 60)), int(rng.integers(0, 24))) for i in range(2000)]
    labels = rng.random(2000) < [0.6 if row["intent"] == "quote" else 0.3 for row in rows]
    return make_pipeline(DictVectorizer(sparse=False), StandardScaler(), LogisticRegression()).fit(rows, labels)


app = FastAPI(docs_url=None, redoc_url=None)
model = fitted()
pool: asyncpg.Pool


@app.on_event("startup")
async def start():
    global pool
    encode = lambda connection: connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )
    pool = await asyncpg.create_pool(os.environ["PEER_DATABASE_URL"], min_size=8, max_size=8, init=encode)


@app.get("/ready")
async def ready():
    return {"ready": True}


@app.post("/lead")
async def lead(body: Lead):
    now = datetime.now(timezone.utc)
    row = features(body.details, now.hour)
    probability = float(model.predict_proba([row])[0, 1])
    event_id, prediction_id = uuid.uuid4(), uuid.uuid4()
    state = "acted" if probability >= 0.7 else "queued"
    await pool.execute(INSERT, event_id, now, body.dict(), prediction_id, row, probability, state)
    return {"lead_id": str(event_id), "pred_prob": round(probability, 3), "state": state}


async def make_tables():
    connection = await asyncpg.connect(os.environ["PEER_DATABASE_URL"])
    await connection.execute(SCHEMA)
    await connection.close()


if __name__ == "__main__":
    import asyncio

    asyncio.run(make_tables())
