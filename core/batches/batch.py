"""Batches as their owner sees them: rows with the state of each, made anew where they failed, all in one zip."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import errors, notes
from core.accounts import users
from core.batches import csv_rows
from core.batches.ask import too_dear, videos_of
from core.batches.rows import Row
from core.billing.paying import paying
from core.catalog import availability
from core.catalog.size import Size
from core.database.session import reading
from core.errors import Conflict, NotEnoughCredits, NotFound, NotSignedIn
from core.models import ACTIVE, STATUSES, Batch, BatchRow, User, Video
from core.phrase import Phrase
from core.videos import many
from core.videos.recipe import Recipe

RETRYABLE = ("failed", "canceled")


@dataclass(frozen=True)
class Line:
    """A row of a batch with its video."""

    row: BatchRow
    video: Video

    @property
    def position(self) -> int:
        """Counted from 0."""
        return self.row.position

    @property
    def error(self) -> errors.EngineError | None:
        """Why there is no video."""
        return notes.from_code(self.video.error_code, self.video.error_detail) if self.video.error_code else None

    @property
    def file_name(self) -> str:
        """`001-perfume-9x16.mp4`."""
        parts = (f"{self.position + 1:03}", self.row.name, Size.parse(self.video.size).ratio.replace(":", "x"))
        return "-".join(filter(None, parts)) + ".mp4"


@dataclass(frozen=True)
class Batched:
    """A batch with its rows in their order."""

    batch: Batch
    lines: Sequence[Line]

    @property
    def status(self) -> Literal["processing", "completed"]:
        """Completed once nothing is on its way any more."""
        return "processing" if any(line.video.status in ACTIVE for line in self.lines) else "completed"

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are in which state."""
        return dict.fromkeys(STATUSES, 0) | Counter(line.video.status for line in self.lines)

    def retryable(self) -> list[Line]:
        """What has failed or was canceled."""
        return [line for line in self.lines if line.video.status in RETRYABLE]


async def owned(db: AsyncSession, user_id: int, batch_id: int) -> Batched:
    """That user's batch. Raises NotFound."""
    batch = (await db.exec(select(Batch).where(Batch.user_id == user_id, Batch.id == batch_id))).first()
    if batch is None:
        raise NotFound(Phrase("batch"))
    return (await _with_lines(db, [batch]))[0]


async def page(db: AsyncSession, user_id: int, before: int | None, limit: int) -> list[Batched]:
    """A user's batches, newest first, with an id below `before`."""
    query = select(Batch).where(Batch.user_id == user_id).order_by(col(Batch.id).desc())
    if before is not None:
        query = query.where(col(Batch.id) < before)
    return await _with_lines(db, (await db.exec(query.limit(limit))).all())


async def _with_lines(db: AsyncSession, batches: Sequence[Batch]) -> list[Batched]:
    ids = [batch.id for batch in batches]
    query = select(BatchRow, Video).join(Video, col(Video.id) == col(BatchRow.video_id))
    query = query.where(col(BatchRow.batch_id).in_(ids)).order_by(col(BatchRow.position))
    lines: dict[int, list[Line]] = {number: [] for number in ids}
    for row, video in await db.exec(query.execution_options(populate_existing=True)):
        lines[row.batch_id].append(Line(row, video))
    return [Batched(batch, lines[batch.id]) for batch in batches]


async def retry(user: User, batch_id: int, position: int | None = None, model_id: str | None = None) -> Batched:
    """Make a failed row anew, or all of them without `position`, charged anew in one statement, with another model.

    Raises NotFound; Conflict where nothing has failed, so a double click charges once; UnknownModel, ModelUnavailable,
    WrongOption, NotEnoughForBatch, and what `many.charge_all` raises.
    """
    async with reading() as db:
        batched = await owned(db, user.id, batch_id)
        owner = await users.get(db, user.id)
    if owner is None:
        raise NotSignedIn()
    if position is not None and position not in {line.position for line in batched.lines}:
        raise NotFound(Phrase("row"))
    failed = [line for line in batched.retryable() if position in (None, line.position)]
    if not failed:
        raise _nothing_failed()
    wanted = [await _anew(line, model_id) for line in failed]
    try:
        async with paying(owner.id) as db:
            await _replace(db, owner, failed, wanted)
    except NotEnoughCredits as error:
        raise too_dear(wanted, int(str(error.values["credits"]))) from None
    async with reading() as db:
        return await owned(db, user.id, batch_id)


async def _anew(line: Line, model_id: str | None) -> Row:
    recipe = Recipe.of(line.video)
    model = await availability.choose(model_id or line.video.model)
    if model.id != line.video.model:  # another model may have other lengths and sizes
        fitting = min((n for n in model.seconds if n >= line.video.seconds), default=max(model.seconds))
        size = Size.parse(line.video.size).closest(model.sizes)
        recipe = replace(recipe, model=model.id, seconds=fitting, size=size)
    return Row(recipe, model, line.row.name)


async def _replace(db: AsyncSession, user: User, failed: Sequence[Line], wanted: Sequence[Row]) -> None:
    videos = videos_of(user, wanted, failed[0].row.batch_id)
    await many.write_all(db, user, videos)
    for line, video in zip(failed, videos, strict=True):
        row = (col(BatchRow.batch_id) == line.row.batch_id, col(BatchRow.position) == line.position)
        change = update(BatchRow).where(*row, col(BatchRow.video_id) == line.video.id).values(video_id=video["id"])
        if not (await db.exec(change)).rowcount:  # somebody else was first
            raise _nothing_failed()
    await many.charge_all(db, user, videos)
    many.send_off(db, videos)


def _nothing_failed() -> Conflict:
    return Conflict(Phrase("Nothing has failed here."))


def manifest(batched: Batched) -> str:
    """Every row as a line of CSV: as a batch takes it, with what has become of it."""
    head = ("file", *csv_rows.COLUMNS, "status", "video_id", "error")
    lines = []
    for line in batched.lines:
        video = line.video
        made = line.file_name if video.status == "completed" else ""
        error = line.error.message if line.error else ""
        recipe = (line.row.name, video.prompt, video.model, video.seconds, video.size)
        lines.append((made, *recipe, video.status, video.id, error))
    return csv_rows.write([head, *lines])
