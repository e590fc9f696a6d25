"""Webhooks of users: signed, in the transaction of the video's end, tried again, and never in the way of videos."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openai
import pytest
from sqlmodel import col, select, update

from core import webhooks
from core.database.session import reading, session
from core.errors import AddressRefused, BadAddress, Conflict, NotFound, ProviderFailed
from core.models import User, Video, WebhookDelivery, WebhookEndpoint, now
from core.security.public_ids import public_id
from core.video_json import VideoOut
from core.videos import states
from tests.environment import forget_settings
from tests.people import ask, reread
from tests.servers.receiver import Receiver
from tests.waiting import until
from tests.worker import running_worker
from workers.webhooks import AT_ONCE, AT_ONE_ENDPOINT, AT_ONE_USER

pytestmark = pytest.mark.both_databases


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operator lets webhooks go to 127.0.0.1, and attempts follow each other at once."""
    monkeypatch.setenv("OUTSIDE_ALLOW", "127.0.0.1")
    monkeypatch.setattr("core.webhooks.RETRY_SECONDS", (0, 0, 0, 0, 0))
    forget_settings()
    yield
    forget_settings()


async def listen(user: User, receiver: Receiver, path: str = "/hook") -> WebhookEndpoint:
    """An endpoint of that user."""
    async with session() as db:
        endpoint, receiver.secret = await webhooks.make(db, user.id, f"{receiver.root}{path}")
    return endpoint


async def failed_video(user: User) -> Video:
    """A video that has failed."""
    video = await ask(user)
    async with session() as db:
        assert await states.fail(db, video, ProviderFailed("no luck"))
    return await reread(video)


async def deliveries() -> list[WebhookDelivery]:
    """All there are, oldest first."""
    async with reading() as db:
        return list((await db.exec(select(WebhookDelivery).order_by(col(WebhookDelivery.id)))).all())


async def is_over() -> bool:
    """Whether nothing is due any more."""
    return all(delivery.next_try_at is None for delivery in await deliveries())


async def test_a_completed_video_is_told_signed_and_as_the_api_shows_it(alice: User, inside: None) -> None:
    with Receiver() as receiver:
        await listen(alice, receiver)
        video = await ask(alice, seconds=4)
        async with running_worker():
            await until(lambda: receiver.events, 120)
            await until(is_over)  # the answer arrives before it is written down
    event = receiver.events[0]
    assert event["type"] == "video.completed"
    assert event["data"] == VideoOut.of(await reread(video)).model_dump(mode="json")
    assert event["data"]["status"] == "completed"
    [delivery] = await deliveries()
    assert delivery.delivered_at is not None
    assert (delivery.attempts, delivery.last_status) == (1, 204)


async def test_openais_sdk_takes_an_event_in_its_form(alice: User, inside: None) -> None:
    with Receiver() as receiver:
        async with session() as db:
            _, receiver.secret = await webhooks.make(db, alice.id, f"{receiver.root}/hook", "openai")
        failed = await failed_video(alice)
        canceled = await ask(alice)
        async with session() as db:
            await states.cancel(db, alice.id, canceled.id)
        async with running_worker():
            await until(lambda: len(receiver.events) == 2)
            await until(is_over)
    client = openai.OpenAI(api_key="none", webhook_secret=receiver.secret)
    told: list[tuple[str, str]] = []
    for call, body in zip(receiver.calls, receiver.bodies, strict=True):
        event: Any = client.webhooks.unwrap(body, call.headers)
        told.append((event.type, event.data.id))
        assert (event.object, event.id[:4], isinstance(event.created_at, int)) == ("event", "evt_", True)
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(body + b" ", call.headers)
    assert sorted(told) == sorted(("video.failed", public_id(video.id)) for video in (failed, canceled))


async def test_failed_and_canceled_are_told_too_each_once_to_each_endpoint(alice: User, inside: None) -> None:
    with Receiver() as one, Receiver() as other:
        await listen(alice, one)
        await listen(alice, other)
        video = await failed_video(alice)
        async with session() as db:
            assert not await states.fail(db, video, ProviderFailed("twice"))
        canceled = await ask(alice)
        async with session() as db:
            await states.cancel(db, alice.id, canceled.id)
        async with running_worker():
            await until(is_over)
    for receiver in (one, other):
        assert sorted(event["type"] for event in receiver.events) == ["video.canceled", "video.failed"]
        failed = next(event["data"] for event in receiver.events if event["type"] == "video.failed")
        assert failed["error"] == {
            "code": "provider_failed",
            "message": "The model could not make this video: no luck",
        }


async def test_nobody_elses_videos_are_told(alice: User, charlie: User, inside: None) -> None:
    with Receiver() as receiver:
        await listen(charlie, receiver)
        await failed_video(alice)
    assert await deliveries() == []


async def due_now() -> None:
    """Time has passed."""
    async with session() as db:
        waiting = col(WebhookDelivery.next_try_at).is_not(None)
        await db.exec(update(WebhookDelivery).where(waiting).values(next_try_at=now()))


async def test_it_is_tried_again_until_it_is_taken_by_another_worker_if_need_be(
    alice: User, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.webhooks.RETRY_SECONDS", (3600, 3600, 3600, 3600, 3600))

    async def waits_after(attempts: int) -> bool:
        [delivery] = await deliveries()
        later = delivery.next_try_at is not None and delivery.next_try_at - now() > timedelta(minutes=50)
        return delivery.attempts == attempts and later

    with Receiver(500, 503) as receiver:
        await listen(alice, receiver)
        await failed_video(alice)
        async with session() as db:  # a worker that dies with it
            [claimed] = await webhooks.claim(db, 5, set())
            assert await webhooks.claim(db, 5, set()) == []
        for calls in (1, 2):  # its lease has run out; the next one fails, is stopped, and the one after it fails
            await due_now()
            async with running_worker():
                await until(lambda: waits_after(calls + 1))  # noqa: B023 - awaited here
            assert len(receiver.calls) == calls
        await due_now()
        async with running_worker():
            await until(is_over)
        async with session() as db:  # the dead one comes back: too late
            await webhooks.mark_failed(db, claimed, 500, "late")
    assert len(receiver.events) == 1
    assert len(set(receiver.ids)) == 1
    [delivery] = await deliveries()
    assert (delivery.attempts, delivery.last_status, delivery.last_error) == (4, 204, "")
    assert delivery.delivered_at is not None


async def test_after_six_attempts_it_is_given_up(alice: User, inside: None) -> None:
    with Receiver(*[500] * 20) as receiver:
        await listen(alice, receiver)
        await failed_video(alice)
        async with running_worker():
            await until(is_over, 120)
        assert len(receiver.calls) == 6
    [delivery] = await deliveries()
    assert (delivery.attempts, delivery.last_status, delivery.delivered_at) == (6, 500, None)


def test_the_attempts_spread_over_hours() -> None:
    assert webhooks.RETRY_SECONDS == (5, 30, 300, 3600, 21600)


@pytest.mark.parametrize(("answer", "attempts"), [(410, 1), (307, 2), (404, 2)])
async def test_gone_is_for_good_and_a_redirect_is_not_followed(
    alice: User, inside: None, answer: int, attempts: int
) -> None:
    with Receiver(answer) as receiver:
        await listen(alice, receiver)
        await failed_video(alice)
        async with running_worker():
            await until(is_over)
        assert [call.path for call in receiver.calls] == ["/hook"] * attempts


async def test_an_endpoint_that_hangs_holds_up_neither_videos_nor_other_endpoints(
    alice: User, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(*[None] * 100) as slow, Receiver() as quick:
        await listen(alice, slow)
        await listen(alice, quick)
        for _ in range(8):
            await failed_video(alice)
        video = await ask(alice, seconds=4)
        async with running_worker():
            await until(lambda: len(quick.events) == 9, 120)
            assert (await reread(video)).status == "completed"
            await until(lambda: slow.calls)
            assert slow.events == []


async def test_hanging_endpoints_of_one_user_do_not_delay_anothers(alice: User, charlie: User, inside: None) -> None:
    with Receiver(*[None] * 200) as slow, Receiver() as quick:
        for _ in range(webhooks.MAX_ENDPOINTS):
            await listen(alice, slow)
        await listen(charlie, quick)
        for _ in range(4):
            await failed_video(alice)
        await failed_video(charlie)
        async with running_worker():
            await until(lambda: quick.events, 120)
            assert len(slow.calls) <= 2 * AT_ONE_USER < AT_ONCE


async def test_an_endpoint_that_does_not_answer_is_left_alone_for_a_while(alice: User, inside: None) -> None:
    with Receiver() as one, Receiver() as other:
        silent = await listen(alice, one)
        await listen(alice, other)
        for _ in range(2):
            await failed_video(alice)
    async with session() as db:
        claimed = await webhooks.claim(db, 1, set())
        assert [row.endpoint_id for row in claimed] == [silent.id]
        await webhooks.mark_failed(db, claimed[0], None, "no answer")
        left = [row for row in await webhooks.claim(db, 9, set()) if row.id != claimed[0].id]  # tried again by itself
    assert [row.endpoint_id for row in left] == [silent.id + 1] * 2
    waiting = [row for row in await deliveries() if row.endpoint_id == silent.id and not row.attempts]
    assert [timedelta(0) < row.next_try_at - now() <= webhooks.SILENCE for row in waiting if row.next_try_at] == [True]


async def test_one_user_never_has_more_than_a_share_of_the_places(alice: User, charlie: User, inside: None) -> None:
    with Receiver() as receiver:
        for user in (alice, alice, alice, charlie):
            await listen(user, receiver)
        for user in (alice, alice, alice, charlie):
            await failed_video(user)
    async with session() as db:
        owners = {row.id: row.user_id for row in await db.exec(select(WebhookEndpoint))}
        running: Counter[int] = Counter()
        for _ in range(20):
            busy, free = await webhooks.shares(db, running, AT_ONE_ENDPOINT, AT_ONE_USER)
            running.update(row.endpoint_id for row in await webhooks.claim(db, free, busy))
    users = Counter(owners[endpoint] for endpoint in running.elements())
    assert users == {alice.id: AT_ONE_USER, charlie.id: 1}


async def test_an_address_that_has_moved_inside_is_not_called(alice: User, inside: None) -> None:
    with Receiver() as receiver:
        await listen(alice, receiver)
        await failed_video(alice)
        async with session() as db:
            await db.exec(update(WebhookEndpoint).values(url="http://169.254.169.254/latest"))
        async with running_worker():
            await until(is_over, 120)
    [delivery] = await deliveries()
    assert (delivery.last_status, delivery.attempts) == (None, 6)
    assert "public web server" in delivery.last_error


async def test_an_address_inside_is_refused_at_once(alice: User) -> None:
    for url, error in (
        ("http://127.0.0.1/", AddressRefused),
        ("http://localhost/", AddressRefused),
        ("https://[::1]/", AddressRefused),
        ("https://example.com:22/", AddressRefused),
        ("ftp://example.com/", BadAddress),
        ("https://user:pw@example.com/", BadAddress),
    ):
        with pytest.raises(error):
            await webhooks.reachable(url)


async def test_the_secret_is_not_in_the_database_and_useless_under_another_key(
    alice: User, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as receiver:
        endpoint = await listen(alice, receiver)
        assert receiver.secret.startswith("whsec_")
        assert receiver.secret[6:] not in endpoint.sealed_secret
        await failed_video(alice)
        monkeypatch.setenv("STORAGE_SECRET", "another-secret-altogether")
        forget_settings()
        async with running_worker():
            await until(is_over)
        assert receiver.calls == []
    [delivery] = await deliveries()
    assert (delivery.attempts, delivery.last_error) == (1, "STORAGE_SECRET has changed")


async def test_only_the_owner_deletes_and_then_nothing_is_sent(alice: User, charlie: User, inside: None) -> None:
    with Receiver() as receiver:
        endpoint = await listen(alice, receiver)
        await failed_video(alice)
        async with session() as db:
            with pytest.raises(NotFound):
                await webhooks.delete(db, charlie.id, endpoint.id)
        async with session() as db:
            await webhooks.delete(db, alice.id, endpoint.id)
        async with reading() as db:
            assert await webhooks.endpoints(db, alice.id) == []
        assert await deliveries() == []
        async with running_worker():
            await asyncio.sleep(1.5)
        assert receiver.calls == []


async def test_ten_endpoints_are_enough(alice: User, inside: None) -> None:
    with Receiver() as receiver:
        for _ in range(webhooks.MAX_ENDPOINTS):
            await listen(alice, receiver)
        with pytest.raises(Conflict):
            await listen(alice, receiver)


async def test_the_list_shows_how_the_last_delivery_went(alice: User, inside: None) -> None:
    with Receiver() as receiver:
        await listen(alice, receiver)
        await listen(alice, receiver)
        await failed_video(alice)
        async with reading() as db:
            rows = await webhooks.endpoints(db, alice.id)
    assert [last.event if last else None for _endpoint, last in rows] == ["video.failed"] * 2
    assert now() - rows[0][0].created_at < timedelta(hours=1)
