"""`/v1/models`, and which model serves a request."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from core.catalog import availability, entries
from core.catalog.entries import Model
from core.errors import ModelUnavailable, UnknownModel
from core.settings import settings

from ...openai_problem import Refusal
from .caller import KeyCaller
from .document import problems

router = APIRouter(tags=["models"])
USUAL = "sora-2"
"""What a request means that names no model."""
CREATED = 1764547200
"""Models have no birthday here, but programs read one."""


class ModelObject(BaseModel):
    """A model that can be used now."""

    id: str
    object: Literal["model"] = "model"
    created: int = CREATED
    owned_by: str = "adsvideo"


class ModelList(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


async def served() -> list[str]:
    """The ids that a request may name: of the models that are ready, or with a fallback of all."""
    is_ready_for_all = await _fallback() is not None
    return [offer.model.id for offer in await availability.offers() if is_ready_for_all or offer.state.name == "ready"]


async def _fallback() -> Model | None:
    """The model of FRONT_DOOR_FALLBACK, if it is ready."""
    name = settings().front_door_fallback
    try:
        return await availability.choose(name) if name else None
    except (UnknownModel, ModelUnavailable):
        return None


async def serving(name: str | None) -> Model:
    """The model that serves a request for the one of that id. Raises Refusal, naming those that are ready."""
    try:
        return await availability.choose(name or USUAL)
    except (UnknownModel, ModelUnavailable) as error:
        if model := await _fallback():
            return model
        if name is None:
            return await availability.choose(None)
        ready = ", ".join(await served())
        raise Refusal(f"{error.message} Models that are ready: {ready}.", "model_not_found", "model") from None


@router.get("/models", responses=problems(401, 429))
async def models(_caller: KeyCaller) -> ModelList:
    """The models that a video can be asked of now."""
    return ModelList(data=[ModelObject(id=name) for name in await served()])


@router.get("/models/{model_id:path}", responses=problems(401, 404, 429))
async def model(_caller: KeyCaller, model_id: str) -> ModelObject:
    """One of them."""
    if model_id not in entries.models() or model_id not in await served():
        raise Refusal(f"The model '{model_id[:100]}' does not exist or is not ready.", "model_not_found", "model", 404)
    return ModelObject(id=model_id)
