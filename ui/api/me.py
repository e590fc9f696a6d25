"""`/api/v1/me`: the user behind the key, the ledger, and all of one's data to take along or to erase."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from core.accounts import users
from core.accounts.public_name import MOST, set_public_name
from core.admin import own_data
from core.billing import budgets, notes
from core.billing import credits as billing_credits
from core.database.session import reading, session
from core.ids import MAX_ID
from core.storage import store, zip_stream

from ..session import CurrentUser
from .schemas import problems
from .shapes import Page

router = APIRouter(tags=["me"])


class BudgetOut(BaseModel):
    """What may be spent in this calendar month (UTC), by me or, if it is shared, by my whole group."""

    limit: int
    used: int
    left: int
    resets_at: datetime
    shared: bool


class MeOut(BaseModel):
    """The user behind the key."""

    id: int
    email: str
    name: str
    public_name: str = Field("", description="What others read beside what I share; not there without one")
    avatar_url: str | None
    role: str
    credits: int
    budget: BudgetOut | None = Field(None, description="Not there where there is none")


class LedgerLine(BaseModel):
    """One movement of credits."""

    id: int
    amount: int
    kind: str
    reference: str
    video_id: int | None
    balance_after: int
    created_at: datetime
    note: str


@router.get("/me", response_model_exclude_unset=True)
async def me(user: CurrentUser) -> MeOut:
    """Who am I, and how many credits have I; of several budgets the one that ends first."""
    async with reading() as db:
        budget = await budgets.budget(db, user.id)
    mine: dict[str, object] = {**user.model_dump(), "avatar_url": user.avatar_url or None, "role": users.role(user)}
    if not user.public_name:
        del mine["public_name"]
    if budget:
        mine["budget"] = BudgetOut(**asdict(budget), left=budget.left)
    return MeOut.model_validate(mine)


class MeIn(BaseModel):
    """What I change of myself."""

    model_config = ConfigDict(extra="forbid")

    public_name: str = Field(max_length=MOST * 4, description="What others read beside what I share; never an address")


@router.patch("/me", response_model_exclude_unset=True, responses=problems(413))
async def change(user: CurrentUser, body: MeIn) -> MeOut:
    """Change my public name."""
    async with session() as db:
        user.public_name = await set_public_name(db, user.id, body.public_name)
    return await me(user)


@router.get("/me/ledger")
async def ledger(
    user: CurrentUser,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[LedgerLine]:
    """The movements of my credits, newest first."""
    async with reading() as db:
        rows = await billing_credits.ledger(db, user.id, cursor, limit + 1)
    lines = [LedgerLine(**row.model_dump() | {"note": str(notes.from_note(row.note))}) for row in rows[:limit]]
    return Page(items=lines, next_cursor=str(lines[-1].id) if len(rows) > limit else None)


@router.get("/me/export", response_class=StreamingResponse, responses={200: {"content": {"application/zip": {}}}})
async def export(user: CurrentUser) -> StreamingResponse:
    """Everything of mine as a zip: my account, ledger, videos, pictures and keys as JSON, and the files."""
    async with reading() as db:
        mine = await own_data.collect(db, user.id)
    texts = {f"{name}.json": json.dumps(rows, ensure_ascii=False, indent=2) for name, rows in mine.tables.items()}
    headers = {"Content-Disposition": 'attachment; filename="adsvideo.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(zip_stream.zipped(texts, mine.files), media_type="application/zip", headers=headers)


@router.delete("/me", status_code=204)
async def erase(
    user: CurrentUser, confirm: Annotated[str, Query(max_length=320, description="My e-mail address, to be sure")] = ""
) -> None:
    """Erase my account for good: files, prompts, keys and sessions. Running videos are canceled."""
    async with session() as db:
        keys = await own_data.erase(db, user.id, confirm)
    await store.delete(*keys)
