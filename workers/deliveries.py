"""Sends what has happened to the webhooks of users; so many at once, a slow endpoint holds up only itself."""

import asyncio
import logging
from collections import Counter
from datetime import datetime

from standardwebhooks import Webhook

from core import outside, trail, webhooks
from core.database import reading, session
from core.errors import AdsVideoError, Unreached
from core.models import WebhookDelivery, now
from core.webhooks import Message
from workers.steps import end_all, rest

log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0
AT_ONCE = 16
AT_ONE_ENDPOINT = 4
PATIENCE = 10.0
GONE = 410


class Deliveries:
    """One per worker process. Claims what is due, so any number of them share the work."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._at: Counter[int] = Counter()

    async def run(self) -> None:
        """Until canceled; what is on its way then is sent again once its lease has run out."""
        try:
            while True:
                self._wake.clear()
                try:
                    for delivery in await self._claim():
                        self._start(delivery)
                except Exception as error:
                    log.warning("deliveries: %s: %s", type(error).__name__, error, exc_info=True)
                await rest(self._wake, IDLE_SECONDS)
        finally:
            await end_all(self._running)

    async def _claim(self) -> list[WebhookDelivery]:
        free = min(AT_ONCE - len(self._running), AT_ONE_ENDPOINT)
        if free <= 0:
            return []
        async with reading() as db:
            if not await webhooks.has_due(db):
                return []
        busy = {endpoint for endpoint, running in self._at.items() if running >= AT_ONE_ENDPOINT}
        async with session() as db:
            return await webhooks.claim(db, free, busy)

    def _start(self, delivery: WebhookDelivery) -> None:
        with trail.about(delivery.video_id):
            task = asyncio.create_task(_deliver(delivery))
        self._running.add(task)
        self._at[delivery.endpoint_id] += 1

        def done(finished: asyncio.Task[None]) -> None:
            self._running.discard(finished)
            self._at[delivery.endpoint_id] -= 1
            if not self._at[delivery.endpoint_id]:
                del self._at[delivery.endpoint_id]
            if not finished.cancelled() and (error := finished.exception()):
                log.error("delivery %s: %s", delivery.id, error, exc_info=error)
            self._wake.set()

        task.add_done_callback(done)


async def _deliver(delivery: WebhookDelivery) -> None:
    async with reading() as db:
        message = await webhooks.message(db, delivery)
    if message is None:
        return
    if message.secret is None:
        log.error("delivery %s: the secret was sealed with another STORAGE_SECRET", delivery.id)
        async with session() as db:
            await webhooks.failed(db, delivery, None, "STORAGE_SECRET has changed", for_good=True)
        return
    status, error = await _post(message, message.secret)
    taken = status is not None and 200 <= status < 300
    log.info("delivery %s: attempt %s: %s", delivery.id, delivery.attempts, status or error)
    async with session() as db:
        if taken and status:
            await webhooks.delivered(db, delivery, status)
        else:
            await webhooks.failed(db, delivery, status, error, for_good=status == GONE)


async def _post(message: Message, secret: str) -> tuple[int | None, str]:
    """The answer's status, or what went wrong. A redirect is not followed and counts as refused."""
    at = now()
    headers = {"Content-Type": "application/json", **_signed(message, secret, at)}
    try:
        async with outside.request(
            "POST", outside.parse(message.url), seconds=PATIENCE, headers=headers, content=message.body.encode()
        ) as response:
            return response.status, ""
    except Unreached as error:
        return None, error.detail
    except AdsVideoError as error:
        return None, error.message


def _signed(message: Message, secret: str, at: datetime) -> dict[str, str]:
    """The headers of standardwebhooks.com."""
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message.id, at, message.body),
    }
