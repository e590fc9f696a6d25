"""Nothing on the queue is a pickle, and a pickle that somebody puts there runs nothing."""

import ast
import json
import pickle
import time
from pathlib import Path

import pytest
from redis import Redis

from core.catalog import entries
from core.database.session import session
from core.models import User
from core.redis import client, job_json, queue
from core.settings import ROOT
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.people import picture_of
from tests.waiting import until
from tests.worker import running_worker
from tests.workers.videos.test_flow import ended
from workers.main import WorkerSettings

OURS = [ROOT / "main.py", *(file for part in ("core", "ui", "workers") for file in sorted((ROOT / part).rglob("*.py")))]


class Bomb:
    """Does something when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def lay(redis_url: str, name: str, content: bytes) -> None:
    """As somebody who can write into Redis."""
    with Redis.from_url(redis_url) as neighbour:
        neighbour.set(f"arq:job:{name}", content)
        neighbour.zadd(queue.QUEUE, {name: int(time.time() * 1000)})


def job(**changes: object) -> bytes:
    return json.dumps({"t": None, "f": "submit", "a": [1], "k": {}, "et": 1, **changes}).encode()


async def test_a_pickle_on_the_queue_runs_nothing_and_what_it_stood_for_is_done(
    place: Path, redis_url: str, alice: User
) -> None:
    picture = await picture_of(alice)
    async with session() as db:
        asked = await request(db, alice, Recipe(picture_id=picture.id, prompt="push in"), entries.get("camera"))
    with Redis.from_url(redis_url) as neighbour:
        neighbour.flushall()
    mark = place / "it went off"
    former: dict[str, object] = {"t": None, "f": "submit", "a": (asked.id,), "k": {}, "et": int(time.time() * 1000)}
    lay(redis_url, f"submit:{asked.id}:0", pickle.dumps(former))  # as the version before wrote it
    lay(redis_url, "bomb", pickle.dumps(Bomb(mark)))
    async with running_worker():
        await ended(asked, "completed")
        with Redis.from_url(redis_url) as neighbour:
            await until(lambda: not neighbour.exists("arq:job:bomb", f"arq:job:submit:{asked.id}:0"))
    assert not mark.exists()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"null", b"[1]", b"{}", b"\xff", b"[" * 100_000),
        *(job(f=["submit"]), job(a={}), job(k=[]), job(et=10**30), job(et="1"), job(t="1")),
    ],
    ids=lambda content: content[:40],
)
async def test_what_is_no_job_is_dropped_and_the_worker_goes_on(place: Path, redis_url: str, content: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        job_json.read(content)
    lay(redis_url, "odd", content)
    async with running_worker():
        with Redis.from_url(redis_url) as neighbour:
            await until(lambda: neighbour.zscore(queue.QUEUE, "odd") is None)
            lay(redis_url, "next", job(f="nothing"))
            await until(lambda: neighbour.zscore(queue.QUEUE, "next") is None)


async def test_what_we_put_on_the_queue_is_json(place: Path, redis_url: str) -> None:
    await queue.put("submit", 17, 0)
    with Redis.from_url(redis_url) as neighbour:
        content = neighbour.get("arq:job:submit:17:0")
    assert isinstance(content, bytes)
    written = json.loads(content)
    assert (written["f"], written["a"]) == ("submit", [17])
    assert job_json.read(content) == written
    assert json.loads(job_json.write({"r": ValueError("odd")}))["r"] == "ValueError('odd')"


@pytest.mark.parametrize(
    "url", ["redis://localhost/0", "rediss://localhost/0", "redis+sentinel://localhost/0", "unix:///nowhere.sock"]
)
async def test_both_sides_of_the_queue_write_json_wherever_redis_is(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(client, "place", lambda: client.read(url))
    made = client.client()
    assert (made.job_serializer, made.job_deserializer) == (job_json.write, job_json.read)
    assert (WorkerSettings.job_serializer, WorkerSettings.job_deserializer) == (job_json.write, job_json.read)
    await client.close(made)


def test_nothing_of_ours_pickles() -> None:
    """Neither by name, nor through a client of arq that is made somewhere else."""
    unsafe = {"pickle", "cPickle", "_pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"}
    for file in OURS:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            assert not unsafe & {name.partition(".")[0] for name in names}, file
            if isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                assert name != "create_pool", file
                assert name != "ArqRedis" or file == ROOT / "core/redis/client.py", file
