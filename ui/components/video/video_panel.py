"""The video panel: samples before, the picture while the video is made, then the video or the reason why not."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from markupsafe import Markup
from nicegui import ui

from core.catalog.entries import local_models
from core.catalog.size import Size
from core.database.session import session
from core.errors import AdsVideoError
from core.models import Picture, Video, now
from core.videos.library import name_of
from core.videos.states import cancel, set_favorite

from ... import i18n
from ...i18n import _
from ...kit.block import Actions, Block, html, html_button
from ...kit.dialog import confirm
from ...kit.elements import Tag
from ...kit.toast import toast
from .current_video import CurrentVideo
from .preset_picture import find_preset, preset_sources
from .share_dialog import share_dialog
from .video_card import player, take_ratio
from .words import caption, money, reason, shown_size, stage_words, waiting_for


def _lost() -> str:
    return _("The model has started: canceling now does not return the credits.")


class Samples(Protocol):
    """What the panel shows while there is no video."""

    stage: Markup
    below: Markup

    def use(self, key: str) -> None:
        """What a click on `data_do="use key"` does."""


class VideoPanel(Tag):
    """Draws the current video in whatever state it is.

    `reuse` puts a video's settings into the form of this page; without it Reuse leads to the studio.
    """

    def __init__(
        self,
        current: CurrentVideo,
        try_again: Callable[[Video], Awaitable[None]],
        *,
        samples: Samples | None = None,
        reuse: Callable[[Video, Picture | None], None] | None = None,
    ) -> None:
        super().__init__("section", "panel", aria_label=_("Video"), tabindex="-1")
        self._current, self._try_again = current, try_again
        self._samples, self._reuse_here = samples, reuse
        on_stage: Actions = {"cancel": self._ask_to_cancel, "retry": self._retry}
        below: Actions = {"share": self._share, "reuse": self._reuse, "favorite": self._toggle_favorite}
        with self:
            self._stage = Block("stage", {**on_stage, "use": samples.use} if samples else on_stage).mark("stage")
            self._below = Block("panel-bar", below).mark("panel-bar")
            self._live = Tag("ads-notify", "sr-only", role="status", aria_live="polite")
        self._announced = ""
        current.changed.subscribe(self._draw)
        current.changed.subscribe(self._keep_focus)
        current.moved.subscribe(self._move)
        current.requested.subscribe(self._attend)
        self._draw()

    def _attend(self) -> None:
        """Move the focus here, and on a phone the view: the pressed button is gone or disabled."""
        self.client.run_javascript(f"adsvideo.attend(getHtmlElement({self.id}))")

    def _keep_focus(self) -> None:
        self.client.run_javascript(f"adsvideo.keepFocus(getHtmlElement({self.id}))")

    def _draw(self) -> None:
        video = self._current.video
        if video is None:
            self._stage.put("data_state", "samples")
            take_ratio(self._stage, Size(16, 9))
            self._stage.show(self._samples.stage if self._samples else "")
            self._below.show(self._samples.below if self._samples else "")
            return
        take_ratio(self._stage, shown_size(video))
        if self._current.is_active:
            self._stage.put("data_state", "running")
            self._below.show(html("p", "panel-caption", video.prompt, title=video.prompt))
            self._live.put("news", "running")
            self._elapsed = round((now() - video.created_at).total_seconds(), 1)
            self._move()
        elif video.status == "completed":
            self._stage.put("data_state", "done")
            self._done(video)
        else:
            self._stage.put("data_state", "failed")
            self._failed(video)

    def _move(self) -> None:
        video = self._current.video
        if not video or not self._current.is_active:
            return
        stage, progress = self._current.stage, self._current.progress
        bar = html(
            "div", "bar", role="progressbar", aria_label=_("Progress"), aria_valuemin=0, aria_valuemax=100,
            aria_valuenow=None if progress is None else int(progress), data_unknown=progress is None,
            style=f"--done: {(progress or 0) / 100:.3f}",
        )  # fmt: skip
        is_late = stage in ("canceling", "downloading")
        cancel = html_button(_("Cancel"), "cancel", look="media", symbol="x", disabled=is_late)
        tell = html_button(_("Tell me when it is done"), look="media", data_ask_to_notify=True)
        self._show_over_picture(
            "breathing",
            html("div", "stage-words", stage_words(stage, progress, self._current.ahead)),
            bar,
            self._clock(),
            html("div", "stage-note", waiting_for(self._current.note) or self._warning(stage)),
            html("div", "stage-actions", cancel, tell),
        )
        self._say(stage_words(stage, None, self._current.ahead))

    def _clock(self) -> str:
        estimate = self._current.estimate
        return html("ads-clock", "clock", elapsed=self._elapsed, usual=round(estimate) if estimate else None,
                    since=_("{time} elapsed"), left=_("about {time} left"), soon=_("any moment now"),
                    late=_("longer than usual"))  # fmt: skip

    def _warning(self, stage: str) -> str:
        """A warning if a cancel would not return the credits: a provider charges for unfinished work."""
        return _lost() if self._is_lost_by_cancel(stage) else ""

    def _is_lost_by_cancel(self, stage: str) -> bool:
        video = self._current.video
        if video is None or not video.cost_credits:
            return False
        return stage == "processing" and video.model not in local_models()

    async def _ask_to_cancel(self) -> None:
        """Cancel at once, unless it costs: then ask first."""
        video = self._current.video
        if video is None or not self._is_lost_by_cancel(self._current.stage):
            await self._cancel()
            return
        price = i18n.credits(video.cost_credits)
        word, keep = _("Cancel and lose {credits}", credits=price), _("Keep it going")
        confirm(_("Cancel this video?"), _lost(), word, self._cancel, keep=keep)

    async def _cancel(self) -> None:
        video, user = self._current.video, self._current.user
        if video is None or user is None:
            return
        try:
            async with session() as db:
                await cancel(db, user.id, video.id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self._current.follow(video.id)
        self._attend()

    def _done(self, video: Video) -> None:
        source = f"/api/v1/videos/{video.id}"
        blur = html("img", "stage-blur", src=f"{source}/poster", alt="", aria_hidden="true", data_key=video.id)
        self._stage.show(blur, player(source, video, data_key=video.id))
        download = {"href": f"{source}/content?download=1", "download": name_of(video)}
        heart = "heart-full" if video.favorite else "heart"
        note = html("p", "panel-caption panel-note", waiting_for(video.note)) if video.note else ""
        self._below.show(
            html("p", "panel-caption panel-caption-strong", caption(video)),
            note,
            html(
                "div", "toolbar",
                html("a", "button button-small", _("Download"), symbol="download", **download),
                html("a", "button button-small", _("Edit"), symbol="pencil", href=f"/videos/{video.id}/edit"),
                html_button(_("Share"), "share", symbol="share-2", look="small", aria_haspopup="dialog"),
                html_button(_("Reuse"), "reuse", symbol="repeat-2", look="small"),
                html_button(_("Favourite"), "favorite", symbol=heart, look="small", aria_pressed=video.favorite),
            ),
        )  # fmt: skip
        self._live.put("news", caption(video))
        self._say(caption(video))

    def _failed(self, video: Video) -> None:
        classes, symbol = ("stage-reason", "circle-alert") if video.status == "failed" else ("stage-words", "ban")
        self._show_over_picture(
            "dimmed",
            html("p", classes, reason(video), symbol=symbol),
            html("p", "stage-money", money(video)),
            html_button(_("Try again"), f"retry {video.id}", look="media", symbol="rotate-ccw"),
        )
        again = html_button(_("Reuse"), "reuse", symbol="repeat-2", look="small")
        self._below.show(html("p", "panel-caption", video.prompt, title=video.prompt), html("div", "toolbar", again))
        self._live.put("news", reason(video))
        self._say(f"{reason(video)} {money(video)}")

    def _show_over_picture(self, effect: str, *middle: str) -> None:
        """Fill the stage; what shows another state is new to the browser, and fades in."""
        assert self._current.video is not None
        key = f"{self._stage.props['data-state']} {self._current.video.id}"
        self._stage.show(self._backdrop(effect, key), html("div", "stage-middle", *middle, data_key=key))

    def _backdrop(self, effect: str, key: str) -> Markup:
        picture, classes = self._current.picture, f"backdrop backdrop-{effect}"
        if picture is None:
            return Markup()
        if preset := find_preset(picture.preset):
            inside = preset_sources(preset, width=640, alt="", lazy=False)
        else:
            inside = html("img", src=f"/api/v1/images/{picture.id}/content", alt="", decoding="async")
        return html("picture", classes, inside, data_key=key)

    def _say(self, text: str) -> None:
        """Announce the text to screen readers, once."""
        if text != self._announced:
            self._announced = self._live.text = text

    async def _retry(self, video_id: str) -> None:
        """Make the video again that was shown where it was clicked."""
        if self._current.video and str(self._current.video.id) == video_id:
            await self._try_again(self._current.video)

    def _reuse(self) -> None:
        video = self._current.video
        if video and self._reuse_here:
            self._reuse_here(video, self._current.picture)
        elif video:
            ui.navigate.to(f"/?reuse={video.id}")

    async def _toggle_favorite(self) -> None:
        video, user = self._current.video, self._current.user
        if video and user:
            async with session() as db:
                await set_favorite(db, user.id, video.id, not video.favorite)
            await self._current.follow(video.id)

    async def _share(self) -> None:
        if self._current.video and self._current.user:
            await share_dialog(self._current.user, self._current.video.id)
