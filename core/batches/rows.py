"""The rows of a batch: each is the recipe of a video, checked together, so that all that is wrong is said at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import col, select

from core.catalog import availability, entries
from core.catalog.entries import Model
from core.catalog.size import Size
from core.database.session import reading
from core.edits.timeline import Problem, problems_of
from core.errors import AdsVideoError, BadRows, NotFound, UnknownModel
from core.ids import MAX_ID
from core.models import Picture, User
from core.phrase import Phrase
from core.pictures import presets
from core.pictures.fit import FramingIn
from core.security import outside
from core.settings import settings
from core.videos.options import Options
from core.videos.recipe import Recipe
from core.videos.request import check_prompt

Raw = Mapping[str, Any]
"""A row as a program or a table gives it."""


class RowIn(BaseModel):
    """A row, field by field: what `generate` takes. The picture is one of `image_id`, `image_url` and `preset`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image_id: Annotated[int, Field(ge=1, le=MAX_ID, strict=True)] | None = None
    image_url: str | None = Field(None, max_length=2000)
    preset: str | None = Field(None, max_length=50)
    prompt: str = Field("", max_length=20_000)
    model: str | None = Field(None, max_length=100)
    seconds: Annotated[int, Field(strict=True)] | None = None
    size: str | None = Field(None, max_length=20)
    framing: FramingIn | None = None
    options: Options | None = None


NOT_YOURS = Phrase("is no picture of yours")
MOST_SAID = 200
"""So many problems are said at once."""


@dataclass(frozen=True)
class Row:
    """A row that can be made. `name` is what its picture is called, for the file's name."""

    recipe: Recipe
    model: Model
    name: str = ""

    @property
    def cost(self) -> int:
        """Credits."""
        return self.model.price(self.model.choose(self.recipe.seconds, self.recipe.size)[0])


@dataclass
class Checked:
    """What was asked for: rows that can be made, by their position, and what is wrong with the others."""

    rows: dict[int, Row] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def cost(self) -> int:
        """Credits for all that can be made."""
        return sum(row.cost for row in self.rows.values())

    def all_rows(self) -> list[Row]:
        """Every row. Raises BadRows if anything is wrong, NotFound where that is only pictures of somebody else's."""
        if self.problems:
            if all(problem.complaint == NOT_YOURS for problem in self.problems):
                where = min(self.problems, key=lambda one: int(one.path[1])).where
                raise NotFound(Phrase("{thing} ({where})", thing=Phrase("picture"), where=where))
            in_order = sorted(self.problems, key=lambda one: int(one.path[1]))
            raise BadRows([problem.phrase for problem in in_order[:MOST_SAID]])
        return [self.rows[position] for position in sorted(self.rows)]


def bad(position: int, name: str, complaint: Phrase) -> Problem:
    """What is wrong with a field of a row."""
    return Problem(("rows", position, name), complaint)


def refused(position: int, name: str, error: AdsVideoError) -> Problem:
    """The same, for an error of ours."""
    return bad(position, name, Phrase("can't be used: {reason}", reason=error.phrase))


def check_count(count: int) -> None:
    """Raises BadRows if a batch may not have so many rows."""
    limit = settings().batch_max_rows
    if not count:
        raise BadRows([Problem(("rows",), Phrase("must not be empty")).phrase])
    if count > limit:
        raise BadRows([Problem(("rows",), Phrase("may have at most {max_length} entries", max_length=limit)).phrase])


async def check(user: User, raw: Sequence[object], names: Mapping[int, str] | None = None) -> Checked:
    """Check all rows, without fetching pictures. `names` are what pictures of the user's are called, by their id.

    Asks the models' servers, so the caller must hold no session.
    """
    checked = Checked()
    offered = await _offered()
    own = await _own_pictures(user, raw)
    for position, one in enumerate(raw):
        _check_one(checked, position, one, offered, {**own, **(names or {})} if own else {})
    return checked


async def _offered() -> Mapping[str | None, Model | AdsVideoError]:
    """Every model by its id, or why it can't be used; the default under None."""
    models: dict[str | None, Model | AdsVideoError] = {}
    for model_id in (None, *entries.models()):
        try:
            models[model_id] = await availability.choose(model_id)
        except AdsVideoError as error:
            models[model_id] = error
    return models


async def _own_pictures(user: User, raw: Sequence[object]) -> dict[int, str]:
    """Those of the pictures named that are the user's, with a name each."""
    ids = {one.get("image_id") for one in raw if isinstance(one, Mapping)}
    wanted = {number for number in ids if isinstance(number, int) and 0 < number <= MAX_ID}
    mine = (col(Picture.id).in_(wanted), col(Picture.user_id) == user.id, col(Picture.deleted_at).is_(None))
    async with reading() as db:
        rows = await db.exec(select(Picture.id, Picture.preset).where(*mine))
    return {number: preset or f"picture-{number}" for number, preset in rows}


def _check_one(
    checked: Checked,
    position: int,
    raw: object,
    offered: Mapping[str | None, Model | AdsVideoError],
    own: dict[int, str],
) -> None:
    problems: list[Problem] = []
    try:
        row = RowIn.model_validate(raw)
    except ValidationError as error:
        found = (Problem(("rows", position, *problem.path), problem.complaint) for problem in problems_of(error))
        checked.problems += list(found)
        return
    picture_name = _check_picture(problems, position, row, own)
    try:
        check_prompt(row.prompt)
    except AdsVideoError as error:
        problems.append(refused(position, "prompt", error))
    model = offered.get(row.model, UnknownModel(row.model or ""))
    size: Size | None = None
    try:
        size = Size.parse(row.size) if row.size is not None else None
    except AdsVideoError as error:
        problems.append(refused(position, "size", error))
    if isinstance(model, AdsVideoError):
        problems.append(refused(position, "model", model))
    elif not problems:
        _check_offer(problems, position, row, model, size)
    if problems or isinstance(model, AdsVideoError):
        checked.problems += problems
        return
    recipe = Recipe(
        picture_id=row.image_id,
        picture_url=row.image_url or "",
        preset=row.preset or "",
        prompt=row.prompt,
        model=model.id,
        seconds=row.seconds,
        size=size,
        framing=row.framing,
        options=row.options,
    )
    checked.rows[position] = Row(recipe, model, picture_name)


def _check_offer(problems: list[Problem], position: int, row: RowIn, model: Model, size: Size | None) -> None:
    for name, asked in (("seconds", (row.seconds, None)), ("size", (None, size))):
        try:
            model.choose(*asked)
        except AdsVideoError as error:
            problems.append(refused(position, name, error))


def _check_picture(problems: list[Problem], position: int, row: RowIn, own: dict[int, str]) -> str:
    """What the row's picture is called."""
    given = [name for name in ("image_id", "image_url", "preset") if getattr(row, name) not in (None, "")]
    if not given:
        problems.append(bad(position, "image_id", Phrase("is missing")))
    elif len(given) > 1:
        problems.append(bad(position, given[1], Phrase("can't be given together with `{name}`", name=given[0])))
    elif row.image_id and row.image_id not in own:
        problems.append(bad(position, "image_id", NOT_YOURS))
    elif row.preset and row.preset not in {preset.name for preset in presets.presets()}:
        problems.append(bad(position, "preset", Phrase("is no picture of ours")))
    elif row.image_url:
        try:
            return outside.parse(row.image_url).path.rpartition("/")[2].rpartition(".")[0]
        except AdsVideoError as error:
            problems.append(refused(position, "image_url", error))
    return row.preset or own.get(row.image_id or 0, "")
