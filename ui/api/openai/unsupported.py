"""What OpenAI's Videos API has and we have not: said as such, since a 404 would read as `there is no such video`."""

from fastapi import APIRouter

from ...openai_problem import Refusal
from .caller import KeyCaller
from .document import problems

router = APIRouter(tags=["videos"])


def _refuse(what: str, instead: str) -> Refusal:
    return Refusal(f"{what} are not supported here. {instead}", "unsupported")


@router.post("/videos/edits", status_code=400, responses=problems(400, 401, 429))
async def edits(_caller: KeyCaller) -> None:
    """Not supported: always 400."""
    raise _refuse("Edits by a prompt", "Use POST /v1/videos/{id}/remix, or POST /api/v1/edits to cut and caption.")


@router.post("/videos/extensions", status_code=400, responses=problems(400, 401, 429))
async def extensions(_caller: KeyCaller) -> None:
    """Not supported: always 400."""
    raise _refuse("Extensions", "Use POST /api/v1/edits to join clips.")


@router.post("/videos/characters", status_code=400, responses=problems(400, 401, 429))
async def characters(_caller: KeyCaller) -> None:
    """Not supported: always 400."""
    raise _refuse("Characters", "Send the picture with each request, as input_reference.")
