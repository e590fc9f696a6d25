"""What `main.py check` looks at besides database, queue, storage and servers: sign-in, the secret, a worker."""

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from core.redis import embedded, queue
from core.redis.client import close_redis
from core.security import secret
from core.settings import LOOPBACK, settings

PATIENCE = 10.0


class Found(NamedTuple):
    """A line of the answer."""

    name: str
    good: bool
    text: str


async def everything() -> list[Found]:
    """One line each."""
    return [await _sign_in(), _secret(), await _worker()]


async def _sign_in() -> Found:
    config = settings()
    if not config.has_provider:
        if _is_reached_from_elsewhere(config.public_url):
            return Found("sign-in", False, f"no provider, so whoever reaches {config.public_url} is an administrator")
        return Found("sign-in", True, "the local user, with a click")
    address = f"{config.oidc_issuer}/.well-known/openid-configuration"
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            issuer = (await client.get(address, follow_redirects=True)).raise_for_status().json()["issuer"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return Found("sign-in", False, f"{address} is not a provider's: {error or type(error).__name__}")
    callback = f"{config.public_url}/auth/callback" if config.public_url else "PUBLIC_URL/auth/callback"
    return Found("sign-in", True, f"{issuer}; the redirect URI to register there is {callback}")


def _is_reached_from_elsewhere(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return bool(host) and host not in LOOPBACK


def _secret() -> Found:
    if settings().storage_secret:
        return Found("secret", True, "STORAGE_SECRET")
    return Found("secret", True, f"{secret.path()}; web processes on several machines need one STORAGE_SECRET")


async def _worker() -> Found:
    """One that is not there now is no fault: the app may be stopped."""
    if embedded.is_used() and not embedded.answers():
        return Found("worker", True, "not running now")
    try:
        is_running = await queue.worker_seen()
    except Exception:
        return Found("worker", True, "not to be seen while the queue does not answer")
    finally:
        await close_redis()
    return Found("worker", True, "running" if is_running else "not running now")
