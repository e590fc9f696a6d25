"""The storyboard, live, and the button that makes the ad."""

from markupsafe import Markup
from nicegui import background_tasks, events, ui
from sqlmodel import col, select

from core.ads import layout, sight
from core.ads.ask import ask
from core.ads.sight import Sight
from core.ads.storyboard import Storyboard
from core.catalog.size import Size
from core.database.session import reading
from core.models import Picture, User

from ... import i18n
from ...i18n import _, n_
from ...kit.choices import Choices, option
from ...kit.elements import Tag
from ..site.make_button import MakeButton
from .cards import UNSEEN, card, end_card
from .draft import AdDraft
from .shot_dialog import shot_dialog


class Board(Tag):
    """A card per shot; a click opens it, dragging puts it elsewhere."""

    def __init__(self, user: User, draft: AdDraft) -> None:
        super().__init__("section", "board", aria_label=_("Storyboard"))
        self._user, self._draft = user, draft
        self._asked: set[int] = set()
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
        draft.changed.subscribe(self._changed)

    def _changed(self) -> None:
        self._button.complain(None)
        self._draw()

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
        self._look(board)
        cards = {str(n): self._card(board, n, size) for n in range(len(board.shots))}
        end = option("shot-card", "end", end_card(board, size, self._seen(board.hero_id)), aria_label=_("End card"))
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

    def _seen(self, picture_id: int) -> Sight:
        return self._draft.sights.get(picture_id, UNSEEN)

    def _look(self, board: Storyboard) -> None:
        """See to it that what is in the pictures is known; the storyboard is then drawn anew."""
        new = {board.hero_id, *(shot.image_id for shot in board.shots)} - self._asked
        if new:
            self._asked |= new
            background_tasks.create(self._see(new), name="look at the pictures of an ad")

    async def _see(self, picture_ids: set[int]) -> None:
        async with reading() as db:
            mine = (col(Picture.id).in_(picture_ids), col(Picture.user_id) == self._user.id)
            pictures = (await db.exec(select(Picture).where(*mine, col(Picture.deleted_at).is_(None)))).all()
        self._draft.sights |= await sight.of(pictures)
        if not self.is_deleted:
            with self:  # in the page's language
                self._draw()

    def _card(self, board: Storyboard, position: int, size: Size) -> Markup:
        label = _("Shot {n}: {words}", n=position + 1, words=board.shots[position].words or _("no words"))
        drawn = card(board, position, size, self._seen(board.shots[position].image_id))
        return option("shot-card", str(position), drawn, draggable="true", aria_label=label, aria_haspopup="dialog")

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
