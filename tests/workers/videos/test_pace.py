"""How often a server is asked: quick for few, a bounded share for many, never against its word."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from core.catalog import entries
from core.catalog.entries import Server
from core.catalog.size import Size
from core.models import now
from core.videos.looks import Watched
from tests.servers.videos import VideosServer
from workers.engines import Engine, Look, open_engine
from workers.engines.videos_api.engine import OpenAIVideos
from workers.videos.pace import EARLY_SECONDS, Pace

NOW = now()
MODEL = entries.Model("m", "M", Server("s", "openai-videos"), "m", (Size(1, 1),), (4,))


@pytest.fixture(autouse=True)
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly a test runs, no look becomes due and no video older in it."""
    monkeypatch.setattr("workers.videos.pace.time", SimpleNamespace(monotonic=lambda: 1000.0))
    monkeypatch.setattr("workers.videos.pace.now", lambda: NOW)


def engine_of(server: Server) -> Engine:
    """An engine that nobody answers."""
    return open_engine(server)


def blind(**more: float) -> Pace:
    """The pace of a server that can't list its jobs."""
    server = Server("s", "openai-videos", base_url="http://127.0.0.1:9/v1", **more)  # type: ignore[arg-type]
    engine = engine_of(server)
    assert isinstance(engine, OpenAIVideos)
    engine._stop_listing("it never could")
    return Pace(server, engine)


def running_for(seconds: float) -> Watched:
    """A video that has run for so long."""
    started = NOW - timedelta(seconds=seconds)
    return Watched(1, 1, "m", "video_1", False, started, started, started)


@pytest.mark.parametrize(("ran", "least", "most"), [(1, 0.9, 1.2), (20, 1.8, 2.4), (100, 4.5, 6.0)])
def test_few_videos_are_asked_about_quickly_at_first(ran: float, least: float, most: float) -> None:
    assert least <= blind().next_look(running_for(ran), MODEL, None) <= most


def test_where_one_call_tells_about_many_they_are_asked_about_quickly_for_longer() -> None:
    server = Server("s", "openai-videos", base_url="http://127.0.0.1:9/v1")
    pace = Pace(server, engine_of(server))
    pace.running = 9
    assert 1.8 <= pace.next_look(running_for(20), MODEL, None) <= 2.4
    pace.running = 10
    assert 0.9 <= pace.next_look(running_for(20), MODEL, None) <= 1.2


def test_many_videos_share_the_looks() -> None:
    pace = blind(looks_per_second=10)
    assert pace.first_look() == 1.0
    pace.running = 200
    assert 18 < pace.first_look() < 22
    assert 18 < pace.next_look(running_for(1), MODEL, Look("running")) < 22


def test_of_many_one_that_tells_its_progress_is_asked_about_when_it_may_be_done() -> None:
    pace = blind(looks_per_second=10)
    pace.running = 100
    assert 9 < pace.next_look(running_for(10), MODEL, Look("running", progress=90.0)) < 11
    assert 28 < pace.next_look(running_for(10), MODEL, Look("running", progress=25.0)) < 32
    pace.ended(running_for(30))
    assert 18 < pace.next_look(running_for(10), MODEL, Look("running")) < 22


def test_the_looks_of_a_second_are_not_exceeded() -> None:
    pace = blind(looks_per_second=10)
    assert pace.limit == 10
    pace.spent(10, 0.1)
    assert pace.limit <= 1


def test_what_a_server_asks_for_is_obeyed() -> None:
    assert blind().next_look(running_for(1), MODEL, Look("running", retry_after=77.0)) == 77.0
    pace = blind()
    pace.rest(60)
    pace.spent(1, 0.1)
    assert pace.limit == 0


def test_a_server_that_sends_webhooks_is_polled_less_often() -> None:
    pace = blind()
    pace.announced()
    assert 18 <= pace.next_look(running_for(1), MODEL, Look("running")) <= 24


def test_a_list_is_read_at_most_every_second_and_a_long_one_less_often() -> None:
    server = Server("s", "openai-videos", base_url="http://127.0.0.1:9/v1")
    pace = Pace(server, engine_of(server))
    assert pace.limit > 100_000
    pace.spent(1, 0.01)
    assert pace.limit == 0
    assert 0 < pace.ahead <= server.poll_seconds
    pace = Pace(server, engine_of(server))
    pace.spent(100, 3.0)
    assert pace._list_from - pace._filled > 4


def test_a_webhook_does_not_wait_for_the_list() -> None:
    server = Server("s", "openai-videos", base_url="http://127.0.0.1:9/v1")
    pace = Pace(server, engine_of(server))
    pace.spent(1, 0.01)
    pace.announced()
    assert pace.limit > 0
    assert pace.ahead == 0
    pace.rest(60)
    assert pace.limit == 0


Running = list[tuple[Watched, Look | None]]


def listing(running: int, poll_seconds: float = 5) -> Pace:
    """The pace of a server that lists, at which so many run."""
    server = Server("s", "openai-videos", base_url="http://127.0.0.1:9/v1", poll_seconds=poll_seconds)
    pace = Pace(server, engine_of(server))
    pace.running = running
    return pace


def many(ran: float, progress: float, count: int = 10) -> Running:
    """So many videos that have run for so long and come so far."""
    started = NOW - timedelta(seconds=ran)
    look = Look("running", progress=progress)
    return [
        (Watched(n, 1, "sora-2", f"video_{n}", False, started, started, started), look) for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("ran", "progress", "wait"),
    [
        (5, 25, 3),
        (5, 80, 2.25),  # when the first ones should have ended
        (5, 99, 1),
        (5, 0, 1),  # nothing is known: any moment
        (50, 25, 5),  # never less often than a single job
    ],
)
def test_a_list_of_many_is_read_less_often_while_no_job_should_end(ran: float, progress: float, wait: float) -> None:
    pace = listing(10)
    assert pace.next_looks(many(ran, progress)) == {n: pytest.approx(wait, abs=0.1) for n in range(1, 11)}
    assert pace.opens_in == pytest.approx(wait, abs=0.1)


def test_the_lists_that_were_saved_are_spent_when_jobs_should_end() -> None:
    pace = listing(10)
    waits = [pace.next_looks(many(5, 5.1))[1] for _ in range(2)]
    assert waits == [pytest.approx(3, abs=0.1)] * 2
    waits += [pace.next_looks([*many(10, 99.9, 1), *many(10, 80)[1:]])[1] for _ in range(30)]
    assert all(wait < 0.8 for wait in waits[2:6])  # four saved, two of the rhythm: spread over 2.5 s
    assert 0.9 < waits[-1] < 1.1
    assert sum(waits) + len(waits) * EARLY_SECONDS > len(waits) - 1  # no more than one a second in sum


def test_what_a_progress_in_large_steps_seems_to_put_off_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = listing(10)
    assert pace.next_looks(many(6, 50))[1] == pytest.approx(3, abs=0.1)
    monkeypatch.setattr("workers.videos.pace.time", SimpleNamespace(monotonic=lambda: 1005.5))
    assert pace.next_looks(many(11.5, 50))[1] < 1.6  # it said six seconds then, not eleven and a half


def test_a_list_is_read_neither_quicker_than_its_pages_nor_than_a_tenth_of_the_interval() -> None:
    pace = listing(10, poll_seconds=9)
    for _ in range(60):
        pace.next_looks(many(5, 5.1))
    assert pace.next_looks(many(10, 99.9))[1] == pytest.approx(0.9, abs=0.1)
    pace.spent(60, 2.0)
    pace.next_looks(many(10, 99.9))
    assert pace.opens_in == 3


def test_what_few_jobs_or_one_that_named_its_time_are_asked_stays() -> None:
    pace = listing(9)
    assert 0.9 <= pace.next_looks(many(5, 25, 9))[1] <= 1.2
    pace.running = 10
    asked_not_to = [*many(5, 25)[:9], (many(5, 25)[9][0], Look("running", progress=25, retry_after=4))]
    assert pace.next_looks(asked_not_to)[10] == 4


def test_several_workers_read_the_list_as_often_as_one() -> None:
    pace = listing(10)
    pace.share_with(3)
    assert pace.next_looks(many(5, 25))[1] == pytest.approx(3, abs=0.1)  # for whoever comes first
    assert pace.opens_in == 9


def test_how_long_a_job_has_ended_is_known_by_what_it_told_last(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = listing(10)
    running = [*many(9, 90, 1), *many(9.5, 95)[1:]]  # a second to go, and half a second
    pace.next_looks(running)
    monkeypatch.setattr("workers.videos.pace.time", SimpleNamespace(monotonic=lambda: 1001.2))
    assert pace.ended(running[0][0]) == pytest.approx(0.2)
    assert pace.ended(running[1][0]) == pytest.approx(0.7)
    assert pace.ended(Watched(99, 1, "sora-2", "video_99", False, NOW, NOW, NOW)) == 0


async def test_the_engine_counts_its_looks() -> None:
    with VideosServer(polls=9) as server:
        engine = open_engine(Server("s", "openai-videos", base_url=server.url))
        await engine.look(["a", "b", "c"])
        assert engine.looked == len(server.received("GET")) == 1 + 3
        await engine.close()


def test_several_workers_share_the_looks_and_the_calls() -> None:
    alone, shared = blind(looks_per_second=40, concurrency=8), blind(looks_per_second=40, concurrency=8)
    shared.share_with(4)
    assert (alone.limit, shared.limit) == (40, 10)
    assert isinstance(shared.engine, OpenAIVideos)
    assert shared.engine._calls.slots.total_tokens == 2
    shared.running = alone.running = 400
    assert 9 < shared.first_look() < 11  # a video is looked at by all together as often as by one
    shared.share_with(100)
    assert shared.engine._calls.slots.total_tokens == 1
    shared.share_with(1)
    assert shared.engine._calls.slots.total_tokens == 8
