"""What is sold: packs of credits and monthly plans, read from `[packs.NAME]` and `[plans.NAME]` of CATALOG_FILE."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.errors import Misconfigured
from core.settings import settings


@dataclass(frozen=True)
class Pack:
    """Credits that are bought once."""

    name: str
    label: str
    price_id: str
    credits: int


@dataclass(frozen=True)
class Plan:
    """Credits that come every month; with `priority` its people's videos start before all others."""

    name: str
    label: str
    price_id: str
    credits: int
    priority: bool = False


Ware = Pack | Plan


def is_open() -> bool:
    """Whether credits are sold here: STRIPE_SECRET_KEY is set."""
    return settings().stripe_secret_key is not None


@lru_cache
def _wares() -> tuple[dict[str, Pack], dict[str, Plan]]:
    path = settings().catalog_file
    if path is None:
        return {}, {}
    try:
        content = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"The catalogue {path} can't be read: {error}") from None
    packs = {name: _ware(Pack, name, entry) for name, entry in content.get("packs", {}).items()}
    plans = {name: _ware(Plan, name, entry) for name, entry in content.get("plans", {}).items()}
    prices = [ware.price_id for ware in (*packs.values(), *plans.values())]
    if len(prices) != len(set(prices)):
        raise Misconfigured(f"In the catalogue {path} two packs or plans have the same price_id.")
    return packs, plans


def _ware(kind: Any, name: str, entry: dict[str, Any]) -> Any:
    try:
        ware = kind(name=name, **entry)
        if not ware.label or not ware.price_id or not 0 < int(ware.credits) <= 1_000_000_000:
            raise ValueError("needs a label, a price_id and credits above 0")
    except (TypeError, ValueError) as error:
        raise Misconfigured(f"The catalogue's entry “{name}” is wrong: {error}") from None
    return ware


def packs() -> dict[str, Pack]:
    """The packs by name, in the file's order. Raises Misconfigured."""
    return _wares()[0]


def plans() -> dict[str, Plan]:
    """The plans by name, in the file's order. Raises Misconfigured."""
    return _wares()[1]


def by_price(price_id: str) -> Ware | None:
    """What is sold at that price of Stripe's; None for an unknown one. Raises Misconfigured."""
    wares: list[Ware] = [*packs().values(), *plans().values()]
    return next((ware for ware in wares if ware.price_id == price_id), None)


def forget() -> None:
    """The next look reads the file anew."""
    _wares.cache_clear()
