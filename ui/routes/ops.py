"""Health: is the process up, is everything it needs there, and how is it doing."""

import asyncio
import ipaddress
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from nicegui import Client
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text

from core.database.session import reading
from core.ops import metrics as ops_metrics
from core.redis import queue
from core.redis.client import redis
from core.settings import settings
from core.storage import store

from ..session import address

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
PATIENCE = 3.0
OF_PROXIES = re.compile(r"forwarded|x-forwarded-.+|x-real-ip|via")
"""Headers that only a proxy adds."""


def _is_this_machine(request: Request) -> bool:
    """Whether a client on loopback asks by itself. What a proxy says of its client proves nothing: anybody may have
    written it, where FORWARDED_ALLOW_IPS believes all."""
    if any(OF_PROXIES.fullmatch(name) for name in request.headers):
        return False
    try:
        client = ipaddress.ip_address(address(request))
    except ValueError:
        return False
    return (getattr(client, "ipv4_mapped", None) or client).is_loopback


def _has_token(request: Request) -> bool:
    token = settings().metrics_token
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if not token or scheme.lower() != "bearer":
        return False
    return secrets.compare_digest(sent.encode(), token.get_secret_value().encode())


async def inside_only(request: Request) -> None:
    """For this machine and whoever has METRICS_TOKEN. Others get what an unknown address gives."""
    if not _is_this_machine(request) and not _has_token(request):
        raise HTTPException(404)


INSIDE = [Depends(inside_only)]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is up."""
    return {"status": "ok"}


async def _database() -> bool:
    async with reading() as db:
        return (await (await db.connection()).execute(text("SELECT 1"))).scalar() == 1


async def _redis() -> bool:
    return bool(await (await redis()).ping())


async def _worker() -> bool:
    return await queue.has_worker()


async def _storage() -> bool:
    if trouble := await store.absence():
        log.warning("not ready: storage: %s", trouble)
    return not trouble


async def _holds(name: str, check: Callable[[], Awaitable[bool]]) -> bool:
    """Run a check within PATIENCE seconds. The reason of a failure goes to the log only: callers are anonymous."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except Exception as error:
        log.warning("not ready: %s: %s", name, error or type(error).__name__)
        return False


@router.get("/readyz", dependencies=INSIDE)
async def readyz() -> JSONResponse:
    """Whether database, Redis, storage and a worker are there; 503 if one is not."""
    checks = {"database": _database, "redis": _redis, "storage": _storage, "worker": _worker}
    results = await asyncio.gather(*(_holds(name, check) for name, check in checks.items()))
    parts = {name: "ok" if good else "down" for name, good in zip(checks, results, strict=True)}
    return JSONResponse({"status": "ok" if all(results) else "down", **parts}, status_code=200 if all(results) else 503)


class _Collected(Collector):
    """Passes collected metrics to the registry."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


@router.get("/metrics", dependencies=INSIDE)
async def prometheus() -> Response:
    """For Prometheus: the jobs of all, and this process's own memory, CPU and connected pages."""
    async with reading() as db:
        metrics = await ops_metrics.collect(db)
    pages = GaugeMetricFamily("adsvideo_connected_pages", "Pages that are connected to this web process.")
    pages.add_metric([], sum(client.has_socket_connection for client in Client.instances.values()))
    registry = CollectorRegistry()
    registry.register(_Collected([*metrics, pages]))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
