"""Webhooks on the account page: add, show the secret once, show the last delivery, delete."""

from functools import partial

from nicegui import events

from core import webhooks
from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import User, WebhookDelivery, WebhookEndpoint

from ... import formats, i18n
from ...i18n import _
from ...kit.dialog import confirm
from ...kit.elements import Tag, button
from ...kit.form import Line
from ...kit.moment import moment
from ...kit.toast import toast


class Webhooks(Tag):
    """The user's endpoints, newest first."""

    def __init__(self, user: User) -> None:
        super().__init__("section", "account-part", aria_label=_("Webhooks"))
        self._user = user
        self._busy = False
        with self:
            Tag("h2", "account-title", _("Webhooks"))
            Tag("p", "page-note", _("When a video of yours has ended, we send its details to your server, signed."))
            self._form = Tag("div", "webhook-new", data_address=True).on("address", self._make, ["detail"])
            self._new = Tag("div", "key-new", hidden=True, role="status")
            self._rows = Tag("div", "rows", role="list")
        self._draw_form()

    def _draw_form(self) -> None:
        """Draw an empty field for a new webhook."""
        self._form.clear()
        with self._form:
            example = "https://example.com/hooks/videos"
            Tag("input", "input", type="url", inputmode="url", autocomplete="off", maxlength="2000",
                placeholder=example, aria_label=_("Address of your server"))  # fmt: skip
            forms = {"adsvideo": _("Events of AdsVideo"), "openai": _("Events as OpenAI sends them")}
            self._of_events = Line("select", _("Form of the events"), "adsvideo", forms)
            button(_("Add webhook"))

    async def load(self) -> None:
        """Load and draw the endpoints."""
        async with reading() as db:
            rows = await webhooks.endpoints(db, self._user.id)
        self._rows.clear()
        with self._rows:
            for endpoint, last in rows:
                self._row(endpoint, last)
        self._rows.put("hidden", not rows)

    def _row(self, endpoint: WebhookEndpoint, last: WebhookDelivery | None) -> None:
        with Tag("div", "row", role="listitem"):
            Tag("code", "row-main webhook-url", endpoint.url, title=endpoint.url)
            classes = f"row-note webhook-state {_state_class(last)}"
            if last:
                about = f"{last.event} #{last.video_id} · "
                moment(last.created_at, classes, text=_state(last), about=about)
            else:
                Tag("span", classes, _("Nothing sent yet"))
            button(_("Delete"), partial(self._ask, endpoint), look="small", aria_haspopup="dialog")

    async def _make(self, event: events.GenericEventArguments) -> None:
        if self._busy:
            return
        self._busy = True
        url = str(event.args.get("detail") or "")
        try:
            await webhooks.reachable(url)
            async with session() as db:
                endpoint, secret = await webhooks.make(db, self._user.id, url, self._chosen())
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        else:
            self._draw_form()
            self._show(endpoint.url, secret)
            await self.load()
        finally:
            self._busy = False

    def _chosen(self) -> webhooks.Form:
        return "openai" if self._of_events.value == "openai" else "adsvideo"

    def _show(self, url: str, secret: str) -> None:
        self._new.clear()
        self._new.put("hidden", False)
        with self._new:
            text = _("The secret that signs what we send to {url}. Copy it now; it is not shown again.", url=url)
            Tag("p", "page-note", text)
            Tag("code", "key-text", secret)

    def _ask(self, endpoint: WebhookEndpoint) -> None:
        confirm(
            _("Delete this webhook?"),
            _("Nothing more is sent to {url}.", url=endpoint.url),
            _("Delete"),
            partial(self._delete, endpoint),
        )

    async def _delete(self, endpoint: WebhookEndpoint) -> None:
        try:
            async with session() as db:
                await webhooks.delete(db, self._user.id, endpoint.id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        self._new.put("hidden", True)
        await self.load()


def _state_class(last: WebhookDelivery | None) -> str:
    if last is None or not last.attempts:
        return ""
    return "webhook-good has-icon icon-circle-check" if last.delivered_at else "webhook-bad has-icon icon-circle-alert"


def _state(last: WebhookDelivery) -> str:
    """How the last delivery went, in words."""
    if last.delivered_at:
        return _("Delivered {ago}", ago=formats.ago(last.delivered_at))
    if not last.attempts:
        return _("Being sent")
    answer = _("Answer {status}", status=last.last_status) if last.last_status else _("No answer")
    if last.next_try_at is None:
        return _("{answer}, given up after {n} attempts", answer=answer, n=last.attempts)
    return _("{answer}, tried again soon", answer=answer)
