"""The built-in engine: a studio camera over the still picture. No key, no network.

The product is drawn as a layer of its own where it could be cut out; else the camera moves over the whole picture.
"""

import asyncio
import threading
from pathlib import Path

from core.catalog.entries import Server
from core.processes.memory import give_back
from workers.engines import Engine, Job, Look, Report
from workers.engines.camera.clip import Clip, clip_of, most_zoom
from workers.engines.camera.effects import effects
from workers.engines.camera.film import CORES, Stopped, render
from workers.engines.camera.path import Move
from workers.engines.camera.words import plan
from workers.media.regions import Box

CLIPS_AT_ONCE = max(CORES // 2, 1)


class Camera(Engine):
    """Makes the clip on this machine's processor, a clip or two at once."""

    local = True
    cuts_out = True

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._slots = asyncio.Semaphore(CLIPS_AT_ONCE)

    def scale(self, job: Job) -> float:
        """As much as the camera comes nearer, and a little more."""
        return most_zoom(_move(job))

    def note(self, job: Job) -> str:
        """Why product and ground don't move apart, where they were to."""
        move = _move(job)
        if not effects(job.prompt, job.options, still=not move.eases).layers:
            return ""
        in_use = job.cutout.mask and (job.cutout.sure or not move.shifts)
        return "" if in_use else job.cutout.why

    async def fetch(self, job: Job, provider_id: str, look: Look | None, target: Path, report: Report) -> None:
        """Render the clip to `target`. Raises Permanent; what `report` raises stops the work and comes out here."""
        gone = threading.Event()

        def tell(percent: int) -> None:
            if gone.is_set():
                raise Stopped
            report(percent)

        async with self._slots:
            work = asyncio.ensure_future(asyncio.to_thread(_make, job, target, tell))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                # A thread can't be cancelled: it is told to stop, and waited for, so that the slot is really free.
                gone.set()
                await asyncio.wait([work])
                raise


def _move(job: Job) -> Move:
    return plan(job.prompt, job.seconds, job.options.get("move"), job.options.get("strength"))


def _make(job: Job, target: Path, report: Report) -> None:
    try:
        render(_clip(job), target, report)
    finally:
        give_back()  # each clip would leave some 10 MB, a large one more


def _clip(job: Job) -> Clip:
    cutout = job.cutout
    return clip_of(
        job.picture,
        job.prompt,
        job.size,
        job.seconds,
        options=job.options,
        mask=cutout.mask,
        sure=cutout.sure,
        window=Box(*cutout.window),
    )
