"""A real worker inside the test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from arq.worker import create_worker

from core.ads import ad as ads
from core.ads.ad import Made
from core.database.session import reading
from core.redis import client
from workers import main as worker_main
from workers.loops import end_all


@asynccontextmanager
async def running_worker(**options: Any) -> AsyncIterator[None]:
    """A real arq worker with watcher and renders, in this process; with these settings instead of its own."""
    worker = create_worker(
        worker_main.WorkerSettings,  # type: ignore[arg-type]
        handle_signals=False,
        redis_settings=None,
        redis_pool=client.client(),
        job_completion_wait=0,
        **options,
    )
    task = asyncio.create_task(worker.async_run())
    try:
        yield
    finally:
        await worker_main.close(worker)
        await end_all([task])


async def made_ad(user_id: int, ad_id: int) -> Made:
    """The user's ad once nothing of it is on its way any more; looks five times a second."""
    while True:
        async with reading() as db:
            made = await ads.owned(db, user_id, ad_id)
        if made.status != "processing":
            return made
        await asyncio.sleep(0.2)
