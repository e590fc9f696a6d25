"""`/api/v1/batches`: many videos at once, from rows or a table, paid for together."""

import asyncio
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Header, Query, Request, UploadFile
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from core.batches import batch as batches
from core.batches import csv_rows
from core.batches.ask import ask, ask_csv, check
from core.batches.batch import Batched, Line
from core.batches.rows import RowIn
from core.database.session import reading
from core.errors import NotFound, WrongInput
from core.ids import MAX_ID
from core.phrase import Phrase
from core.storage import zip_stream

from .. import i18n
from ..session import CurrentUser
from .schemas import problems
from .shapes import Id, Page

router = APIRouter(tags=["batches"])
CSV = "text/csv"
CSV_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}
ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}, **problems(404)}
ROW = {"type": "object", "required": ["prompt"], "properties": {name: {} for name in RowIn.model_fields}}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "additionalProperties": False,
                    "properties": {"rows": {"type": "array", "minItems": 1, "items": ROW}},
                },
            },
            CSV: {"schema": {"type": "string", "example": "picture,prompt,size\nperfume,Slow push in,1080x1920"}},
        },
    }
}


class RowProblem(BaseModel):
    """Why a row has no video."""

    code: str
    message: str


class BatchRowOut(BaseModel):
    """A row, counted from 0, and the video that is now its own."""

    position: int
    video_id: int
    status: str
    error: RowProblem | None
    name: str
    prompt: str
    size: str

    @classmethod
    def of(cls, line: Line) -> "BatchRowOut":
        """As the database has it."""
        error = line.error
        return cls(
            position=line.position,
            video_id=line.video.id,
            status=line.video.status,
            error=RowProblem(code=error.code, message=error.message) if error else None,
            name=line.row.name,
            prompt=line.video.prompt,
            size=line.video.size,
        )


class BatchOut(BaseModel):
    """A batch. `cost_credits` is what was taken at the start; `counts` says how many rows are in which state."""

    id: int
    status: Literal["processing", "completed"]
    rows: list[BatchRowOut]
    counts: dict[str, int]
    cost_credits: int
    created_at: str

    @classmethod
    def of(cls, batched: Batched) -> "BatchOut":
        """With all of its rows."""
        return cls(
            id=batched.batch.id,
            status=batched.status,
            rows=[BatchRowOut.of(line) for line in batched.lines],
            counts=batched.counts,
            cost_credits=batched.batch.cost_credits,
            created_at=batched.batch.created_at.isoformat(),
        )


class RetryIn(BaseModel):
    """With another model, or with the same."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, max_length=100)


class CheckedRow(BaseModel):
    """A row of a table as it was understood, and all that is wrong with it, in words."""

    position: int
    row: dict[str, Any]
    cost_credits: int
    errors: list[str]


class CheckedOut(BaseModel):
    """What a batch would be. `unknown_columns` were left out."""

    rows: list[CheckedRow]
    cost_credits: int
    unknown_columns: list[str]


def _rows(body: bytes) -> object:
    """The rows of a JSON body. Raises WrongInput."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise WrongInput(Phrase("The request's body is not valid JSON.")) from None
    if not isinstance(asked, dict) or not isinstance(asked.get("rows"), list) or len(asked) > 1:
        raise WrongInput(Phrase("The request's body must be an object with `rows`, and nothing else."))
    return asked["rows"]


@router.post("/batches", status_code=202, responses=problems(402, 404, 413, 429), openapi_extra=BODY)
async def make(
    request: Request, user: CurrentUser, idempotency_key: Annotated[str | None, Header(max_length=200)] = None
) -> BatchOut:
    """Make a video of every row, all or none: the price of all is taken at once.

    A row is what `generate` takes. As `text/csv` a row names its picture: one of ours (`perfume`), a web address, or
    the number of a picture of yours. What is wrong is said for all rows at once: `rows[3].prompt`.
    """
    body, key = await request.body(), idempotency_key or ""
    if request.headers.get("Content-Type", "").lower().startswith(CSV):
        made = await ask_csv(user, body, idempotency_key=key)
    else:
        made = await ask(user, await asyncio.to_thread(_rows, body), idempotency_key=key)
    async with reading() as db:
        return BatchOut.of(await batches.owned(db, user.id, made.id))


@router.post("/batches/check", responses=problems(413))
async def checked(
    request: Request, user: CurrentUser, file: Annotated[UploadFile, File()], pictures: Annotated[str, Form()] = "{}"
) -> CheckedOut:
    """What a CSV file would make and cost, and what is wrong with it, row by row. Nothing is made or paid.

    `pictures` are numbers of pictures of yours by the name that the file calls them: `{"shoe.jpg": 12}`.
    """
    table = await asyncio.to_thread(csv_rows.read, await file.read(), _names(pictures))
    found = await check(user, table.rows, table.names, table.problems)
    with i18n.speaking(i18n.of_page(request)):
        said: dict[int, list[str]] = {}
        for problem in found.problems:
            said.setdefault(int(problem.path[1]), []).append(i18n.phrase(problem.phrase))
    rows = [
        CheckedRow(
            position=n, row=row, cost_credits=found.rows[n].cost if n in found.rows else 0, errors=said.get(n, [])
        )
        for n, row in enumerate(table.rows)
    ]
    return CheckedOut(rows=rows, cost_credits=found.cost, unknown_columns=table.unknown)


def _names(text: str) -> dict[str, int]:
    try:
        names = json.loads(text)
        return {str(name): number for name, number in names.items() if type(number) is int and 0 < number <= MAX_ID}
    except (ValueError, RecursionError, AttributeError):
        raise WrongInput(Phrase("`pictures` must be an object of names and numbers.")) from None


@router.get("/batches/template.csv", response_class=Response, responses=CSV_ANSWER)
async def template(_user: CurrentUser) -> Response:
    """A table to fill in."""
    headers = {"Content-Disposition": 'attachment; filename="batch.csv"'}
    return Response(csv_rows.template(), media_type=f"{CSV}; charset=utf-8", headers=headers)


@router.get("/batches")
async def page(
    user: CurrentUser,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[BatchOut]:
    """My batches, newest first."""
    async with reading() as db:
        rows = await batches.page(db, user.id, cursor, limit + 1)
    items = [BatchOut.of(one) for one in rows[:limit]]
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


@router.get("/batches/{batch_id}", responses=problems(404))
async def batch(user: CurrentUser, batch_id: Id) -> BatchOut:
    """A batch, and how far each of its rows is."""
    async with reading() as db:
        return BatchOut.of(await batches.owned(db, user.id, batch_id))


@router.post("/batches/{batch_id}/retry", status_code=202, responses=problems(402, 404, 409))
async def retry_all(user: CurrentUser, batch_id: Id, body: RetryIn | None = None) -> BatchOut:
    """Make all rows anew that have failed or were canceled, charged anew; 409 where there is none."""
    return BatchOut.of(await batches.retry(user, batch_id, None, body.model if body else None))


@router.post("/batches/{batch_id}/rows/{position}/retry", status_code=202, responses=problems(402, 404, 409))
async def retry(user: CurrentUser, batch_id: Id, position: int, body: RetryIn | None = None) -> BatchOut:
    """Make a row anew that has failed or was canceled, charged anew; 409 if it has not."""
    return BatchOut.of(await batches.retry(user, batch_id, position, body.model if body else None))


@router.get("/batches/{batch_id}/zip", response_class=StreamingResponse, responses=ZIP)
async def batch_zip(user: CurrentUser, batch_id: Id) -> StreamingResponse:
    """The finished videos, named like `001-perfume-9x16.mp4`, and `manifest.csv` with every row."""
    async with reading() as db:
        batched = await batches.owned(db, user.id, batch_id)
    videos = [(line.file_name, line.video.key) for line in batched.lines if not line.video.deleted_at]
    files = [(name, key) for name, key in videos if key]
    if not files:
        raise NotFound(Phrase("video"))
    headers = {"Content-Disposition": f'attachment; filename="batch-{batch_id}.zip"', "Cache-Control": "no-store"}
    zipped = zip_stream.zipped({"manifest.csv": batches.manifest(batched)}, files)
    return StreamingResponse(zipped, media_type="application/zip", headers=headers)
