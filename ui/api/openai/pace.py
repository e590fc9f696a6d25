"""How soon a client should ask about a video again: OpenAI's SDKs obey the header `openai-poll-after-ms`."""

import time

from fastapi import Response

from core.database.session import reading
from core.models import ACTIVE, Video, now
from core.videos import queries

HEADER = "openai-poll-after-ms"
SOONEST, LATEST = 1.0, 5.0
LOOKS = 20
"""A video of the usual length is asked about so often, within these bounds."""
KEPT_SECONDS = 300.0
_usual: dict[str, tuple[float, float | None]] = {}
"""By model: when it was read, and the seconds that its videos usually take."""


async def tell_pace(response: Response, video: Video) -> None:
    """Put the header on the answer about a video that is on its way."""
    if video.status not in ACTIVE:
        return
    at, usual = _usual.get(video.model, (-KEPT_SECONDS, None))
    if time.monotonic() - at >= KEPT_SECONDS:
        async with reading() as db:
            usual = await queries.usual_seconds(db, video.model)
        _usual[video.model] = (time.monotonic(), usual)
    expected = usual or (now() - video.created_at).total_seconds()
    response.headers[HEADER] = str(int(min(max(expected / LOOKS, SOONEST), LATEST) * 1000))
