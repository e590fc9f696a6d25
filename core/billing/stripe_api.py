"""Asks Stripe, by its own client in a thread. `stripe` is imported by the first call: 25 MB that no other site needs.

Everything comes back as plain dicts: a StripeObject is no mapping.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from core.errors import PaymentsAway, UnsignedEvent
from core.settings import settings

log = logging.getLogger(__name__)
Json = dict[str, Any]
SIGNED_SECONDS = 300
"""How old a webhook may be."""
TIMEOUT_SECONDS = 10
MANY = 100


class Gone(Exception):
    """Stripe does not know what was asked for."""


@lru_cache(1)
def _stripe() -> Any:
    import stripe  # noqa: PLC0415 - 25 MB and half a second that only a site with a shop needs

    return stripe


@lru_cache(1)
def _client(key: str, base: str) -> Any:
    stripe = _stripe()
    client = stripe.new_default_http_client(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(key, base_addresses={"api": base}, http_client=client, max_network_retries=2)


async def _ask(call: Callable[[Any], Any]) -> Any:
    """Run `call` with the client of its `v1`. Raises Gone, PaymentsAway."""
    config = settings()
    if config.stripe_secret_key is None:
        raise PaymentsAway()
    key = config.stripe_secret_key.get_secret_value()

    def ask() -> Any:
        stripe = _stripe()
        try:
            return call(_client(key, config.stripe_api_base).v1)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing" or error.http_status == 404:
                raise Gone(str(error.param or "")) from None
            log.error("Stripe refuses a call: %s", error.user_message)
            raise PaymentsAway() from error
        except stripe.StripeError as error:
            log.error("Stripe does not answer: %s (%s)", type(error).__name__, error.user_message)
            raise PaymentsAway() from error

    return await asyncio.to_thread(ask)


async def one(kind: str, id_: str, *expand: str) -> Json:
    """One object: `kind` is the path in the client, such as `checkout.sessions`. Raises Gone, PaymentsAway."""
    answer = await _ask(lambda v1: _at(v1, kind).retrieve(id_, {"expand": list(expand)} if expand else None))
    return dict(answer.to_dict())


async def made(kind: str, fields: Json, once: str = "") -> Json:
    """Create an object; the same `once` gives the same one. Raises Gone, PaymentsAway."""
    options = {"idempotency_key": once} if once else None
    answer = await _ask(lambda v1: _at(v1, kind).create(fields, options))
    return dict(answer.to_dict())


async def many(kind: str, fields: Json) -> list[Json]:
    """All objects of a kind, all pages. Raises PaymentsAway."""

    def pages(v1: Any) -> list[Json]:
        return [item.to_dict() for item in _at(v1, kind).list({"limit": MANY, **fields}).auto_paging_iter()]

    answer: list[Json] = await _ask(pages)
    return answer


async def canceled(subscription_id: str) -> Json:
    """End a subscription now. Raises Gone, PaymentsAway."""
    answer = await _ask(lambda v1: v1.subscriptions.cancel(subscription_id))
    return dict(answer.to_dict())


def _at(v1: Any, path: str) -> Any:
    for name in path.split("."):
        v1 = getattr(v1, name)
    return v1


def signed(body: bytes, signature: str) -> Json:
    """The event in a webhook's body, signed with STRIPE_WEBHOOK_SECRET and not old. Raises UnsignedEvent."""
    stripe = _stripe()
    secret = settings().stripe_webhook_secret
    try:
        if secret is None:
            raise ValueError("STRIPE_WEBHOOK_SECRET is not set")
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret.get_secret_value(), SIGNED_SECONDS)
        event = json.loads(body)
        if not isinstance(event, dict) or not isinstance(event.get("data", {}).get("object"), dict):
            raise ValueError("that is no event")
        return event
    except (ValueError, AttributeError, RecursionError, stripe.SignatureVerificationError) as error:
        log.warning("a webhook of Stripe is refused: %s", error)
        raise UnsignedEvent() from None
