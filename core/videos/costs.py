"""Keeps what a provider took for a video: what it says it billed, else what the catalogue reckons."""

from typing import Any

from sqlalchemy import func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog.entries import Model
from core.models import Video
from core.videos.looks import Watched
from core.videos.states import change


def expected(model: Model, seconds: int) -> float | None:
    """What the catalogue reckons for so many seconds, in USD; None where it says nothing."""
    return None if model.provider_cost is None else round(model.provider_cost * seconds, 6)


async def keep_billed(session: AsyncSession, video: Watched, model: Model, amount: float, unit: str) -> None:
    """Add what the provider says it billed for the job of a video that has just ended there.

    Nothing changes if somebody else has noted that end.
    """
    table: Any = Video.__table__  # type: ignore[attr-defined]
    values = {"billed_amount": func.coalesce(table.c.billed_amount, 0.0) + amount, "billed_unit": unit[:32]}
    if model.unit_cost is not None:
        values["provider_usd"] = func.coalesce(table.c.provider_usd, 0.0) + amount * model.unit_cost
    here = (col(Video.id) == video.id, col(Video.provider_id) == video.provider_id)
    await change(session, *here, col(Video.status) == "processing", col(Video.ready).is_(False), **values)
