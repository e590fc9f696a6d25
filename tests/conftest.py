"""What every test stands on: a database of its own, a real Valkey, three people.

Alice has credits, Bob has none, Charlie owns nothing of theirs.
"""

import asyncio
import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis

from core import settings
from core.accounts import users
from core.billing import credits
from core.database.migrate import migrate
from core.database.session import close_database, session
from core.models import User
from core.processes import pool
from core.redis import embedded
from core.redis.client import close_redis
from tests.environment import OURS, forget_settings
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3Server
from workers.loops import end_all

DATABASES = ("sqlite", "postgresql")


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


@pytest.fixture(autouse=True)
def settings_are_forgotten() -> Iterator[None]:
    """What one test has set in the environment is in no cache when the next one begins."""
    yield
    forget_settings()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Path:
    """A migrated database to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    os.environ["DATABASE_URL"] = f"sqlite:///{path}"
    forget_settings()
    migrate()
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
    """A real PostgreSQL for this process, with a migrated `template` and a copy of it to work in, `adsvideo`."""
    server = PostgreSQL()
    try:
        server.sql("CREATE DATABASE template")
        os.environ["DATABASE_URL"] = server.url("template")
        forget_settings()
        migrate()
        server.sql("CREATE DATABASE adsvideo TEMPLATE template STRATEGY file_copy")
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
    parser.addoption("--database", choices=DATABASES, help="run the tests marked both_databases on this one only")
    parser.addoption("--clients", action="store_true", help="also try other makers' clients, got over the network")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `both_databases` runs on both; the rest on SQLite, which is quicker and costs no server."""
    if any("database_url" in mark.args for mark in metafunc.definition.iter_markers("parametrize")):
        return
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "database_url" in metafunc.fixturenames:
        asked = metafunc.config.getoption("database")
        metafunc.parametrize("database_url", [asked] if asked else DATABASES, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database without a row. On PostgreSQL it is the same one emptied, unless the test changes tables."""
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copy(request.getfixturevalue("template"), tmp_path / "adsvideo.db")
        yield f"sqlite:///{tmp_path}/adsvideo.db"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    if not request.node.get_closest_marker("changes_tables"):
        server.empty("adsvideo")
        yield server.url("adsvideo")
        return
    server.sql("CREATE DATABASE changed TEMPLATE template STRATEGY file_copy")
    yield server.url("changed")
    server.sql("DROP DATABASE changed WITH (FORCE)")


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
    await end_all(left)  # before Python 3.12 a page's outbox may lose a cancel, and a test that waits for it hangs
    await close_redis()
    await close_database()


@pytest.fixture(scope="session", autouse=True)
def decoders_end() -> Iterator[None]:
    """The processes that decode pictures serve every test of this process: a start takes half a second of CPU."""
    yield
    pool.close()


def pytest_collection_finish() -> None:
    """What is imported by now stays: no collection of garbage walks through it, and every simulated visit collects."""
    gc.collect()
    gc.freeze()


@pytest.fixture
async def alice(place: Path) -> User:
    """Has 100 credits."""
    async with session() as db:
        return await users.find_or_create(db, "alice@example.com", "Alice")


@pytest.fixture
async def bob(place: Path) -> User:
    """Has none."""
    async with session() as db:
        user = await users.find_or_create(db, "bob@example.com", "Bob")
        await credits.take_at_most(db, user.id, 1000, "test:bob", "broke")
        await db.refresh(user)
        return user


@pytest.fixture
async def charlie(place: Path) -> User:
    """Owns nothing of theirs."""
    async with session() as db:
        return await users.find_or_create(db, "charlie@example.com", "Charlie")
