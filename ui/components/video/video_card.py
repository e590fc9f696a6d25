"""A video in a list: its poster that plays under the pointer, its state in a word, what can be done with it."""

from collections.abc import Awaitable, Callable
from typing import Any

from markupsafe import Markup

from core.catalog.size import Size
from core.models import ACTIVE, Picture, Video
from core.redis.news import News
from core.videos.library import name_of

from ... import formats
from ...i18n import _, n_
from ...kit.block import html
from ...kit.elements import Menu, Tag, icon_button, menu_line, menu_row
from ...kit.moment import moment
from .preset_picture import find_preset, preset_sources
from .video_title import title_field
from .words import localized, made_size, money, reason, state_now, state_word, title_of

Action = Callable[[Video], Awaitable[None]]


class VideoCard(Tag):
    """One of the visitor's own videos, and how many `versions` were made from it.

    `actions` are asked by name when the menu is used.
    """

    def __init__(self, video: Video, picture: Picture | None, versions: int, actions: dict[str, Action]) -> None:
        super().__init__("article", "card", data_plays=True)
        self._actions = actions
        with self, Tag("div", "card-inner"):
            self._view = Tag("div", "card-view")
            name = _("Select: {prompt}", prompt=title_of(video))
            # outside of what is redrawn, as only the browser knows whether it is checked
            Tag("input", "card-check", type="checkbox", aria_label=name, title=_("Select"), data_select=video.id)
            self._foot = Tag("div", "card-foot")
        self.show(video, picture, versions)

    def show(self, video: Video, picture: Picture | None, versions: int) -> None:
        """Draw the video as it is now."""
        self.video, self.picture, self.versions = video, picture, versions
        self._view.clear()
        self._foot.clear()
        with self._view:
            if video.status == "completed":
                target = f"/videos/{video.id}"
                label = _("Watch: {prompt}", prompt=title_of(video))
                self._media = poster(f"/api/v1/videos/{video.id}", video, label, target=target)
                self._heart()
            else:
                self._media = self._not_playable(video, picture)
        with self._foot:
            with Tag("div", "card-text"):
                self._name = Tag("p", "card-prompt", title_of(video), title=video.prompt)
                self._facts(video)
            with icon_button("ellipsis", _("More"), look="small", aria_haspopup="menu"):
                Menu(self._rows)

    def focus(self) -> None:
        """Focus the card's link."""
        self._media.run_method("focus")

    def hear(self, news: News) -> None:
        """Show the progress from the news."""
        self._state.text = state_now(self.video, news)

    def _heart(self) -> None:
        on = self.video.favorite
        heart = icon_button("heart-full" if on else "heart", _("Favourite"), aria_pressed=on).classes("card-heart")
        heart.on_click(lambda: self._actions["favorite"](self.video))

    def _facts(self, video: Video) -> None:
        word, symbol = state_word(video)
        with Tag("div", "card-facts"):
            self._state = Tag("span", f"card-state card-state-{video.status}", word, symbol=symbol)
            moment(video.created_at)
            if count := self.versions:
                words = n_("{n} version", "{n} versions", count)
                Tag("a", "card-versions", words, href=f"/videos/{video.id}#versions")
            Tag("span", "card-model", localized(video.label), title=localized(video.label))

    def _not_playable(self, video: Video, picture: Picture | None) -> Tag:
        dim = "" if video.status in ACTIVE else "card-dim"
        label = _("Open: {prompt}", prompt=title_of(video))
        media = Tag("a", f"card-media {dim}", href=f"/videos/{video.id}", aria_label=label)
        take_ratio(media, Size.parse(video.size))
        with media:
            if picture and (preset := find_preset(picture.preset)):
                Tag("picture", inner=preset_sources(preset, width=640, alt=""))
            elif picture:
                Tag("img", src=f"/api/v1/images/{picture.id}/content", alt="", loading="lazy")
            if video.status not in ACTIVE:
                with Tag("div", f"card-message {'card-message-bad' if video.status == 'failed' else ''}"):
                    Tag("span", "", reason(video))
                    Tag("span", "", money(video))
        return media

    def _rows(self) -> None:
        video = self.video
        if video.status == "completed":
            source = f"/api/v1/videos/{video.id}/content?download=1"
            menu_row(_("Download"), symbol="download", href=source, download=name_of(video))
            menu_row(_("Edit"), symbol="pencil", href=f"/videos/{video.id}/edit")
            self._do("share", "share-2", _("Share"))
            self._do("favorite", "heart", _("Remove from favourites") if video.favorite else _("Favourite"))
        self._do("reuse", "repeat-2", _("Reuse"))
        menu_row(_("Rename"), symbol="pencil").on_click(self._rename)
        menu_line()
        if video.status in ACTIVE:
            self._do("cancel", "x", _("Cancel"))
        else:
            self._do("delete", "trash-2", _("Delete")).classes("menu-item-danger")

    def _rename(self) -> None:
        """Edit the name where it stands."""
        self._name.text = ""
        with self._name:
            title_field(self.video, lambda: self.show(self.video, self.picture, self.versions)).begin()

    def _do(self, name: str, symbol: str, text: str) -> Tag:
        return menu_row(text, symbol=symbol).on_click(lambda: self._actions[name](self.video))


def poster(source: str, video: Video, label: str, *, target: str, picture: str = "poster") -> Tag:
    """The poster of a finished video, or another `picture` of it, leading to it; its clip loads when it is played."""
    with Tag("a", "card-media", aria_label=label, href=target) as element:
        Tag("img", src=f"{source}/{picture}", alt="", loading="lazy", decoding="async")
        clip = Tag("video", data_src=f"{source}/preview", preload="none", tabindex="-1", aria_hidden=True)
        for flag in ("muted", "loop", "playsinline"):
            clip.put(flag, True)
        if video.duration:
            Tag("span", "card-length", formats.clock(video.duration))
    take_ratio(element, made_size(video) or Size(16, 9))
    return element


def thumb(video: Video) -> Tag:
    """A video, small, leading to its page; a sign where it has no poster."""
    word, symbol = state_word(video)
    name = title_of(video)
    element = Tag("a", "thumb", href=f"/videos/{video.id}", aria_label=f"{name} · {word}", title=name)
    with element:
        if video.status == "completed":
            Tag("img", src=f"/api/v1/videos/{video.id}/poster", alt="", loading="lazy", decoding="async")
        else:
            Tag("span", f"thumb-state card-state-{video.status}", symbol=symbol)
    return element


def take_ratio(frame: Tag, size: Size) -> None:
    """Give the frame of a video its ratio; the stylesheet keeps it below 75 % of the window's height."""
    frame.put("data_ratio", size.shape)
    frame.style(f"--ratio: {size.width / size.height:.4f}")


def player(source: str, video: Video, **attributes: Any) -> Markup:
    """The video player: autoplay, muted, looping, with controls."""
    track = ""
    if words := (video.edit or {}).get("captions"):
        # what is in the picture already is shown twice only if somebody asks for it
        is_shown, spoken = not words.get("burn", True), words.get("language", "en")
        file = f"{source}/captions.vtt"
        track = html("track", kind="captions", src=file, srclang=spoken, label=spoken, default=is_shown)
    return html("video", "player", track, src=f"{source}/content", poster=f"{source}/poster", autoplay=True, muted=True,
                loop=True, controls=True, playsinline=True, aria_label=title_of(video), **attributes)  # fmt: skip
