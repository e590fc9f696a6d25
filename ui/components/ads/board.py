"""The storyboard, live, and the button that makes the ad."""

from markupsafe import Markup
from nicegui import events, ui

from core.ads import layout
from core.ads.ask import ask
from core.ads.storyboard import Storyboard
from core.catalog.size import Size
from core.models import User

from ... import i18n
from ...i18n import _, n_
from ...kit.choices import Choices, option
from ...kit.elements import Tag
from ..site.make_button import MakeButton
from .cards import card, end_card
from .draft import AdDraft
from .shot_dialog import shot_dialog


class Board(Tag):
    """A card per shot; a click opens it, dragging puts it elsewhere."""

    def __init__(self, user: User, draft: AdDraft) -> None:
        super().__init__("section", "board", aria_label=_("Storyboard"))
        self._user, self._draft = user, draft
        with self:
            with Tag("div", "board-head"):
                Tag("h2", "ad-step-title", _("Storyboard"))
                self._facts = Tag("span", "board-facts")
            self._empty = Tag("p", "board-empty", _("Choose a picture or paste a link: the storyboard appears here."))
            self._cards = Choices("board-cards", "aria-pressed", self._open, role="group", aria_label=_("Shots"))
            self._cards.mark("ad-shots").put("data_sortable", True)
            self._cards.on("reorder", self._reorder, ["detail"])
            self._hints = Tag("div", "board-hints")
            self._button = MakeButton(user, self._make, "make-ad")
        draft.changed.subscribe(self._draw)

    def _draw(self) -> None:
        board, sizes = self._draft.board(), self._draft.sizes
        self._empty.put("hidden", board is not None)
        self._hints.clear()
        if board is None:
            self._cards.show({})
            self._button.show(_("Make the ad"), None, disabled=not self._draft.choices.pictures)
            self._facts.text = ""
            return
        size = Size.parse(sizes[0])
        cards = {str(n): self._card(board, n, size) for n in range(len(board.shots))}
        end = option("shot-card", "end", end_card(board, size), aria_label=_("End card"))
        self._cards.show(cards | {"end": end})
        self._cards.put("data_shape", size.shape)
        price = self._draft.price(board)
        length = f"{board.seconds:g}"
        self._facts.text = " · ".join([
            n_("{n} shot", "{n} shots", len(board.shots)), n_("{n} format", "{n} formats", len(sizes)),
            _("{n} s", n=length),
        ])  # fmt: skip
        self._button.show(_("Make the ad · {credits}", credits=i18n.credits(price)), price)
        with self._hints:
            for problem in layout.too_long(board):
                Tag("p", "problem", i18n.phrase(problem.phrase), symbol="circle-alert")

    def _card(self, board: Storyboard, position: int, size: Size) -> Markup:
        label = _("Shot {n}: {words}", n=position + 1, words=board.shots[position].words or _("no words"))
        return option("shot-card", str(position), card(board, position, size), draggable="true", aria_label=label)

    async def _open(self, key: str) -> None:
        if not key.isdigit():  # the end card follows from the words and the brand
            return
        await shot_dialog(self._draft, int(key))

    def _reorder(self, event: events.GenericEventArguments) -> None:
        detail = event.args.get("detail") if isinstance(event.args, dict) else None
        if isinstance(detail, list) and [type(one) for one in detail] == [int, int]:
            self._draft.move_shot(*detail)

    async def _make(self) -> None:
        ad = await ask(self._user, self._draft.body)
        ui.navigate.to(f"/ads/{ad.id}")
