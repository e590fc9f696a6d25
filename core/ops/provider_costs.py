"""What providers took for the videos of a month, by model. For administrators and Prometheus."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.models import Video, now


@dataclass(frozen=True)
class Cost:
    """What the videos of one model that ended in one month (its first day, UTC) took, in USD.

    `lost` is the part of those that did not come about.
    """

    month: datetime
    model: str
    videos: int
    usd: float
    lost: float


async def by_month(session: AsyncSession, months: int) -> list[Cost]:
    """The costs of this month and the ones before it, newest month first, dearest model first."""
    costs: list[Cost] = []
    end = None
    start = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months):
        costs += await _of_month(session, start, end)
        end, start = start, _month_before(start)
    return costs


async def _of_month(session: AsyncSession, start: datetime, end: datetime | None) -> list[Cost]:
    table: Any = Video.__table__  # type: ignore[attr-defined]
    usd = table.c.provider_usd
    lost = func.sum(case((table.c.status != "completed", usd), else_=0.0))
    query = select(table.c.model, func.count(), func.sum(usd), lost).group_by(table.c.model)
    query = query.where(usd.is_not(None), table.c.completed_at.is_not(None), table.c.completed_at >= start)
    if end:
        query = query.where(table.c.completed_at < end)
    rows = (await (await session.connection()).execute(query)).all()
    costs = [Cost(start, model, videos, float(total), float(gone)) for model, videos, total, gone in rows]
    return sorted(costs, key=lambda cost: (-cost.usd, cost.model))


def _month_before(start: datetime) -> datetime:
    return datetime(start.year - (start.month == 1), (start.month - 2) % 12 + 1, 1, tzinfo=UTC)
