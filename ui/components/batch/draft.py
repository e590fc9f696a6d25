"""The rows of a batch before they are paid for: pictures times prompts times formats, or the rows of a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nicegui import Event

from core.catalog.availability import Offer
from core.catalog.entries import Model
from core.catalog.size import Size
from core.errors import AdsVideoError
from core.settings import settings

Cell = tuple[int, str, str]
"""Picture, prompt, size."""


@dataclass
class RowDraft:
    """A row as the batch takes it, with what is wrong with it; `cell` where it comes from the grid."""

    raw: dict[str, Any]
    errors: list[str] = field(default_factory=list)
    cell: Cell | None = None


@dataclass
class BatchDraft:
    """`table` are the rows of a table, which count instead of the grid. `off` are the rows that were left out."""

    pictures: list[int] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    prompts: list[str] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    model: str = ""
    seconds: int = 0
    offers: Sequence[Offer] = ()
    table: list[RowDraft] = field(default_factory=list)
    off: set[Any] = field(default_factory=set)
    changed: Event[[]] = field(default_factory=Event)

    def update(self, **values: Any) -> None:
        """Change something and emit `changed`."""
        for name, value in values.items():
            setattr(self, name, value)
        self.changed.emit()

    @property
    def chosen_model(self) -> Model:
        """The model of the grid's rows."""
        default = next((offer.model for offer in self.offers if offer.default), self.offers[0].model)
        return next((offer.model for offer in self.offers if offer.model.id == self.model), default)

    @property
    def rows(self) -> list[RowDraft]:
        """All rows, at most one more than a batch may have."""
        if self.table:
            return self.table
        model, rows = self.chosen_model, []
        sizes = self.sizes or [str(model.sizes[0])]
        for picture in self.pictures:
            for prompt in self.prompts:
                for size in sizes:
                    raw: dict[str, Any] = {"image_id": picture, "prompt": prompt, "model": model.id, "size": size}
                    if self.seconds in model.seconds:
                        raw["seconds"] = self.seconds
                    rows.append(RowDraft(raw, cell=(picture, prompt, size)))
        return rows

    def key(self, number: int, row: RowDraft) -> Any:
        """By what a row is known that was left out."""
        return row.cell or number

    def is_on(self, number: int, row: RowDraft) -> bool:
        """Whether the row is to be made."""
        return not row.errors and self.key(number, row) not in self.off

    def switch(self, number: int) -> None:
        """Leave a row out, or take it in again."""
        rows = self.rows
        if 0 <= number < len(rows) and not rows[number].errors:
            self.off ^= {self.key(number, rows[number])}
            self.changed.emit()

    @property
    def wanted(self) -> list[dict[str, Any]]:
        """The rows that are to be made."""
        return [row.raw for n, row in enumerate(self.rows) if self.is_on(n, row)]

    def cost(self, raw: dict[str, Any]) -> int:
        """Credits of a row."""
        models = {offer.model.id: offer.model for offer in self.offers}
        model = models.get(raw.get("model") or "", self.chosen_model)
        try:
            seconds, _size = model.choose(raw.get("seconds"), None)
        except AdsVideoError:
            seconds = model.seconds[0]
        return model.price(seconds)

    @property
    def too_many(self) -> int:
        """How many more rows are wanted than a batch may have."""
        return max(len(self.wanted) - settings().batch_max_rows, 0)


def ratio(raw: dict[str, Any]) -> str:
    """`9:16`, or nothing where the model's usual size is taken."""
    try:
        return Size.parse(str(raw.get("size") or "")).ratio
    except AdsVideoError:
        return str(raw.get("size") or "")
