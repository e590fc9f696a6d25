"""The checks of `main.py check` for sign-in, secret, worker and libraries; the others are in core/commands.py."""

from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from core.ops import floors
from core.redis import embedded, queue
from core.redis.client import close_redis
from core.security import secret
from core.settings import is_loopback, settings

PATIENCE = 10.0


class CheckResult(NamedTuple):
    """A line of the report."""

    name: str
    good: bool
    text: str


async def everything() -> list[CheckResult]:
    """Run all checks of this file."""
    return [await _sign_in(), _secret(), await _worker(), _libraries()]


async def _sign_in() -> CheckResult:
    config = settings()
    if not config.has_provider:
        if _is_reached_from_elsewhere(config.public_url):
            return CheckResult(
                "sign-in", False, f"no provider, so whoever reaches {config.public_url} is an administrator"
            )
        return CheckResult("sign-in", True, "the local user, with a click")
    address = f"{config.oidc_issuer}/.well-known/openid-configuration"
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            issuer = (await client.get(address, follow_redirects=True)).raise_for_status().json()["issuer"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return CheckResult("sign-in", False, f"{address} is not a provider's: {error or type(error).__name__}")
    callback = f"{config.public_url}/auth/callback" if config.public_url else "PUBLIC_URL/auth/callback"
    return CheckResult("sign-in", True, f"{issuer}; the redirect URI to register there is {callback}")


def _is_reached_from_elsewhere(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return bool(host) and not is_loopback(host)


def _secret() -> CheckResult:
    if settings().storage_secret:
        return CheckResult("secret", True, "STORAGE_SECRET")
    return CheckResult("secret", True, f"{secret.path()}; web processes on several machines need one STORAGE_SECRET")


async def _worker() -> CheckResult:
    """A missing worker is no error: the app may be stopped."""
    if embedded.is_used() and not embedded.answers():
        return CheckResult("worker", True, "not running now")
    try:
        is_running = await queue.has_worker()
    except Exception:
        return CheckResult("worker", True, "not to be seen while the queue does not answer")
    finally:
        await close_redis()
    return CheckResult("worker", True, "running" if is_running else "not running now")


def _libraries() -> CheckResult:
    if below := floors.below():
        return CheckResult("libraries", False, f"older than they must be: {', '.join(below)}; run uv sync --locked")
    return CheckResult("libraries", True, "none is below its floor")
