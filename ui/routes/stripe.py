"""`POST /webhooks/stripe`: what Stripe tells of payments."""

import logging

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from core.billing import payments, shop, stripe_api, stripe_events
from core.database.session import session
from core.errors import AdsVideoError, BodyTooLarge, NotAvailable, UnsignedEvent

from ..problem import envelope

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
MAX_BYTES = 256 * 1024


@router.post("/webhooks/stripe")
async def told(request: Request) -> Response:
    """Book what a signed event tells; 200 also for what is none of our business.

    404 without a shop, 400 for a wrong or old signature, 413 above 256 kB. 503 and 500 if it could not be booked:
    Stripe sends it again, and the administrators see it.
    """
    if not shop.is_open():
        raise HTTPException(404)
    try:
        event = stripe_api.signed(await _body(request), request.headers.get("stripe-signature", ""))
    except (BodyTooLarge, UnsignedEvent) as error:
        return envelope(error)
    try:
        await stripe_events.handle(event)
    except NotAvailable as error:
        return envelope(error)
    except Exception as error:
        log.exception("Stripe's event %s (%s) could not be booked", event.get("id"), event.get("type"))
        async with session() as db:
            await payments.alarm(db, "webhook", str(event.get("id")), f"{event.get('type')}: {type(error).__name__}")
        return envelope(AdsVideoError())
    return Response(status_code=200)


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise BodyTooLarge()
    return body
