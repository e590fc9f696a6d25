"""The command line: starts the web app, the worker or both, or runs a command."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from core.commands import MAX_GRANT, check, grant, key, move_storage, reconcile, release
from core.errors import AdsVideoError
from core.ops import proxies
from core.ops.startup import (
    address,
    begin_loading,
    check_port,
    check_settings,
    import_without,
    prepare,
    set_umask,
    take_lock,
)
from core.processes.forked import begin_server
from core.settings import settings
from ui.app import run_web

if TYPE_CHECKING:
    from core.ops.supervisor import Supervisor


def _say_when_up() -> None:
    """Print the address once the web server answers."""
    config = settings()

    def wait() -> None:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection((config.host, config.port)):
                ready = f"AdsVideo is ready at {address(config)}"
                if config.log_format == "json":
                    logging.getLogger("adsvideo").info(ready)
                else:
                    print(f"{ready}  (Ctrl-C stops it)", flush=True)
                return
            time.sleep(0.1)

    threading.Thread(target=wait, daemon=True).start()


def _leave_on_sigterm() -> None:
    """Exit in order on SIGTERM and when the terminal closes, as on Ctrl-C."""

    def leave(_signal: int, _frame: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


def everything() -> None:
    """Run web, worker and embedded Redis."""
    begin_loading()
    check_settings()
    import workers.main  # noqa: F401 - nine tenths of it is what the web app loads too: from here on they share it

    begin_server()
    lock = take_lock("app")
    check_port()
    prepare()
    from core.ops.supervisor import Supervisor

    _serve(Supervisor(_child), if_unused=False)
    lock.close()


def web() -> None:
    """Run the web app alone."""
    begin_loading()
    check_settings()
    check_port()
    prepare()
    from core.ops.supervisor import Supervisor

    _serve(Supervisor(), if_unused=True)


def _serve(supervisor: "Supervisor", *, if_unused: bool) -> None:
    from core.ops.logs import set_up_logging

    set_up_logging("web")
    _leave_on_sigterm()
    try:
        supervisor.start()
        _say_when_up()
        import_without("socketio", "aiohttp", "requests", "valkey")  # for its clients, and a broker
        run_web()
    except KeyboardInterrupt:
        pass
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, signal.SIG_IGN)  # a second one must not stop the stopping
        supervisor.stop(if_unused=if_unused)


def worker(*, child: bool = False) -> None:
    """Run a worker alone."""
    begin_loading()
    from core.ops.logs import set_up_logging
    from core.ops.supervisor import Supervisor
    from core.processes.parent import end_with_parent

    set_up_logging("worker")
    if child:
        end_with_parent()
    else:
        prepare()
    from workers.main import run

    supervisor = None if child else Supervisor()
    if supervisor:
        supervisor.start()
    try:
        run()
    finally:
        if supervisor:
            supervisor.stop(if_unused=True)


def _child() -> None:
    """Run a worker that ends with the web app."""
    worker(child=True)


def mcp(email: str) -> None:
    """Serve an assistant over stdin and stdout; the app runs beside it."""
    from core.database.migrate import migrate
    from core.ops.logs import set_up_logging
    from ui.mcp.stdio import serve

    set_up_logging("mcp")
    migrate()
    asyncio.run(serve(email))


def cleanup(*, dry: bool) -> None:
    """Remove videos past their retention and files without a row; with `dry` only print them."""
    from core.database.migrate import migrate
    from core.database.session import close_database
    from core.redis.client import close_redis
    from workers.cron import cleanup as cleaning

    async def clean() -> int:
        try:
            return await cleaning.run(print, dry=dry)
        finally:
            await close_redis()
            await close_database()

    migrate()
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
    releasing = commands.add_parser("release", help="let the accounts of another identity provider be signed in to")
    releasing.add_argument("issuer", help="the OIDC_ISSUER that they belong to")
    commands.add_parser("reconcile", help="ask Stripe for payments that its webhooks have not told")
    storing = commands.add_parser("storage", help="move the stored files").add_subparsers(dest="what", required=True)
    moving = storing.add_parser("move", help="from another folder or s3://bucket to STORAGE_URL")
    moving.add_argument("source", help="where they are now, as STORAGE_URL named it")
    cleaning = commands.add_parser("cleanup", help="remove what is past its retention, and files that nobody knows")
    cleaning.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    assisting = commands.add_parser("mcp", help="serve an assistant over stdin and stdout, beside the running app")
    assisting.add_argument("email", nargs="?", default="", help="whose videos (default: the local user's)")
    commands.add_parser("check", help="test every configured server and key")
    return parser.parse_args()


def main() -> int:
    """Run the command; the exit status."""
    set_umask()
    # NiceGUI takes a process with this variable for a test of its own; whoever starts us from a test wants the real app
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    arguments = _arguments()
    commands: dict[str | None, Any] = {
        None: everything,
        "web": web,
        "worker": lambda: worker(child=arguments.child),
        "key": lambda: key(arguments.email),
        "grant": lambda: grant(arguments.email, arguments.credits),
        "reconcile": reconcile,
        "release": lambda: release(arguments.issuer),
        "storage": lambda: move_storage(arguments.source),
        "cleanup": lambda: cleanup(dry=arguments.dry_run),
        "mcp": lambda: mcp(arguments.email),
        "check": check,
    }
    try:
        proxies.check()
        return 1 if commands[arguments.command]() is False else 0
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
