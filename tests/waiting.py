"""Waiting for something to happen, with or without an event loop."""

import asyncio
import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest


async def until(check: Callable[[], object], seconds: float = 60) -> None:
    """Wait until `check` (may be async) says yes."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        found = check()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.05)


def wait_until(check: Callable[[], object], seconds: float = 60) -> None:
    """Until `check` says yes."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def let_pass(patch: pytest.MonkeyPatch, module: ModuleType, seconds: float) -> None:
    """For this module the clocks are from now on so many seconds ahead."""
    ahead = {
        **vars(time), "monotonic": lambda: time.monotonic() + seconds, "time": lambda: time.time() + seconds,
    }  # fmt: skip
    patch.setattr(module, "time", SimpleNamespace(**ahead))
