"""Signed webhooks of video servers (standardwebhooks.com, as OpenAI sends them)."""

import json

from fastapi import APIRouter, Request
from fastapi.responses import Response
from redis.exceptions import RedisError
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from core.database.session import session
from core.errors import WrongSignature
from core.redis import queue
from core.settings import settings
from core.videos import looks

from ..problem import envelope

router = APIRouter(include_in_schema=False)
EVENTS: dict[str, queue.Outcome] = {"video.completed": "completed", "video.failed": "failed"}
MAX_PROVIDER_ID = 2000


@router.post("/webhooks/videos")
async def video_ended(request: Request) -> Response:
    """Note that a video has ended, so that the worker fetches it or asks why it failed at once.

    The event is only a hint; the worker asks the server for the truth, so a replay is harmless. An unknown id gets the
    same 200. 401 if the event is not signed with OPENAI_WEBHOOK_SECRET or is older than five minutes.
    """
    try:
        event = _signed(await request.body(), dict(request.headers))
    except WrongSignature as error:
        return envelope(error)
    if ended := _ended(event):
        provider_id, outcome = ended
        try:
            await queue.announce(provider_id, outcome)
        except RedisError:
            async with session() as db:
                await looks.mark_ended(db, {provider_id: outcome})
    return Response(status_code=200)


def _signed(body: bytes, headers: dict[str, str]) -> object:
    """The verified event; None if its JSON is broken. Raises WrongSignature."""
    secret = settings().openai_webhook_secret
    if secret is None:
        raise WrongSignature()
    try:
        Webhook(secret.get_secret_value()).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: the signature or the body is not even readable
        raise WrongSignature() from None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _ended(event: object) -> tuple[str, queue.Outcome] | None:
    """The provider's id of the video that has ended, and how; None for any other event."""
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return None
    provider_id, outcome = event["data"].get("id"), EVENTS.get(str(event.get("type")))
    if outcome is None or not isinstance(provider_id, str) or not 0 < len(provider_id) <= MAX_PROVIDER_ID:
        return None
    return provider_id, outcome
