"""The design we compare with: Celery prefork on Redis, one process per video that waits, asks every ten seconds.

As the guide's code does it: create, sleep, ask, download, write a row; no check of the file, no poster, no ledger.
Its client is kept from task to task, or made anew for each. Started by bench/inflight.py.
"""

import os
import sqlite3
import time
from pathlib import Path

from celery import Celery
from openai import OpenAI

POLL_SECONDS = 10
FOLDER = Path(os.environ.get("ORIGINAL_FOLDER", "."))
app = Celery("original", broker=os.environ.get("ORIGINAL_BROKER", ""))
app.conf.update(worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True, worker_hijack_root_logger=False)


def open_client() -> OpenAI:
    """A client of the Videos server."""
    return OpenAI(api_key="none", base_url=os.environ.get("ORIGINAL_SERVER", "http://127.0.0.1:9/v1"))


kept = open_client()


def table() -> None:
    """Make the table that the tasks write to."""
    with sqlite3.connect(FOLDER / "original.db") as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE videos (prompt TEXT, path TEXT, status TEXT, stored REAL)")


@app.task(name="make")  # type: ignore[untyped-decorator]
def make(prompt: str, picture: str) -> None:
    """One video, from create to the row."""
    client = open_client() if os.environ.get("ORIGINAL_CLIENT") == "task" else kept
    video = client.post(
        "/videos",
        cast_to=dict[str, object],
        body={"model": "sora-2", "prompt": prompt, "seconds": "4", "size": "1280x720"},
        files=[("input_reference", ("picture.jpg", Path(picture).read_bytes(), "image/jpeg"))],
        options={"headers": {"Content-Type": "multipart/form-data"}},
    )
    while video["status"] not in ("completed", "failed"):
        time.sleep(POLL_SECONDS)
        video = client.get(f"/videos/{video['id']}", cast_to=dict[str, object])
    path = FOLDER / f"{video['id']}.mp4"
    path.write_bytes(client._client.get(f"{client.base_url}videos/{video['id']}/content").content)
    with sqlite3.connect(FOLDER / "original.db", timeout=30) as db:
        db.execute("INSERT INTO videos VALUES (?, ?, ?, ?)", (prompt, str(path), video["status"], time.time()))
