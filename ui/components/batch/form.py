"""What a batch is made of: pictures, prompts and formats, or a table."""

import json
from typing import Any

from nicegui import events

from core.models import User

from ... import formats
from ...i18n import _
from ...kit.choices import Choices, option
from ...kit.elements import Tag, button, link
from ...kit.form import choice
from ...kit.text_area import TextArea
from ..pictures.strip import PictureStrip
from ..video.words import localized
from .draft import BatchDraft, RowDraft

MOST_PICTURES = 50
MAX_TYPED = 20_000


class BatchForm(Tag):
    """What is chosen goes into the draft; a table counts instead of it, until it is taken away."""

    def __init__(self, user: User, draft: BatchDraft) -> None:
        super().__init__("div", "ad-form")
        self._draft = draft
        with self:
            with Tag("section", "ad-step"):
                Tag("h2", "ad-step-title", _("1. Pictures"))
                self.strip = PictureStrip(user, MOST_PICTURES, self._pictures)
            with Tag("section", "ad-step"):
                Tag("h2", "ad-step-title", _("2. Prompts"))
                with Tag("div", "batch-typed"):
                    TextArea(
                        "",
                        self._prompts,
                        label=_("Prompts"),
                        max_length=MAX_TYPED,
                        rows=5,
                        placeholder=_("One prompt a line"),
                    ).mark("batch-prompts")
            with Tag("section", "ad-step"):
                Tag("h2", "ad-step-title", _("3. Formats"))
                self._ratios = Choices("segments", "aria-pressed", self._switch, role="group", aria_label=_("Formats"))
                self._ratios.mark("batch-formats")
                with Tag("div", "form-pair"):
                    ready = [offer.model for offer in draft.offers if offer.state.name == "ready"]
                    line = choice(_("Model"), {one.id: localized(one.label) for one in ready}, draft.chosen_model.id)
                    line.on("input", self._model, js_handler="(e) => emit(e.target.value)")
                    self._length = Tag("div")
            with Tag("section", "ad-step"):
                Tag("h2", "ad-step-title", _("Or a table"))
                with Tag("div", "ad-actions"):
                    self._csv = Tag("label", "button has-icon icon-upload", _("Choose a CSV file"))
                    self._csv.put("data_csv", "/api/v1/batches/check")
                    with self._csv:
                        file = Tag("input", "sr-only", type="file", accept=".csv,text/csv", aria_label=_("CSV file"))
                    file.mark("batch-csv").on("checked", self._checked, ["detail"])
                    file.on("refused", self._refused, ["detail"])
                    link(_("Template"), "/api/v1/batches/template.csv", symbol="download", look="small", download="")
                    self._clear = button(_("Take the table away"), self._forget, symbol="x", look="small")
                note = _(
                    "Pictures by the names of the files you have added, by our pictures’ names, or by web address."
                )
                Tag("p", "page-note", note)
                self._problem = Tag("p", "problem", role="alert", hidden=True)
        draft.changed.subscribe(self._draw)

    def _pictures(self) -> None:
        names = {number: name for name, number in self.strip.names.items()}
        self._draft.update(pictures=list(self.strip.chosen), names=names)

    def _prompts(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        self._draft.update(prompts=list(dict.fromkeys(lines)))

    def _switch(self, size: str) -> None:
        sizes = [str(one) for one in self._draft.chosen_model.sizes]
        now = self._draft.sizes or sizes[:1]
        self._draft.update(sizes=[one for one in sizes if (one in now) != (one == size)] or [size])

    def _model(self, event: events.GenericEventArguments) -> None:
        self._draft.update(model=str(event.args), sizes=[], seconds=0)

    def _seconds(self, event: events.GenericEventArguments) -> None:
        text = str(event.args)
        self._draft.update(seconds=int(text) if text.isdigit() else 0)

    def _checked(self, event: events.GenericEventArguments) -> None:
        """A table was understood; whatever comes from the browser is checked anew before it is paid."""
        detail = event.args.get("detail") if isinstance(event.args, dict) else None
        rows = detail.get("rows") if isinstance(detail, dict) else None
        if not isinstance(rows, list):
            return
        self._complain(_unknown(detail))
        table = [_row(one) for one in rows[:1000] if isinstance(one, dict)]
        self._draft.update(table=table, off=set())

    def _refused(self, event: events.GenericEventArguments) -> None:
        detail = event.args.get("detail") if isinstance(event.args, dict) else None
        message = str(detail.get("message", ""))[:500] if isinstance(detail, dict) else ""
        self._complain(message or _("The file could not be read. Please check the connection and try again."))

    def _forget(self) -> None:
        self._complain("")
        self._draft.update(table=[], off=set())

    def _complain(self, sentence: str) -> None:
        self._problem.text = sentence
        self._problem.put("hidden", not sentence)

    def _draw(self) -> None:
        model = self._draft.chosen_model
        words = {str(size): _format(str(size), size.ratio) for size in model.sizes}
        self._ratios.show({size: option("segment", size, word) for size, word in words.items()})
        self._ratios.mark_chosen(*(self._draft.sizes or [str(model.sizes[0])]))
        names = {str(n): formats.seconds(n) for n in model.seconds}
        self._length.clear()
        with self._length:
            line = choice(_("Length"), names, str(self._draft.seconds or model.seconds[0]))
            line.on("input", self._seconds, js_handler="(e) => emit(e.target.value)")
        self._clear.put("hidden", not self._draft.table)
        self._csv.put("data_pictures", json.dumps(self.strip.names))


def _format(size: str, ratio: str) -> str:
    return f"{ratio} · {min(map(int, size.split('x')))}p"


def _unknown(detail: Any) -> str:
    columns = detail.get("unknown_columns") if isinstance(detail, dict) else None
    names = ", ".join(str(one)[:40] for one in columns[:5]) if isinstance(columns, list) else ""
    return _("These columns are not used: {names}", names=names) if names else ""


def _row(one: dict[str, Any]) -> RowDraft:
    raw, errors = one.get("row"), one.get("errors")
    return RowDraft(
        raw if isinstance(raw, dict) else {},
        [str(error)[:300] for error in errors[:5]] if isinstance(errors, list) else [],
    )
