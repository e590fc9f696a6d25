"""Many spenders on one user's row: is anything lost, and what does a whole charge cost?

    uv run bench/credits.py                     both databases, under two minutes
    uv run bench/credits.py --only postgresql --seconds 5

8 processes x 16 spenders each pay for videos of one user, on SQLite and on a real PostgreSQL, beside

  core    the same three statements (conditional UPDATE, ledger row, video row) in plain SQLAlchemy core, and
  naive   read the balance, subtract, write it back: what is lost without the rule that the database decides.

Rounds are interleaved in one run, so that the ratios hold on a busy machine too. PostgreSQL runs with
`synchronous_commit=off`, as safe as our SQLite (`synchronous=NORMAL`): a power cut may take the last moment with it.
With it on, one row is paid from no more often than the disk can sync, whoever writes the statements.

At the end a storm of webhooks: 500 objects of Stripe's, each told three times, in any order (bench/stripe_storm.py).
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import func, insert, update
from sqlmodel import col, select

from bench.stripe_storm import storm
from core.accounts import users
from core.billing import credits
from core.billing.paying import paying
from core.catalog import entries
from core.database.migrate import migrate
from core.database.session import close_database, engines, reading, session
from core.errors import EngineError, NotEnoughCredits
from core.models import LedgerEntry, Picture, User, Video, now
from core.processes.pool import close as close_pool
from core.videos import states
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.servers.postgresql import PostgreSQL

PROCESSES, SPENDERS, COST = 8, 16, 10
ROUNDS = 3
TRIES = 2  # of each spender, with credits for half of them


@dataclass
class Customer:
    """Whose credits are spent, and on what picture."""

    user: User
    picture: int


# ------------------------------------------------------------------------------------------- three ways to charge


async def ours(customer: Customer, number: str) -> bool:
    """What a click does in the database: the transaction of `videos.ask`, without its news and its queue job."""
    try:
        async with paying(customer.user.id) as db:
            await request(db, customer.user, Recipe(picture_id=customer.picture, prompt=number), entries.get("camera"))
            db.info.clear()
    except NotEnoughCredits:
        return False
    return True


def _video(customer: Customer, number: str) -> dict[str, Any]:
    made = Video(
        user_id=customer.user.id,
        picture_id=customer.picture,
        prompt=number,
        model="camera",
        label="Camera",
        seconds=5,
        size="1280x720",
        framing={},
        cost_credits=COST,
    )
    return made.model_dump(exclude={"id"})


def _line(customer: Customer, video: int, balance: int) -> dict[str, Any]:
    return {
        "user_id": customer.user.id,
        "amount": -COST,
        "kind": "charge",
        "reference": f"video:{video}:charge",
        "video_id": video,
        "balance_after": balance,
        "note": "",
        "created_at": now(),
    }


async def core(customer: Customer, number: str) -> bool:
    """The same three statements as anybody would write them, on the same engine."""
    async with engines().writing.begin() as db:
        paid = update(User).where(col(User.id) == customer.user.id, col(User.credits) >= COST)
        left = (await db.execute(paid.values(credits=User.credits - COST).returning(col(User.credits)))).scalar()
        if left is None:
            return False
        video = (await db.execute(insert(Video).values(_video(customer, number)).returning(col(Video.id)))).scalar_one()
        await db.execute(insert(LedgerEntry).values(_line(customer, video, left)))
    return True


async def naive(customer: Customer, number: str) -> bool:
    """Read, think, write."""
    async with reading() as db:
        have = await credits.balance(db, customer.user.id)
    if have < COST:
        return False
    async with engines().writing.begin() as db:
        left = have - COST
        await db.execute(update(User).where(col(User.id) == customer.user.id).values(credits=left))
        video = (await db.execute(insert(Video).values(_video(customer, number)).returning(col(Video.id)))).scalar_one()
        await db.execute(insert(LedgerEntry).values(_line(customer, video, left)))
    return True


WAYS: dict[str, Callable[[Customer, str], Awaitable[bool]]] = {"ours": ours, "core": core, "naive": naive}


# --------------------------------------------------------------------------------------------- one of the processes


async def _spend(way: str, customer: Customer, tries: int, seconds: float) -> int:
    """All the spenders of this process, until `seconds` are over or each has tried `tries` times; who got through."""
    end = time.monotonic() + seconds

    async def spender(number: int) -> int:
        got = turn = 0
        while turn < tries and time.monotonic() < end:
            got += await WAYS[way](customer, f"{os.getpid()}-{number}-{turn}")
            turn += 1
        return got

    return sum(await asyncio.gather(*(spender(n) for n in range(SPENDERS))))


async def _fail_all(customer: Customer) -> int:
    """Fail every video of the customer, as every other process does at the same time; how many were ours to fail."""
    async with reading() as db:
        found = list((await db.exec(select(Video).where(Video.user_id == customer.user.id))).all())
    line = asyncio.Semaphore(SPENDERS)

    async def fail(video: Video) -> bool:
        async with line, session() as db:
            failed = await states.fail(db, video, EngineError("bench"))
            db.info.clear()
        return failed

    return sum(await asyncio.gather(*(fail(video) for video in found)))


def process(pipe: Connection, environment: dict[str, str]) -> None:
    """Does what it is told, until it is told nothing more."""
    os.environ.update(environment)

    async def run() -> None:
        while (task := await asyncio.to_thread(pipe.recv)) is not None:
            name, *rest = task
            pipe.send(await (_fail_all(*rest) if name == "fail" else _spend(name, *rest)))
        await close_database()

    asyncio.run(run())


class Processes:
    """All of them, told the same at the same time."""

    def __init__(self, environment: dict[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            ["core.videos.ask", "core.accounts.users", "core.pictures.uploads", "aiosqlite", "asyncpg"]
        )
        self._pipes = []
        self._running = []
        for _ in range(PROCESSES):
            mine, theirs = context.Pipe()
            started = context.Process(target=process, args=(theirs, environment), daemon=True)
            started.start()
            self._pipes.append(mine)
            self._running.append(started)

    def tell(self, *task: object) -> tuple[int, float]:
        """The sum of their answers, and the seconds it took."""
        started = time.monotonic()
        for pipe in self._pipes:
            pipe.send(task)
        return sum(pipe.recv() for pipe in self._pipes), time.monotonic() - started

    def end(self) -> None:
        """Send them home."""
        for pipe in self._pipes:
            pipe.send(None)
        for running in self._running:
            running.join(20)


# -------------------------------------------------------------------------------------------------- the measurement


async def _customer(name: str, amount: int) -> Customer:
    """A new user with so many credits and a picture."""
    async with session() as db:
        user = await users.find_or_create(db, f"{name}@example.com")
        await credits.move(db, user.id, amount - user.credits, "adjustment", f"bench:{name}")
        picture = Picture(user_id=user.id, sha256=name, key=name, width=1, height=1, bytes=1)
        db.add(picture)
        await db.flush()
    return Customer(user, picture.id)


async def _books(customer: Customer) -> tuple[int, int, int, int]:
    """Balance, sum of the ledger, credits charged, and the lowest balance ever."""
    async with reading() as db:
        mine = LedgerEntry.user_id == customer.user.id
        amounts = func.coalesce(func.sum(LedgerEntry.amount), 0)
        total = (await db.exec(select(amounts).where(mine))).one()
        charged = -(await db.exec(select(amounts).where(mine, LedgerEntry.kind == "charge"))).one()
        least = (await db.exec(select(func.min(LedgerEntry.balance_after)).where(mine))).one()
        return await credits.balance(db, customer.user.id), total, charged, least


def _check(what: str, good: bool, figures: str) -> bool:
    print(f"  {'ok ' if good else 'BAD'} {what:42} {figures}")
    return good


def correctness(runner: asyncio.Runner, processes: Processes) -> bool:
    """Twice as many tries as there are credits for, then every video fails, for all processes at once."""
    tries = PROCESSES * SPENDERS * TRIES
    start = tries // 2 * COST
    customer = runner.run(_customer("exact", start))
    got, _ = processes.tell("ours", customer, TRIES, 600.0)
    balance, total, charged, least = runner.run(_books(customer))
    good = [
        _check("exactly what there are credits for", got == tries // 2, f"{got} of {tries} tries, for {tries // 2}"),
        _check("nothing lost", charged == start - balance, f"{charged} charged, balance {start} -> {balance}"),
        _check("never below zero", least >= 0 and balance >= 0, f"lowest {least}"),
        _check("the ledger sums to the balance", total == balance, f"{total} = {balance}"),
    ]
    failed, _ = processes.tell("fail", customer)
    balance, total, _, _ = runner.run(_books(customer))
    once = failed == got and balance == total == start
    figures = f"{failed} of {got * PROCESSES} attempts to fail {got} videos, balance {balance} of {start}"
    good.append(_check("every failed video refunded exactly once", once, figures))

    customer = runner.run(_customer("naive", start))
    got, _ = processes.tell("naive", customer, TRIES, 600.0)
    balance, _, charged, _ = runner.run(_books(customer))
    lost = 100 * (charged - (start - balance)) / charged
    print(f"      naive: {got} of {tries} tries got through with credits for {tries // 2}; {lost:.0f} % of it was lost")
    return all(good)


def charge_rates(runner: asyncio.Runner, processes: Processes, seconds: float) -> dict[str, list[float]]:
    """Whole charges a second, each way in turn, so many rounds.

    None of them is the first: then a process still loads modules, builds statements and connects.
    """
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    first = runner.run(_customer("first", 10_000_000))
    for way in WAYS:
        processes.tell(way, first, TRIES, 600.0)
    for turn in range(ROUNDS):
        for way in WAYS:
            customer = runner.run(_customer(f"{way}-{turn}", 10_000_000))
            got, took = processes.tell(way, customer, 1_000_000, seconds)
            found[way].append(got / took)
    return found


def of_core(found: dict[str, list[float]]) -> float:
    """How many times plain core's rate ours is."""
    return statistics.median(a / b for a, b in zip(found["ours"], found["core"], strict=True))


def rates(runner: asyncio.Runner, processes: Processes, seconds: float) -> bool:
    """Print the rates of charges; whether they are what they must be."""
    found = charge_rates(runner, processes, seconds)
    middle = {way: statistics.median(each) for way, each in found.items()}
    ratio = of_core(found)
    print("      whole charges a second:", ", ".join(f"{way} {rate:.0f}" for way, rate in middle.items()))
    fast = _check("twice as fast as plain core", ratio >= 2, f"{ratio:.2f} x")
    return _check("at least 200 a second", middle["ours"] >= 200, f"{middle['ours']:.0f}") and fast


def measure(url: str, folder: Path, seconds: float) -> bool:
    """Everything on one database."""
    environment = {"DATABASE_URL": url, "STORAGE_URL": str(folder), "GENERATIONS_PER_HOUR": "1000000"}
    os.environ.update(environment)
    from core.settings import settings

    settings.cache_clear()
    migrate()
    processes = Processes(environment)
    with asyncio.Runner() as runner:
        try:
            good = [correctness(runner, processes), rates(runner, processes, seconds)]
            good.append(_check("every object of Stripe's counts once", *runner.run(storm(folder))))
        finally:
            processes.end()
            runner.run(close_database())
            close_pool()
    return all(good)


def main() -> int:
    """Print the figures; 1 if one is not what it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=float, default=1.5, help="of each round of the rates")
    asked = parser.parse_args()
    good = []
    print(f"{PROCESSES} processes x {SPENDERS} spenders on one user's row")
    with tempfile.TemporaryDirectory(prefix="adsvideo-bench-") as name:
        if asked.only != "postgresql":
            print("SQLite")
            good.append(measure(f"sqlite:///{name}/bench.db", Path(name), asked.seconds))
        if asked.only != "sqlite":
            server = PostgreSQL("max_connections=300", "shared_buffers=128MB", "synchronous_commit=off")
            try:
                print("PostgreSQL")
                good.append(measure(server.url(), Path(name), asked.seconds))
            finally:
                server.close()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
