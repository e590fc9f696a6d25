"""What a batch and an ad cost beside the single videos they are made of.

    uv run bench/ads.py [--render]

Accepting: 200 rows beside one request, the median of several, and the statements that take credits. With `--render`: an
ad of four 2.5 s shots in three formats by the studio camera, from the click to the last file, beside the time of its
renders back to back; takes some minutes.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ROWS, ROUNDS, SHOTS, SECONDS = 200, 7, 4, 2.5
SIZES = ["720x1280", "1080x1080", "1280x720"]


async def accept(user: Any, picture: int) -> None:
    """Rows against one."""
    from sqlalchemy import event

    from core.batches.ask import ask as ask_batch
    from core.database.session import engines
    from core.videos.ask import ask
    from core.videos.recipe import Recipe

    charges: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("UPDATE users"):
            charges.append(statement)

    rows = [{"image_id": picture, "prompt": f"Slow push in {n}", "model": "camera"} for n in range(ROWS)]
    one, many = [], []
    await ask(user, Recipe(picture_id=picture, prompt="Warm up", model="camera"))
    for number in range(ROUNDS):
        started = time.perf_counter()
        await ask(user, Recipe(picture_id=picture, prompt=f"Slow push in {number}", model="camera"))
        one.append(time.perf_counter() - started)
        charges.clear()
        event.listen(engines().writing.sync_engine, "before_cursor_execute", note)
        started = time.perf_counter()
        await ask_batch(user, rows)
        many.append(time.perf_counter() - started)
        event.remove(engines().writing.sync_engine, "before_cursor_execute", note)
    single, batch = statistics.median(one) * 1000, statistics.median(many) * 1000
    print(f"one request {single:.1f} ms, {ROWS} rows {batch:.1f} ms: {batch / single:.1f} times; "
          f"{len(charges)} statement takes credits")  # fmt: skip


async def render(user: Any, picture: int) -> None:
    """An ad against its renders."""
    from core.ads.ask import ask
    from tests.worker import made_ad, running_worker

    shots = [{"seconds": SECONDS, "words": f"Shot {n}"} for n in range(SHOTS)]
    body = {"template": "launch", "image_ids": [picture], "fields": {"name": "Cup"}, "sizes": SIZES, "shots": shots}
    async with running_worker():
        await asyncio.sleep(5)
        started = time.perf_counter()
        made = await made_ad(user.id, (await ask(user, body)).id)
        whole = time.perf_counter() - started
    videos = [*(video for _shot, video in made.shots), *made.videos]
    own = sum((v.completed_at - v.started_at).total_seconds() for v in videos if v.completed_at and v.started_at)
    print(f"{made.status}: {whole:.1f} s, its renders back to back {own:.1f} s: {whole / own:.2f} times")


async def prepare(render_too: bool) -> None:
    """A user with a picture; then all of it."""
    from core.accounts import users
    from core.billing import credits
    from core.database.session import close_database, session
    from core.pictures import uploads
    from core.redis.client import close_redis

    async with session() as db:
        user = await users.find_or_create(db, "bench@localhost")
        await credits.move(db, user.id, 100_000, "grant", "bench")
        picture = await uploads.from_preset(db, user.id, "perfume")
    await (render if render_too else accept)(user, picture.id)
    await close_redis()
    await close_database()


def main() -> None:
    """In a folder of its own, with a Valkey of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--render", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATABASE_URL": f"sqlite:///{folder}/bench.db", "STORAGE_URL": folder}
        os.environ |= {"BATCH_MAX_ROWS": "200", "BATCHES_PER_HOUR": "100", "GENERATIONS_PER_HOUR": "1000"}
        from core.database.migrate import migrate
        from core.redis import embedded
        from core.settings import settings

        migrate()
        embedded.ensure()
        os.environ["REDIS_URL"] = embedded.redis_url()
        settings.cache_clear()
        try:
            asyncio.run(prepare(asked.render))
        finally:
            os.environ.pop("REDIS_URL")
            settings.cache_clear()
            embedded.stop()


if __name__ == "__main__":
    main()
