"""`/api/v1/webhooks`: where to hear how videos end."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from core import webhooks
from core.database.session import reading, session
from core.models import WebhookDelivery, WebhookEndpoint
from core.webhooks import Form

from ..session import CurrentUser
from .schemas import WEB_ADDRESS, problems
from .shapes import Id, Page

router = APIRouter(tags=["webhooks"])


class WebhookIn(BaseModel):
    """Where to send events."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000, json_schema_extra=WEB_ADDRESS)
    form: Form = Field("adsvideo", description="Of its events: ours, or `openai` for `client.webhooks.unwrap`")


class Delivery(BaseModel):
    """The last event that was to be delivered; `status` is the endpoint's HTTP status, null if it did not answer."""

    event: str
    video_id: int
    state: Literal["waiting", "delivered", "given_up"]
    attempts: int
    status: int | None
    error: str
    created_at: datetime

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> "Delivery":
        """As the API shows it."""
        waiting = "waiting" if delivery.next_try_at else "given_up"
        return cls(
            **delivery.model_dump(include={"event", "video_id", "attempts", "created_at"}),
            state="delivered" if delivery.delivered_at else waiting,
            status=delivery.last_status,
            error=delivery.last_error,
        )


class WebhookOut(BaseModel):
    """An endpoint; how the last delivery went."""

    id: int
    url: str
    form: Form
    created_at: datetime
    last_delivery: Delivery | None

    @classmethod
    def of(cls, endpoint: WebhookEndpoint, last: WebhookDelivery | None) -> "WebhookOut":
        """As the API shows it."""
        return cls(
            **endpoint.model_dump(include={"id", "url", "form", "created_at"}),
            last_delivery=Delivery.of(last) if last else None,
        )


class NewWebhook(WebhookOut):
    """An endpoint just made. `secret` signs its events; it is shown this once."""

    secret: str


@router.get("/webhooks")
async def page(user: CurrentUser) -> Page[WebhookOut]:
    """My webhooks, newest first."""
    async with reading() as db:
        rows = await webhooks.endpoints(db, user.id)
    return Page(items=[WebhookOut.of(endpoint, last) for endpoint, last in rows])


@router.post("/webhooks", status_code=201, responses=problems(409, 413))
async def make(user: CurrentUser, body: WebhookIn) -> NewWebhook:
    """Send `video.completed`, `video.failed` and `video.canceled` of my videos there, signed (Standard Webhooks)."""
    await webhooks.reachable(body.url)
    async with session() as db:
        endpoint, secret = await webhooks.make(db, user.id, body.url, body.form)
    return NewWebhook(**WebhookOut.of(endpoint, None).model_dump(), secret=secret)


@router.delete("/webhooks/{webhook_id}", status_code=204, responses=problems(404))
async def delete(user: CurrentUser, webhook_id: Id) -> None:
    """Send nothing there from now on."""
    async with session() as db:
        await webhooks.delete(db, user.id, webhook_id)
