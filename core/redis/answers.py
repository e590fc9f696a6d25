"""Questions to a worker that somebody waits for: what takes FFmpeg, which no web process loads.

The question is a job on the queue; its answer comes by a key of its own, as bytes, and is gone a while later.
"""

import asyncio
import json
import secrets
from datetime import timedelta

from core.errors import NoAnswer
from core.phrase import Phrase
from core.redis.client import AWAY, redis

SECONDS = 30.0
"""So long somebody waits."""
LOOK_SECONDS = 0.05
KEPT_SECONDS = 60
GOOD, BAD = b"+", b"-"


class Refused(Exception):
    """The worker's answer is an error of ours: its code and its detail."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


def _key(token: str) -> str:
    return f"adsvideo:answer:{token}"


async def ask(question: str, *about: object, seconds: float = SECONDS) -> bytes:
    """What a worker says to a question, which is the name of one of its jobs; `about` must go through JSON.

    Raises Refused, and NoAnswer if no worker says anything in that time.
    """
    token = secrets.token_hex(12)
    try:
        client = await redis()
        await client.enqueue_job(question, token, *about, _expires=timedelta(seconds=seconds))
        async with asyncio.timeout(seconds):
            while (content := await client.getdel(_key(token))) is None:  # noqa: ASYNC110 - another process says it
                await asyncio.sleep(LOOK_SECONDS)
    except (*AWAY, TimeoutError):
        raise NoAnswer(Phrase("The worker")) from None
    if content.startswith(GOOD):
        return bytes(content[1:])
    raise Refused(*json.loads(content[1:]))


async def say(token: str, content: bytes) -> None:
    """The worker's answer."""
    await (await redis()).set(_key(token), GOOD + content, ex=KEPT_SECONDS)


async def refuse(token: str, code: str, detail: str) -> None:
    """The worker's answer where it is an error."""
    await (await redis()).set(_key(token), BAD + json.dumps([code, detail]).encode(), ex=KEPT_SECONDS)
