"""Sends events to users' webhooks, several at once; a slow endpoint delays only itself."""

import logging
from collections import Counter
from datetime import datetime

from standardwebhooks import Webhook

from core import webhooks
from core.database.session import one_trip, reading, session
from core.errors import AdsVideoError, Unreached
from core.models import WebhookDelivery, now
from core.security import outside
from core.webhooks import Message
from workers.loops import Loop

log = logging.getLogger(__name__)
AT_ONCE = 16
AT_ONE_ENDPOINT = 4
AT_ONE_USER = 6
PATIENCE = 10.0
GONE = 410


class Deliveries(Loop[WebhookDelivery]):
    """A delivery that a stop interrupts is sent anew once its lease has run out."""

    name = "deliveries"
    at_once = AT_ONCE

    def __init__(self) -> None:
        super().__init__()
        self._at: Counter[int] = Counter()

    async def claim(self, free: int) -> list[WebhookDelivery]:
        async with one_trip() as db:
            if not await webhooks.has_due(db):
                return []
        async with session() as db:
            busy, share = await webhooks.shares(db, self._at, AT_ONE_ENDPOINT, AT_ONE_USER)
            return await webhooks.claim(db, min(free, share), busy)

    def start(self, row: WebhookDelivery) -> None:
        def ended() -> None:
            self._at[row.endpoint_id] -= 1
            if not self._at[row.endpoint_id]:
                del self._at[row.endpoint_id]

        self._at[row.endpoint_id] += 1
        self.running.start(self.do(row), self.about(row), ended)

    async def do(self, row: WebhookDelivery) -> None:
        await _deliver(row)

    def about(self, row: WebhookDelivery) -> int:
        return row.video_id


async def _deliver(delivery: WebhookDelivery) -> None:
    async with reading() as db:
        message = await webhooks.message(db, delivery)
    if message is None:
        return
    if message.secret is None:
        log.error("delivery %s: the secret was sealed with another STORAGE_SECRET", delivery.id)
        async with session() as db:
            await webhooks.mark_failed(db, delivery, None, "STORAGE_SECRET has changed", for_good=True)
        return
    status, error = await _post(message, message.secret)
    taken = status is not None and 200 <= status < 300
    log.info("delivery %s: attempt %s: %s", delivery.id, delivery.attempts, status or error)
    async with session() as db:
        if taken and status:
            await webhooks.mark_delivered(db, delivery, status)
        else:
            await webhooks.mark_failed(db, delivery, status, error, for_good=status == GONE)


async def _post(message: Message, secret: str) -> tuple[int | None, str]:
    """POST the message: the answer's status, or None and the error. Redirects are not followed and count as refused."""
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
    """The signature headers of standardwebhooks.com."""
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message.id, at, message.body),
    }
