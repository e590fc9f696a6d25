"""An ad on its own page: every shot's state on the storyboard, then the ads of all formats side by side."""

from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from core.ads import ad as ads
from core.ads.ad import Made
from core.catalog.size import Size
from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import ACTIVE, User, Video
from core.redis.news import News, last_of

from ... import i18n, page_state
from ...i18n import _
from ...kit.elements import Tag, button, link
from ...kit.toast import toast
from ..video.share_dialog import share_dialog
from ..video.video_card import take_ratio
from ..video.words import reason, state_now, state_word
from . import cards
from .ad_words import status_word

CAMERA = "camera"


class Progress(Tag):
    """Follows the news of its videos."""

    def __init__(self, user: User, made: Made) -> None:
        super().__init__("div", "ad-progress")
        self._user, self._made = user, made
        self._states: dict[int, list[Tag]] = {}
        self._news: dict[int, News] = {}
        page_state.of(user).follow(self._hear, self._read, self._show)

    @property
    def _videos(self) -> list[Video]:
        return [*(video for _shot, video in self._made.shots), *self._made.videos]

    async def draw(self) -> None:
        """Draw it as it is now."""
        self._news = await last_of([video.id for video in self._videos if video.status in ACTIVE])
        self._draw()

    def _hear(self, news: News) -> bool:
        if news.status == "refresh":
            return True
        if news.video_id not in {video.id for video in self._videos}:
            return False
        if not news.status:
            self._news[news.video_id] = news
            for position, labels in self._states.items():
                self._say(position, labels)
        return bool(news.status)

    async def _read(self, db: AsyncSession, _news: News) -> Made:
        return await ads.owned(db, self._user.id, self._made.ad.id)

    async def _show(self, made: Made) -> None:
        self._made = made
        await self.draw()

    def _draw(self) -> None:
        self.clear()
        self._states = {}
        status = self._made.status
        with self:
            word, symbol = status_word(status)
            with Tag("div", "board-head"):
                Tag("p", "shot-state", word, symbol=symbol, role="status").mark("ad-status")
                with Tag("div", "ad-actions"):
                    self._actions()
            if any(video.edit or video.status == "completed" for video in self._made.videos):
                self._results()
            with Tag("section", "ad-section"):
                Tag("h2", "ad-step-title", _("Storyboard"))
                with Tag("div", "board-cards", data_shape=Size.parse(self._made.ad.sizes[0]).shape):
                    for position in range(len(self._made.board.shots)):
                        self._shot(position)

    def _actions(self) -> None:
        made = self._made
        if made.status in ("processing", "attention"):
            button(_("Cancel"), self._cancel, symbol="x", look="small")
        done = [video for video in made.videos if video.status == "completed" and not video.deleted_at]
        if done:
            ids = ",".join(str(video.id) for video in done)
            link(_("Download all"), f"/api/v1/videos/zip?ids={ids}", symbol="download", look="small", download="ad.zip")
        if made.status not in ("processing", "attention"):
            again = f"/ads?like={made.ad.id}&vary="
            link(_("Other template"), again + "template", symbol="layout-template", look="small")
            link(_("Other music"), again + "music", symbol="repeat-2", look="small")
            link(_("Other words"), again + "words", symbol="sparkles", look="small")

    def _results(self) -> None:
        with Tag("div", "ad-results"):
            for video in self._made.videos:
                size = Size.parse(video.size)
                with Tag("div", "ad-result") as result:
                    take_ratio(result, size)
                    if video.status == "completed":
                        Tag("video", "", src=f"/api/v1/videos/{video.id}/content", controls=True, loop=True,
                                     muted=True, autoplay=True, playsinline=True, aria_label=size.ratio,
                                     poster=f"/api/v1/videos/{video.id}/poster")  # fmt: skip
                        with Tag("div", "ad-result-foot"):
                            Tag("span", "shot-chip", size.ratio)
                            link(
                                _("Download"),
                                f"/api/v1/videos/{video.id}/content?download=1",
                                symbol="download",
                                look="small",
                            )
                            button(
                                _("Share"), partial(share_dialog, self._user, video.id), symbol="share-2", look="small"
                            )
                            link(_("Edit"), f"/videos/{video.id}/edit", symbol="film", look="small")
                    else:
                        self._waiting(video, size)

    def _waiting(self, video: Video, size: Size) -> None:
        """The place of an ad that is not there yet: its first shot, and how far it is."""
        made = self._made
        words = reason(video) if video.status == "failed" else state_now(video, self._news.get(video.id))
        words = words if video.edit or video.status == "failed" else _("Waits for its shots")
        first = next(own for shot, own in made.shots if shot.position == 0 and shot.size == video.size)
        with Tag("div", "ad-waits").mark("ad-waits"):
            source = cards.picture_url(made.board.shots[0], size, first.framing)
            Tag("img", "", src=source, alt="", decoding="async")
            Tag("p", "", f"{size.ratio} · {words}")

    def _shot(self, position: int) -> None:
        made = self._made
        with Tag("div", "shot-card"):
            own = next(video for shot, video in made.shots if shot.position == position)
            Tag("div", "", inner=cards.card(made.board, position, Size.parse(made.ad.sizes[0]), framing=own.framing))
            self._states[position] = [Tag("p", "shot-state")]
            self._say(position, self._states[position])
            if made.status == "attention" and (failed := made.failed(position)):
                Tag("p", "shot-state shot-state-bad", reason(failed[0][1]), symbol="circle-alert")
                with Tag("div", "ad-actions"):
                    button(_("Try again"), partial(self._retry, position, None), symbol="rotate-ccw", look="small")
                    if any(video.model != CAMERA for _shot, video in failed):
                        button(_("Use the studio camera"), partial(self._retry, position, CAMERA), look="small")

    def _say(self, position: int, labels: list[Tag]) -> None:
        videos = [video for shot, video in self._made.shots if shot.position == position]
        active = [video for video in videos if video.status in ACTIVE]
        shown = active[0] if active else next((v for v in videos if v.status != "completed"), videos[0])
        word = state_now(shown, self._news.get(shown.id)) if active else state_word(shown)[0]
        done = sum(video.status == "completed" for video in videos)
        text = f"{word} · {done}/{len(videos)}" if len(videos) > 1 else word
        for label in labels:
            label.text = text

    async def _retry(self, position: int, model: str | None) -> None:
        try:
            self._made = await ads.retry(self._user, self._made.ad.id, position, model)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self._again()

    async def _cancel(self) -> None:
        try:
            async with session() as db:
                await ads.cancel(db, self._user.id, self._made.ad.id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self._again()

    async def _again(self) -> None:
        async with reading() as db:
            made = await ads.owned(db, self._user.id, self._made.ad.id)
        await self._show(made)
