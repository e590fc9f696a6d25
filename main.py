"""The command line: web, worker, everything in one; wires pages, routes and the live relay."""

import argparse
import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from core.errors import AdsVideoError, Misconfigured
from core.settings import ROOT, Settings, settings

if TYPE_CHECKING:
    from core.keeper import Keeper

MAX_GRANT = 1_000_000_000


# ------------------------------------------------------------------------------------------------ the web app


def run_web() -> None:
    """Serve pages and API until SIGTERM or Ctrl-C. Blocking."""
    from nicegui import app
    from nicegui import ui as nicegui_ui

    import ui.pages  # noqa: F401 - registers the pages
    from core import database, processes, queue
    from core.secret import compare, storage_secret
    from ui import api, live, routes
    from ui.session import cookie_options

    routes.register(app)
    app.mount("/api/v1", api.create())
    app.on_startup(live.start)
    app.on_startup(compare)
    app.on_startup(processes.warm_up)

    @app.on_shutdown
    async def close() -> None:
        await live.stop()
        processes.close()
        await queue.close()
        await database.close()

    known = settings()
    nicegui_ui.run(
        host=known.host,
        port=known.port,
        title="AdsVideo",
        favicon=ROOT / "ui" / "static" / "favicon.ico",
        reload=False,
        show=False,
        tailwind=False,
        gzip_middleware_factory=routes.compression,  # type: ignore[arg-type]
        storage_secret=storage_secret(),
        session_middleware_kwargs=cookie_options(),
        show_welcome_message=False,
        reconnect_timeout=30,
        timeout_graceful_shutdown=2,
        log_config=None,
    )


def _address(known: Settings) -> str:
    return known.public_url or f"http://{known.host}:{known.port}"


def _say_when_up() -> None:
    """Print the address once it answers."""
    known = settings()

    def wait() -> None:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex((known.host, known.port)) == 0:
                    ready = f"AdsVideo is ready at {_address(known)}"
                    if known.log_format == "json":
                        logging.getLogger("adsvideo").info(ready)
                    else:
                        print(f"{ready}  (Ctrl-C stops it)", flush=True)
                    return
            time.sleep(0.1)

    threading.Thread(target=wait, daemon=True).start()


# -------------------------------------------------------------------------------------------- before and after


def _refuse_nonsense() -> None:
    """Raises Misconfigured with a sentence that says what to do."""
    known = settings()
    if not known.is_loopback and not known.has_provider:
        raise Misconfigured(
            f"HOST={known.host} can be reached from other machines, and no identity provider is configured to sign "
            "people in. Set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET (and OIDC_ISSUER, if it is not Google), or "
            "HOST=127.0.0.1 to use AdsVideo on this machine alone."
        )
    if known.has_provider and not known.google_client_secret:
        raise Misconfigured("GOOGLE_CLIENT_ID is set and GOOGLE_CLIENT_SECRET is not.")
    from core import connection

    connection.place()


def _refuse_taken_port() -> None:
    known = settings()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((known.host, known.port))
        except OSError:
            raise Misconfigured(
                f"Port {known.port} is taken, perhaps by another AdsVideo. Stop that one, or set PORT."
            ) from None


def _lock(name: str) -> IO[str]:
    """Hold the lock of that part for this database, as long as this process lives. Raises Misconfigured."""
    from core import embedded

    folder = embedded.folder()
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / f"{name}.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise Misconfigured(f"AdsVideo is already running on this database: {lock.read().strip()}.") from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, {_address(settings())}")
    lock.flush()
    return lock


def _prepare() -> None:
    """The database at its newest version, and a queue that answers."""
    from core import catalog, database, embedded

    catalog.models()
    database.migrate()
    if embedded.is_used():
        embedded.ensure()


def _leave_on_sigterm() -> None:
    """SIGTERM and a closed terminal end us as Ctrl-C does: in order."""

    def leave(_signal: int, _frame: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


# ----------------------------------------------------------------------------------------------- the commands


def everything() -> None:
    """Web, worker and embedded Redis."""
    _refuse_nonsense()
    lock = _lock("app")
    _refuse_taken_port()
    _prepare()
    from core.keeper import Keeper

    _serve(Keeper(with_worker=True), if_unused=False)
    lock.close()


def web() -> None:
    """The web app alone."""
    _refuse_nonsense()
    _refuse_taken_port()
    _prepare()
    from core.keeper import Keeper

    _serve(Keeper(with_worker=False), if_unused=True)


def _serve(keeper: "Keeper", *, if_unused: bool) -> None:
    from core.telemetry import set_up_logging

    set_up_logging("web")
    _leave_on_sigterm()
    try:
        keeper.start()
        _say_when_up()
        run_web()
    except KeyboardInterrupt:
        pass
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, signal.SIG_IGN)  # a second one must not stop the stopping
        keeper.stop(if_unused=if_unused)


def worker(*, child: bool = False) -> None:
    """A worker alone."""
    from core.keeper import Keeper
    from core.processes import end_with_parent
    from core.telemetry import set_up_logging

    set_up_logging("worker")
    if child:
        end_with_parent()
    else:
        _prepare()
    from workers.main import run

    keeper = None if child else Keeper(with_worker=False)
    if keeper:
        keeper.start()
    try:
        run()
    finally:
        if keeper:
            keeper.stop(if_unused=True)


def key(email: str) -> None:
    """Print a new API key for that user as the last line, making the user if need be."""
    from core import audit, database, users

    async def make() -> str:
        async with database.session() as db:
            user = await users.find_or_create(db, email)
            made = await users.make_key(db, user, "command line")
            await audit.record(db, None, "key", user_id=user.id)
        await database.close()
        return made

    database.migrate()
    print(asyncio.run(make()))


def grant(email: str, amount: int) -> None:
    """Add credits, or take some with a negative number, never below zero; the open pages see it at once."""
    import secrets

    from core import audit, credits, database, progress, queue, users
    from core.database import after_commit
    from core.progress import News

    async def give() -> int:
        reference = f"grant:{secrets.token_hex(8)}"
        async with database.session() as db:
            user = await users.find_or_create(db, email)
            before = user.credits
            if amount >= 0:
                await credits.move(db, user.id, amount, "grant", reference, note="Command line")
            else:
                await credits.take_at_most(db, user.id, -amount, reference, "Command line")
            after_commit(db, lambda: progress.publish(News(user_id=user.id, status="credits")))
            balance = await credits.balance(db, user.id)
            after = {"credits": balance, "reference": reference}
            await audit.record(db, None, "credits", user_id=user.id, before={"credits": before}, after=after)
        await queue.close()
        await database.close()
        return balance

    database.migrate()
    print(f"{email} now has {asyncio.run(give())} credits.")


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def check() -> bool:
    """Test every configured server, bucket and key; print what is wrong; True if all is well."""
    from core import catalog, checks, connection, database, embedded, storage

    async def look() -> tuple[list[tuple[catalog.Server, catalog.State]], list[catalog.Offer]]:
        servers = [server for server in catalog.servers().values() if not server.local]
        states = await asyncio.gather(*(catalog.server_state(server) for server in servers))
        return list(zip(servers, states, strict=True)), await catalog.offers()

    async def ping() -> None:
        client = connection.client()
        try:
            await client.ping()
        finally:
            await connection.close(client)

    lines: list[tuple[str, bool, str]] = []
    where = settings().database_url.split("@")[-1].split("?")[0]
    try:
        database.migrate()
        lines.append(("database", True, where))
    except Exception as error:
        lines.append(("database", False, f"{where}: {error}"))
    try:
        if embedded.is_used():
            lines.append(("queue", True, "embedded, " + ("running" if embedded.answers() else "not running now")))
        else:
            asyncio.run(ping())
            lines.append(("queue", True, "answers"))
    except Exception as error:
        lines.append(("queue", False, f"REDIS_URL does not answer: {error}"))
    trouble, where = asyncio.run(storage.trouble()), str(storage.place())
    lines.append(("storage", not trouble, f"{where} can't be written to: {trouble}" if trouble else where))
    lines += asyncio.run(checks.everything())
    servers, offers = asyncio.run(look())
    states = [(f"server {server.name}", state, f" ({_without_password(server.base_url)})") for server, state in servers]
    for name, state, more in [*states, *((offer.model.id, offer.state, "") for offer in offers)]:
        reason = f": {state.reason}" if state.reason else ""
        usable = state.name in ("ready", "no_key", "retired")
        lines.append((name, usable, state.name.replace("_", " ") + reason + more))
    for name, good, text in lines:
        print(f"{'ok  ' if good else 'BAD '} {name:16} {text}")
    return all(good for _, good, _ in lines)


def move_storage(source: str) -> bool:
    """Bring every file from another storage to the one of STORAGE_URL; may be broken off and started again."""
    from core import database, storage
    from core.database import reading
    from core.models import Picture, Video

    async def move() -> tuple[int, int, list[str]]:
        here, there = storage.place(source), storage.place()
        moved, already, missing = 0, 0, []
        for table in (Picture, Video):
            last = 0
            while True:
                async with reading() as db:
                    found = await storage.keys(db, table, last, 200)
                if not found:
                    break
                last = found[-1][0]
                for key in {key for _, key in found if key}:
                    try:
                        done = await storage.move(key, here, there)
                        moved, already = moved + done, already + (not done)
                    except FileNotFoundError:
                        missing.append(key)
        await database.close()
        return moved, already, missing

    if str(storage.place(source)) == str(storage.place()):
        raise Misconfigured(f"STORAGE_URL is {source} already: set it to where the files are to go.")
    moved, already, missing = asyncio.run(move())
    for key in missing:
        print(f"in neither place: {key}", file=sys.stderr)
    print(f"{moved} files moved to {storage.place()}, {already} were there already, {len(missing)} are missing.")
    return not missing


def cleanup(*, dry: bool) -> None:
    """Remove what is past its retention and what nobody knows, or only say what that would be."""
    from core import database, queue
    from workers import cleanup as cleaning

    async def clean() -> int:
        try:
            return await cleaning.run(print, dry=dry)
        finally:
            await queue.close()
            await database.close()

    database.migrate()
    number = asyncio.run(clean())
    print(f"{number} videos and files {'would be' if dry else 'are'} removed.")


def _amount(text: str) -> int:
    amount = int(text)
    if abs(amount) > MAX_GRANT:
        raise argparse.ArgumentTypeError(f"at most {MAX_GRANT} at once")
    return amount


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="main.py", description="AdsVideo. Without a command everything is started.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("web", help="the web app alone")
    working = commands.add_parser("worker", help="a worker alone")
    working.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("key", help="print a new API key for a user").add_argument("email")
    granting = commands.add_parser("grant", help="add credits to a user (a negative number takes some)")
    granting.add_argument("email")
    granting.add_argument("credits", type=_amount)
    storing = commands.add_parser("storage", help="move the stored files").add_subparsers(dest="what", required=True)
    moving = storing.add_parser("move", help="from another folder or s3://bucket to STORAGE_URL")
    moving.add_argument("source", help="where they are now, as STORAGE_URL named it")
    cleaning = commands.add_parser("cleanup", help="remove what is past its retention, and files that nobody knows")
    cleaning.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    commands.add_parser("check", help="test every configured server and key")
    return parser.parse_args()


def main() -> int:
    """Run the command; the exit status."""
    # NiceGUI takes a process with this variable for a test of its own; whoever starts us from a test wants the real app
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    asked = _arguments()
    commands: dict[str | None, Any] = {
        None: everything,
        "web": web,
        "worker": lambda: worker(child=asked.child),
        "key": lambda: key(asked.email),
        "grant": lambda: grant(asked.email, asked.credits),
        "storage": lambda: move_storage(asked.source),
        "cleanup": lambda: cleanup(dry=asked.dry_run),
        "check": check,
    }
    try:
        return 1 if commands[asked.command]() is False else 0
    except AdsVideoError as error:
        print(error.message, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    if "NICEGUI_USER_SIMULATION" in os.environ:
        run_web()
    else:
        sys.exit(main())
