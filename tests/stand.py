"""A shop with two packs and two plans at a local Stripe."""

from pathlib import Path

import pytest

from tests.environment import forget_settings
from tests.servers.stripe import StripeServer

PRICES = {
    "price_small": (900, "eur", False),
    "price_large": (3900, "eur", False),
    "price_yen": (1000, "jpy", False),
    "price_pro": (2900, "eur", True),
    "price_basic": (900, "eur", True),
    "price_foreign": (500, "eur", False),
}
CATALOG = """
[packs.small]
label = "100 credits"
price_id = "price_small"
credits = 100

[packs.large]
label = "500 credits"
price_id = "price_large"
credits = 500

[packs.yen]
label = "Yen pack"
price_id = "price_yen"
credits = 90

[plans.pro]
label = "Pro"
price_id = "price_pro"
credits = 300
priority = true

[plans.basic]
label = "Basic"
price_id = "price_basic"
credits = 60
"""


def variables(server: StripeServer, folder: Path) -> dict[str, str]:
    """What opens the shop at that Stripe."""
    (folder / "catalog.toml").write_text(CATALOG)
    return {
        "STRIPE_SECRET_KEY": server.key,
        "STRIPE_WEBHOOK_SECRET": server.secret,
        "STRIPE_API_BASE": server.root,
        "CATALOG_FILE": str(folder / "catalog.toml"),
    }


def open_shop(monkeypatch: pytest.MonkeyPatch, server: StripeServer, folder: Path) -> None:
    """Set what opens it for this process."""
    for name, value in variables(server, folder).items():
        monkeypatch.setenv(name, value)
    forget_settings()
