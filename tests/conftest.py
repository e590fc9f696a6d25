"""What every test stands on: a database of its own, a real Valkey, three people.

Alice has credits, Bob has none, Charlie owns nothing of theirs.
"""

import asyncio
import io
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from arq.worker import create_worker
from PIL import Image, ImageDraw
from redis import Redis

from core import catalog, credits, database, embedded, framing, pictures, queue, settings, users, videos
from core.models import Picture, User, Video
from core.recipe import Recipe
from core.size import Size
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3Server
from workers import main as worker_main
from workers.steps import end_all

OURS = (
    *("OPENAI_", "RUNWAYML_", "DATABASE_URL", "REDIS_URL", "STORAGE_", "CATALOG_FILE", "HOST", "PORT", "PUBLIC_URL"),
    *("AWS_", "CDN_URL", "RETENTION_DAYS", "SIGNUP_CREDITS", "GENERATIONS_PER_HOUR"),
)

DATABASES = ("sqlite", "postgresql")


def forget_settings() -> None:
    """The next look at settings and catalogue reads the environment anew."""
    settings.settings.cache_clear()
    embedded._name.cache_clear()
    catalog.forget()


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """No variable and no .env of the machine the tests run on."""
    for name in list(os.environ):
        if name.startswith(OURS):
            del os.environ[name]
    # where it is set every start of the app compiles all of its libraries again: most of the time of a start
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    settings.Settings.model_config["env_file"] = None
    yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Path:
    """A migrated database to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    os.environ["DATABASE_URL"] = f"sqlite:///{path}"
    forget_settings()
    database.migrate()
    return path


@pytest.fixture(scope="session")
def redis_url(template: Path) -> Iterator[str]:
    """A real Valkey for this run."""
    embedded.ensure()
    url = embedded.redis_url()
    yield url
    os.environ["DATABASE_URL"] = f"sqlite:///{template}"
    os.environ.pop("REDIS_URL", None)
    forget_settings()
    embedded.stop()


@pytest.fixture(scope="session")
def postgresql(clean_environment: None) -> Iterator[PostgreSQL]:
    """A real PostgreSQL for this process, with a migrated database to copy."""
    server = PostgreSQL()
    try:
        server.sql("CREATE DATABASE template")
        os.environ["DATABASE_URL"] = server.url("template")
        forget_settings()
        database.migrate()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def s3_server(clean_environment: None) -> Iterator[S3Server]:
    """A real S3 server for this process."""
    server = S3Server()
    yield server
    server.close()


@pytest.fixture
def s3(s3_server: S3Server) -> S3Server:
    """Its bucket, empty."""
    s3_server.empty()
    return s3_server


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--database=sqlite` spares the other half while one works on something else."""
    parser.addoption("--database", choices=DATABASES, help="run the tests of core and workers on this database only")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Core and workers are tested on both databases; the rest, which stands on them, on SQLite."""
    if any("database_url" in mark.args for mark in metafunc.definition.iter_markers("parametrize")):
        return
    if "database_url" in metafunc.fixturenames and {"core", "workers"} & set(metafunc.definition.path.parts):
        asked = metafunc.config.getoption("database")
        metafunc.parametrize("database_url", [asked] if asked else DATABASES, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database."""
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copy(request.getfixturevalue("template"), tmp_path / "adsvideo.db")
        yield f"sqlite:///{tmp_path}/adsvideo.db"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    server.sql("CREATE DATABASE adsvideo TEMPLATE template STRATEGY file_copy")
    yield server.url("adsvideo")
    server.sql("DROP DATABASE adsvideo WITH (FORCE)")


@pytest.fixture
async def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str
) -> AsyncIterator[Path]:
    """An app's own folder: database, storage, an empty queue. Nothing is configured."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("STORAGE_URL", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", redis_url)
    with Redis.from_url(redis_url) as client:
        client.flushall()
    forget_settings()
    yield tmp_path
    # what a page left running would open the database again behind our back
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await queue.close()
    await database.close()
    pictures.close_pool()


@pytest.fixture
async def alice(place: Path) -> User:
    """Has 100 credits."""
    async with database.session() as db:
        return await users.find_or_create(db, "alice@example.com", "Alice")


@pytest.fixture
async def bob(place: Path) -> User:
    """Has none."""
    async with database.session() as db:
        user = await users.find_or_create(db, "bob@example.com", "Bob")
        await credits.take_at_most(db, user.id, 1000, "test:bob", "broke")
        await db.refresh(user)
        return user


@pytest.fixture
async def charlie(place: Path) -> User:
    """Owns nothing of theirs."""
    async with database.session() as db:
        return await users.find_or_create(db, "charlie@example.com", "Charlie")


def photo(width: int = 640, height: int = 480, kind: str = "JPEG", **options: object) -> bytes:
    """A picture with something on it, encoded."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((width // 4, height // 4, width // 2, height // 2), fill=(200, 40, 30))
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


async def picture_of(user: User, content: bytes | None = None) -> Picture:
    """A picture the user has uploaded."""
    prepared = framing.clean(content or photo())
    async with database.session() as db:
        return await pictures.accept(db, user.id, prepared)


async def ask(
    user: User,
    prompt: str = "Slow push in",
    model: str = "camera",
    *,
    seconds: int | None = None,
    size: str | None = None,
    **terms: Any,
) -> Video:
    """A video the user has asked for, whether or not its model can be used now."""
    picture, exact = await picture_of(user), Size.parse(size) if size else None
    recipe = Recipe(picture_id=picture.id, prompt=prompt, seconds=seconds, size=exact)
    async with database.session() as db:
        return await videos.request(db, user, recipe, catalog.get(model), **terms)


async def reread(video: Video) -> Video:
    """The video as the database has it now."""
    async with database.reading() as db:
        return await videos.owned(db, video.user_id, video.id)


async def balance(user: User) -> int:
    """The user's credits as the database has them now."""
    async with database.reading() as db:
        return await credits.balance(db, user.id)


async def ledger(user: User) -> list[tuple[str, int]]:
    """The user's ledger, oldest first: (kind, amount)."""
    async with database.reading() as db:
        return [(e.kind, e.amount) for e in reversed(await credits.ledger(db, user.id, None, 200))]


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


@asynccontextmanager
async def running_worker(**options: Any) -> AsyncIterator[None]:
    """A real arq worker with watcher and renders, in this process; with these settings instead of its own."""
    worker = create_worker(
        worker_main.WorkerSettings,  # type: ignore[arg-type]
        handle_signals=False,
        redis_settings=worker_main.redis_settings(),
        job_completion_wait=0,
        **options,
    )
    task = asyncio.create_task(worker.async_run())
    try:
        yield
    finally:
        await worker_main.close(worker)
        await end_all([task])
