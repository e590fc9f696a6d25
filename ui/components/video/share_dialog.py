"""Sharing a video: its link, whether the gallery shows it, and taking it all back."""

from urllib.parse import urlsplit

from nicegui import context, ui

from core.accounts import users
from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import User
from core.settings import is_loopback, settings
from core.social import sharing
from core.videos import queries

from ... import i18n, social_access
from ...i18n import _
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button
from ...kit.toast import toast


def _address(slug: str) -> str:
    base = settings().public_url or str(context.client.request.base_url).rstrip("/")
    return f"{base}/v/{slug}"


async def share_dialog(user: User, video_id: int) -> None:
    """The link, if there is one; nothing is shared, and the gallery shows nothing, before it is asked for here."""
    try:
        async with reading() as db:
            video = await queries.owned(db, user.id, video_id)
    except AdsVideoError as error:
        toast(i18n.explain(error), "bad")
        return
    _ShareDialog(user, video_id).draw(video.slug, in_gallery=video.in_gallery, allow_picture=video.allow_picture)


class _ShareDialog(Dialog):
    def __init__(self, user: User, video_id: int) -> None:
        super().__init__(_("Share this video"))
        self._user, self._video_id = user, video_id

    def draw(self, slug: str | None, **allowed: bool) -> None:
        """Private, with the way to make a link; or the link, what it allows, and the way back."""
        self._allowed = allowed
        self.body.clear()
        with self.body:
            self._shared(slug) if slug else self._private()

    def _private(self) -> None:
        Tag("p", "dialog-text", _("This video is private. With a link anybody who has it can watch the video."))
        with Tag("div", "dialog-actions"):
            button(_("Keep it private"), self.close, look="quiet")
            button(_("Create link"), self._share, look="accent")

    def _shared(self, slug: str) -> None:
        address = _address(slug)
        if is_loopback(urlsplit(address).hostname or ""):
            self._only_here()
        else:
            Tag("p", "dialog-text", _("Anybody who has this link can watch the video."))
        with Tag("div", "share-link"):
            Tag("input", "input", id="share-link", readonly=True, value=address, aria_label=_("Link"))
            copy = button(_("Copy link"), look="accent", symbol="copy", data_copy=True, aria_controls="share-link")
            copy.on("copied", lambda: toast(_("The link is copied."), "good"), [])
        if social_access.is_on():
            self._switch("in_gallery", _("Also show in the gallery"))
        self._switch("allow_picture", _("Others may use its picture, too"))
        with Tag("div", "dialog-actions"):
            button(_("Stop sharing"), self._stop, look="quiet")
            button(_("Done"), self.close)

    def _only_here(self) -> None:
        with Tag("div", "share-warning", symbol="circle-alert", role="note"), Tag("div"):
            Tag("p", "", _("This address leads to this computer only: others can't open it."))
            if users.role(self._user) == "admin":
                how = _("Start AdsVideo under an address that others reach, and set PUBLIC_URL to it.")
            else:
                how = _("Ask the person who runs this AdsVideo.")
            Tag("p", "dialog-text", how)

    def _switch(self, name: str, words: str) -> None:
        with Tag("label", "switch-row"):
            Tag("span", "", words)
            switch = ui.switch(
                value=self._allowed.get(name, False), on_change=lambda e: self._share(**{name: bool(e.value)})
            )
            switch.props("dense").props["aria-label"] = words

    async def _share(self, **allowed: bool) -> None:
        allowed = {**self._allowed, **allowed}
        try:
            async with session() as db:
                slug = await sharing.share(db, self._user.id, self._video_id, **allowed)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
            return
        self.draw(slug, **allowed)

    async def _stop(self) -> None:
        async with session() as db:
            await sharing.unshare(db, self._user.id, self._video_id)
        self.close()
        toast(_("The link leads nowhere from now on."))
