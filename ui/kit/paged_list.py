"""A list that comes page by page, with a button for the next page below it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from ..i18n import _
from .elements import Tag, button
from .masonry import masonry

Item = TypeVar("Item")


class PagedList(Tag, Generic[Item]):
    """Items newest first.

    `fetch(before, limit)` gives up to `limit` items older than the one with the id `before`, or the newest for None;
    `draw` draws one into the list, `id_of` tells its id. `empty` is the sentence where there is none. `more` is called
    after each further page with its items. A list of `cards` is laid in columns; one that is not `centred` has its
    button at the left. An `endless` one presses its button itself where one gets near the end.
    """

    def __init__(
        self,
        fetch: Callable[[int | None, int], Awaitable[Sequence[Item]]],
        draw: Callable[[Item], object],
        id_of: Callable[[Item], int],
        *,
        size: int,
        label: str | None = None,
        empty: str = "",
        more: Callable[[Sequence[Item]], object] | None = None,
        cards: bool = False,
        centred: bool = True,
        endless: bool = False,
    ) -> None:
        super().__init__("div")
        self.style("display: contents")  # the list and its button stand where this element stands
        self._fetch, self._draw, self._id_of, self._after_more = fetch, draw, id_of, more
        self._size, self._empty = size, empty
        self._begun = 0
        self.last: int | None = None
        """The id of the last item that has been fetched; None before the first."""
        self.is_whole = True
        """Whether there is nothing after it."""
        with self:
            self.items = masonry(label) if cards else Tag("div", "rows", aria_label=label, role="list")
            with Tag("div", "more") if centred else self:
                self._more = button(_("Load more"), self.load, hidden=True, data_endless=endless)

    async def load(self) -> None:
        """Load the next page; dropped if the list has restarted meanwhile."""
        before, begun = self.last, self._begun
        page = await self._fetch(before, self._size + 1)
        if begun == self._begun and before == self.last:
            self._extend(page)
            if self._after_more:
                self._after_more(page[: self._size])

    async def reload(self) -> None:
        """Restart with the first page; the old items stay until it has loaded."""
        self._begun += 1
        begun = self._begun
        page = await self._fetch(None, self._size + 1)
        if begun == self._begun:
            self.begin(page)

    def begin(self, page: Sequence[Item]) -> None:
        """Restart with this page, fetched elsewhere; `size` + 1 items mean that there are more."""
        self._begun += 1
        self.items.clear()
        self.last = None
        self._extend(page)

    def _extend(self, page: Sequence[Item]) -> None:
        shown = page[: self._size]
        with self.items:
            for item in shown:
                self._draw(item)
            if not shown and self.last is None and self._empty:
                Tag("p", "page-note", self._empty, role="listitem")
        self.last = self._id_of(shown[-1]) if shown else self.last
        self.is_whole = len(page) <= self._size
        self._more.put("hidden", self.is_whole)
