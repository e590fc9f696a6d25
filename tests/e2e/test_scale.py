"""Two web and two worker processes on PostgreSQL, Redis and a bucket, and each of them fails in the middle."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.people import photo
from tests.running import RunningApp
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3Server
from tests.servers.valkey import Valkey
from tests.servers.videos import VideosServer

PEOPLE = 5
EACH = 10
PATIENCE = 240


@dataclass
class SetUp:
    """What runs, and on what."""

    webs: list[RunningApp]
    workers: list[RunningApp]
    valkey: Valkey


@pytest.fixture
def set_up(tmp_path: Path, postgresql: PostgreSQL, s3: S3Server, server: VideosServer) -> Iterator[SetUp]:
    """All of it, started at once on an empty database."""
    postgresql.sql("CREATE DATABASE scale")
    valkey = Valkey()
    variables = {
        "DATABASE_URL": postgresql.url("scale"),
        "REDIS_URL": valkey.url,
        "OPENAI_BASE_URL": server.url,
        "STORAGE_SECRET": "s" * 32,
        "SIGNUP_CREDITS": str(EACH * 10),
        **s3.variables("scale"),
    }
    parts = []
    for name in ("web1", "web2", "worker1", "worker2"):
        (tmp_path / name).mkdir()
        parts.append(RunningApp(tmp_path / name, name[:-1], **variables))
    try:
        for part in parts:
            part.start(wait=False)
        for web in parts[:2]:
            web.wait_until_ready()
        yield SetUp(parts[:2], parts[2:], valkey)
        for part in parts:
            part.stop(signal.SIGTERM)
    finally:
        for part in parts:
            part.end()
        valkey.close()
        if not postgresql.is_running:
            postgresql.start()  # for the tests of the next file
        postgresql.sql("DROP DATABASE scale WITH (FORCE)")


@pytest.fixture
def server() -> Iterator[VideosServer]:
    """A Videos server whose jobs take a while."""
    with VideosServer(latency=8) as running:
        yield running


def _until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def _ask(client: httpx.Client, picture: int, prompt: str) -> None:
    answer = client.post("/videos/generate", json={"image_id": picture, "prompt": prompt, "seconds": 4})
    assert answer.status_code == 202, answer.text


def _videos(client: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/videos", params={"limit": 50}).json()["items"]
    return items


@pytest.mark.timeout(900)  # it is waited PATIENCE for each of several things
def test_fifty_videos_are_made_once_while_every_part_fails(
    set_up: SetUp, server: VideosServer, postgresql: PostgreSQL
) -> None:
    people = [set_up.webs[n % 2].client(f"person{n}@example.com") for n in range(PEOPLE)]
    pictures = [person.post("/images", files={"file": photo(1280, 720)}).json()["id"] for person in people]

    def ask(numbers: range) -> None:
        for number in numbers:
            for n, person in enumerate(people):
                _ask(person, pictures[n], f"person {n}, video {number}")

    ask(range(5))
    _until(lambda: len(server.jobs) == 5 * PEOPLE)  # whole: what has only begun to come is a job nobody has
    killed = set_up.workers[0].process
    assert killed
    killed.kill()  # with looks and fetches under way
    killed.wait()
    ask(range(5, 8))
    set_up.valkey.stop()
    time.sleep(3)
    set_up.valkey.start()
    ask(range(8, EACH))
    postgresql.stop()
    time.sleep(1)
    postgresql.start()
    set_up.workers[0].start(wait=False)

    for person in people:
        person.base_url = f"{set_up.webs[1].url}/api/v1"  # what was asked at either is seen at both
        _until(lambda person=person: all(v["status"] not in ("pending", "processing") for v in _videos(person)))  # type: ignore[misc]
    for n, person in enumerate(people):
        videos = _videos(person)
        assert [(v["status"], v["error"]) for v in videos] == [("completed", None)] * EACH
        assert {v["prompt"] for v in videos} == {f"person {n}, video {number}" for number in range(EACH)}
        content = person.get(f"/videos/{videos[0]['id']}/content", follow_redirects=True)
        assert (content.status_code, content.content[4:8]) == (200, b"ftyp")
        ledger = person.get("/me/ledger", params={"limit": 50}).json()["items"]
        assert Counter(line["kind"] for line in ledger) == {"grant": 1, "charge": EACH}
        assert sum(line["amount"] for line in ledger) == person.get("/me").json()["credits"] == 0
    prompts = Counter(call.fields["prompt"] for call in server.received("POST"))
    assert (len(prompts), set(prompts.values())) == (PEOPLE * EACH, {1})
    for person in people:
        person.close()
