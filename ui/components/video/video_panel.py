"""The video panel: samples before, the picture while the video is made, then the video or the reason why not."""

from collections.abc import Awaitable, Callable

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
from ...kit.dialog import confirm
from ...kit.elements import Tag, button, link
from ...kit.toast import toast
from .current_video import CurrentVideo
from .preset_picture import find_preset, preset_picture
from .share_dialog import share_dialog
from .video_card import player, take_ratio
from .words import caption, money, reason, shown_size, stage_words, waiting_for


def _lost() -> str:
    return _("The model has started: canceling now does not return the credits.")


class VideoPanel(Tag):
    """Draws the current video in whatever state it is.

    `samples` fills the stage and the bar below it while there is no video. `reuse` puts a video's settings into the
    form of this page; without it Reuse leads to the studio.
    """

    def __init__(
        self,
        current: CurrentVideo,
        try_again: Callable[[Video], Awaitable[None]],
        *,
        samples: Callable[[Tag, Tag], object] | None = None,
        reuse: Callable[[Video, Picture | None], None] | None = None,
    ) -> None:
        super().__init__("section", "panel", aria_label=_("Video"), tabindex="-1")
        self._current, self._try_again = current, try_again
        self._samples, self._reuse_here = samples, reuse
        with self:
            self._stage = Tag("div", "stage")
            self._below = Tag("div", "panel-bar")
            self._live = Tag("div", "sr-only", role="status", aria_live="polite")
            self._notify = Tag("ads-notify", hidden=True)
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
        self._stage.clear()
        self._below.clear()
        if video is None:
            self._stage.put("data_state", "samples")
            take_ratio(self._stage, Size(16, 9))
            if self._samples:
                self._samples(self._stage, self._below)
            return
        take_ratio(self._stage, shown_size(video))
        if self._current.is_active:
            self._notify.put("news", "running")
            self._stage.put("data_state", "running")
            self._running(video)
        elif video.status == "completed":
            self._stage.put("data_state", "done")
            self._done(video)
        else:
            self._stage.put("data_state", "failed")
            self._failed(video)

    def _running(self, video: Video) -> None:
        with self._stage:
            self._backdrop("breathing")
            with Tag("div", "stage-middle"):
                self._words = Tag("div", "stage-words")
                self._bar = Tag("div", "bar", role="progressbar", aria_label=_("Progress"))
                self._bar.put("aria_valuemin", 0)
                self._bar.put("aria_valuemax", 100)
                self._time = self._clock(video)
                self._note = Tag("div", "stage-note")
                with Tag("div", "stage-actions"):
                    self._stop = button(_("Cancel"), self._ask_to_cancel, look="media", symbol="x").mark("cancel")
                    button(_("Tell me when it is done"), look="media", data_ask_to_notify=True)
        with self._below:
            Tag("p", "panel-caption", video.prompt, title=video.prompt)
        self._move()

    def _clock(self, video: Video) -> Tag:
        elapsed = (now() - video.created_at).total_seconds()
        return Tag("ads-clock", "clock", elapsed=round(elapsed, 1), since=_("{time} elapsed"),
                   left=_("about {time} left"), soon=_("any moment now"),
                   late=_("longer than usual"))  # fmt: skip

    def _move(self) -> None:
        if not self._current.is_active:
            return
        stage, progress = self._current.stage, self._current.progress
        self._words.text = stage_words(stage, progress, self._current.ahead)
        self._bar.put("data_unknown", True if progress is None else None)
        self._bar.put("aria_valuenow", None if progress is None else int(progress))
        self._bar.style(f"--done: {(progress or 0) / 100:.3f}")
        estimate = self._current.estimate
        self._time.put("usual", round(estimate) if estimate else None)
        self._note.text = waiting_for(self._current.note) or self._warning(stage)
        self._stop.put("disabled", stage in ("canceling", "downloading"))
        self._say(stage_words(stage, None, self._current.ahead))

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
        with self._stage:
            Tag("img", "stage-blur", src=f"{source}/poster", alt="", aria_hidden="true")
            player(source, video)
        with self._below:
            Tag("p", "panel-caption panel-caption-strong", caption(video))
            if video.note:
                Tag("p", "panel-caption panel-note", waiting_for(video.note))
            with Tag("div", "toolbar"):
                download = f"{source}/content?download=1"
                link(_("Download"), download, symbol="download", look="small", download=name_of(video))
                link(_("Edit"), f"/videos/{video.id}/edit", symbol="pencil", look="small")
                button(_("Share"), self._share, symbol="share-2", look="small")
                button(_("Reuse"), self._reuse, symbol="repeat-2", look="small")
                heart = "heart-full" if video.favorite else "heart"
                favorite = button(_("Favourite"), self._toggle_favorite, symbol=heart, look="small")
                favorite.put("aria_pressed", video.favorite)
        self._notify.put("news", caption(video))
        self._say(caption(video))

    def _failed(self, video: Video) -> None:
        with self._stage:
            self._backdrop("dimmed")
            with Tag("div", "stage-middle"):
                failed = video.status == "failed"
                classes, symbol = ("stage-reason", "circle-alert") if failed else ("stage-words", "ban")
                Tag("p", classes, reason(video), symbol=symbol)
                Tag("p", "stage-money", money(video))
                retry = button(_("Try again"), lambda: self._try_again(video), look="media", symbol="rotate-ccw")
                retry.mark("try-again")
        with self._below:
            Tag("p", "panel-caption", video.prompt, title=video.prompt)
            with Tag("div", "toolbar"):
                button(_("Reuse"), self._reuse, symbol="repeat-2", look="small")
        self._notify.put("news", reason(video))
        self._say(f"{reason(video)} {money(video)}")

    def _backdrop(self, effect: str) -> None:
        picture = self._current.picture
        if picture is None:
            return
        if preset := find_preset(picture.preset):
            preset_picture(preset, width=640, alt="", classes=f"backdrop backdrop-{effect}", lazy=False)
        else:
            with Tag("picture", f"backdrop backdrop-{effect}"):
                Tag("img", src=f"/api/v1/images/{picture.id}/content", alt="", decoding="async")

    def _say(self, text: str) -> None:
        """Announce the text to screen readers, once."""
        if text != self._announced:
            self._announced = self._live.text = text

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
