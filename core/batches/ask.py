"""The one way to want a batch: checked row by row, paid for in one statement, all or nothing."""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from core import limits
from core.accounts import users
from core.batches import csv_rows, rows
from core.batches.rows import Checked, Row
from core.billing.paying import paying
from core.database.session import reading, session
from core.edits.timeline import Problem
from core.errors import (
    AdsVideoError,
    NotEnoughCredits,
    NotEnoughForBatch,
    NotSignedIn,
    Unreached,
)
from core.models import Batch, BatchRow, User, Video, now
from core.phrase import Phrase
from core.pictures import intake, uploads
from core.pictures.framing import Prepared
from core.videos import many
from core.videos.ask import BATCH
from core.videos.request import columns_of

FETCHES_AT_ONCE = 4
FETCH_SECONDS = 90.0
"""For all pictures of a batch together."""


async def ask(
    user: User | None,
    raw: object,
    *,
    idempotency_key: str = "",
    names: Mapping[int, str] | None = None,
    problems: Sequence[Problem] = (),
    body: object = None,
) -> Batch:
    """Check all rows, take the price of all, and put them on their way.

    `body` is what the request's idempotency is about, the rows if it is left out. Of a table, `names` are what pictures
    are called, and `problems` what is wrong already. Raises, in this order, NotSignedIn, IdempotencyConflict, BadRows,
    NotFound (picture), NotEnoughForBatch, BadRows for pictures that can't be fetched; then Blocked, OverBudget,
    TooManyBatches.
    """
    if user is None:
        raise NotSignedIn()
    sha256 = hashlib.sha256(json.dumps(raw if body is None else body, sort_keys=True).encode()).hexdigest()
    async with reading() as db:
        owner = await users.get(db, user.id)
        if owner is None:
            raise NotSignedIn()
        if idempotency_key and (earlier := await many.earlier(db, Batch, owner.id, idempotency_key, sha256)):
            return earlier
    checked = await check(owner, raw, names, problems)
    wanted = checked.all_rows()
    if owner.credits < checked.cost:
        raise too_dear(wanted, owner.credits)
    wanted = await _with_own_pictures(owner, wanted)
    try:
        async with paying(owner.id) as db:
            return await _begin(db, owner, wanted, idempotency_key or None, sha256)
    except NotEnoughCredits as error:
        raise too_dear(wanted, int(str(error.values["credits"]))) from None


async def check(
    user: User, raw: object, names: Mapping[int, str] | None = None, problems: Sequence[Problem] = ()
) -> Checked:
    """All rows with what is wrong in them. Raises BadRows if there are none, or more than a batch may have."""
    listed = raw if isinstance(raw, list) else []
    rows.check_count(len(listed))
    checked = await rows.check(user, listed, names)
    told = {problem.path[1] for problem in problems}
    if names is not None:  # a table has one column for whatever names a picture
        checked.problems = [_in_table(one) for one in checked.problems if not _is_told(one, told)]
    checked.problems = [*problems, *checked.problems]
    for position in told:
        checked.rows.pop(int(position), None)
    return checked


def _in_table(problem: Problem) -> Problem:
    path = tuple("picture" if part in ("image_id", "image_url", "preset") else part for part in problem.path)
    return Problem(path, problem.complaint)


def _is_told(problem: Problem, told: set[str | int]) -> bool:
    """A picture that could not be told from its name is missing as well, which nobody needs to hear."""
    return problem.path[1] in told and problem.path[2:] == ("image_id",)


async def ask_csv(user: User | None, content: bytes, *, idempotency_key: str = "") -> Batch:
    """`ask` for a CSV file. Raises NotRows too."""
    if user is None:
        raise NotSignedIn()
    table = await asyncio.to_thread(csv_rows.read, content)
    body = hashlib.sha256(content).hexdigest()
    return await ask(
        user, table.rows, idempotency_key=idempotency_key, names=table.names, problems=table.problems, body=body
    )


def too_dear(wanted: Sequence[Row], have: int) -> NotEnoughForBatch:
    """The refusal, which says how many of the first rows there are credits for."""
    left, fit = have, 0
    for row in wanted:
        left -= row.cost
        if left < 0:
            break
        fit += 1
    return NotEnoughForBatch(sum(row.cost for row in wanted), have, len(wanted), fit)


async def _with_own_pictures(user: User, wanted: Sequence[Row]) -> list[Row]:
    """The rows with pictures of the user's own: those on the web are fetched, each once. Raises BadRows."""
    fetched = await _fetched(wanted)
    own: dict[str, int] = {}
    for url, prepared in fetched.items():
        async with session() as db:
            own[url] = (await uploads.accept(db, user.id, prepared)).id
    for preset in {row.recipe.preset for row in wanted if row.recipe.preset}:
        async with session() as db:
            own[preset] = (await uploads.from_preset(db, user.id, preset)).id
    return [_with_picture(row, own) for row in wanted]


def _with_picture(row: Row, own: Mapping[str, int]) -> Row:
    recipe = row.recipe
    if recipe.picture_id:
        return row
    number = own[recipe.picture_url or recipe.preset]
    return replace(row, recipe=replace(recipe, picture_id=number, picture_url="", preset=""))


async def _fetched(wanted: Sequence[Row]) -> dict[str, Prepared]:
    """The pictures on the web by their address. Raises BadRows with every row whose picture can't be had."""
    urls = {row.recipe.picture_url for row in wanted if row.recipe.picture_url}
    if not urls:
        return {}
    gate, pictures, failed = asyncio.Semaphore(FETCHES_AT_ONCE), {}, dict[str, AdsVideoError]()

    async def fetch(url: str) -> None:
        async with gate:
            try:
                pictures[url] = await intake.fetch(url)
            except AdsVideoError as error:
                failed[url] = error

    tasks = [asyncio.create_task(fetch(url)) for url in urls]
    _done, late = await asyncio.wait(tasks, timeout=FETCH_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    checked = Checked()
    for position, row in enumerate(wanted):
        if (url := row.recipe.picture_url) and url not in pictures:
            checked.problems.append(rows.refused(position, "image_url", failed.get(url, Unreached())))
    checked.all_rows()
    return pictures


async def _begin(db: AsyncSession, user: User, wanted: Sequence[Row], key: str | None, sha256: str) -> Batch:
    """The transaction: batch, videos, rows, charge and limits, all or nothing."""
    batch = Batch(user_id=user.id, cost_credits=sum(row.cost for row in wanted), created_at=now())
    batch.idempotency_key, batch.request_sha256 = key, sha256
    if not await many.write_once(db, batch):
        earlier = await many.earlier(db, Batch, user.id, key or "", sha256)
        assert earlier is not None
        return earlier
    videos = videos_of(user, wanted, batch.id)
    await many.write_all(db, user, videos)
    lines = [
        {"batch_id": batch.id, "position": n, "video_id": video["id"], "name": file_part(row.name)}
        for n, (video, row) in enumerate(zip(videos, wanted, strict=True))
    ]
    await (await db.connection()).execute(insert(BatchRow.__table__), lines)  # type: ignore[attr-defined]
    await many.charge_all(db, user, videos, Phrase("This batch"))
    await limits.check_batches(db, user.id)
    many.send_off(db, videos)
    return batch


def videos_of(user: User, wanted: Sequence[Row], batch_id: int) -> list[many.Row]:
    """The videos of these rows, not written yet: on the last lane."""
    columns = [columns_of(user, row.recipe, row.model) for row in wanted]
    usual = Video(**columns[0]).model_dump() | {"batch_id": batch_id, "lane": BATCH}
    return [{**usual, **own} for own in columns]


def file_part(name: str) -> str:
    """A picture's name as a part of a file's name."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:40]
