"""The one-off commands of main.py: key, grant, release, reconcile, check, storage move."""

import asyncio
import sys

from core.errors import Misconfigured
from core.settings import settings

MAX_GRANT = 1_000_000_000


def key(email: str) -> None:
    """Print a new API key for that user as the last line; the user is created if new."""
    from core.accounts import api_keys, users
    from core.admin import audit
    from core.database.migrate import migrate
    from core.database.session import close_database, session

    async def make() -> str:
        async with session() as db:
            user = await users.find_or_create(db, email)
            key = await api_keys.make_key(db, user, "command line")
            await audit.record(db, None, "key", user_id=user.id)
        await close_database()
        return key

    migrate()
    print(asyncio.run(make()))


def grant(email: str, amount: int) -> None:
    """Add credits, or take some with a negative number, never below zero; open pages update at once."""
    import secrets

    from core.accounts import users
    from core.admin import audit
    from core.billing import credits
    from core.database.migrate import migrate
    from core.database.session import after_commit, close_database, session
    from core.redis.client import close_redis
    from core.redis.news import News, publish

    async def give() -> int:
        reference = f"grant:{secrets.token_hex(8)}"
        async with session() as db:
            user = await users.find_or_create(db, email)
            before = user.credits
            if amount >= 0:
                await credits.move(db, user.id, amount, "grant", reference, note="Command line")
            else:
                await credits.take_at_most(db, user.id, -amount, reference, "Command line")
            after_commit(db, lambda: publish(News(user_id=user.id, status="credits")))
            balance = await credits.balance(db, user.id)
            after = {"credits": balance, "reference": reference}
            await audit.record(db, None, "credits", user_id=user.id, before={"credits": before}, after=after)
        await close_redis()
        await close_database()
        return balance

    migrate()
    print(f"{email} now has {asyncio.run(give())} credits.")


def release(issuer: str) -> bool:
    """Let the accounts of another identity provider be signed in to at the one of OIDC_ISSUER, by their e-mail."""
    from core.accounts import identities
    from core.admin import audit
    from core.database.migrate import migrate
    from core.database.session import close_database, session

    async def let_go() -> int:
        async with session() as db:
            released = await identities.release(db, issuer)
            for user_id in released:
                await audit.record(db, None, "release", user_id=user_id)
        await close_database()
        return len(released)

    migrate()
    number = asyncio.run(let_go())
    print(f"{number} accounts belonged to {issuer}; each is whose verified e-mail it has, from the next sign-in on.")
    return number > 0


def reconcile() -> None:
    """Ask Stripe for what its webhooks have not told in the last days; what is booked already stays as it is."""
    from core.billing import shop, stripe_events
    from core.database.migrate import migrate
    from core.database.session import close_database
    from core.redis.client import close_redis

    async def ask() -> int:
        try:
            return await stripe_events.reconcile()
        finally:
            await close_redis()
            await close_database()

    if not shop.is_open():
        raise Misconfigured("There is no shop here: STRIPE_SECRET_KEY is not set.")
    migrate()
    print(f"Stripe was asked about {asyncio.run(ask())} payments and plans.")


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def check() -> bool:
    """Test every configured server, bucket and key; print what is wrong; True if all is well."""
    from core.billing import checks as shop_checks
    from core.catalog import asking, availability, entries
    from core.database.migrate import migrate
    from core.ops import checks
    from core.redis import client as redis_client
    from core.redis import embedded
    from core.storage import store

    async def look() -> tuple[list[tuple[entries.Server, asking.State]], list[availability.Offer]]:
        servers = [server for server in entries.servers().values() if not server.local]
        states = await asyncio.gather(*(availability.server_state(server) for server in servers))
        return list(zip(servers, states, strict=True)), await availability.offers()

    async def ping() -> None:
        client = redis_client.client()
        try:
            await client.ping()
        finally:
            await redis_client.close(client)

    lines: list[tuple[str, bool, str]] = []
    where = settings().database_url.split("@")[-1].split("?")[0]
    try:
        migrate()
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
    trouble, where = asyncio.run(store.trouble()), str(store.place())
    lines.append(("storage", not trouble, f"{where} can't be written to: {trouble}" if trouble else where))
    lines += asyncio.run(checks.everything())
    lines += asyncio.run(shop_checks.check())
    servers, offers = asyncio.run(look())
    states = [(f"server {server.name}", state, f" ({_without_password(server.base_url)})") for server, state in servers]
    for name, state, more in [*states, *((offer.model.id, offer.state, "") for offer in offers)]:
        reason = f": {state.reason}" if state.reason else ""
        lines.append((name, not state.is_wrong, state.name.replace("_", " ") + reason + more))
    for name, good, text in lines:
        print(f"{'ok  ' if good else 'BAD '} {name:16} {text}")
    return all(good for _, good, _ in lines)


def move_storage(source: str) -> bool:
    """Move every file from another storage to STORAGE_URL's; may be interrupted and restarted.

    True if no file is missing. Raises Misconfigured if both are the same.
    """
    from core.database.session import close_database, reading
    from core.models import Audio, Picture, Video
    from core.storage import store

    async def move() -> tuple[int, int, list[str]]:
        old, new = store.place(source), store.place()
        moved, unchanged, missing = 0, 0, []
        for table in (Audio, Picture, Video):
            last = 0
            while True:
                async with reading() as db:
                    rows = await store.keys(db, table, last, 200)
                if not rows:
                    break
                last = rows[-1][0]
                for key, deleted in {key: deleted for _, key, deleted in rows if key}.items():
                    try:
                        done = await store.move(key, old, new)
                        moved, unchanged = moved + done, unchanged + (not done)
                    except FileNotFoundError:
                        if not deleted:
                            missing.append(key)
        await close_database()
        return moved, unchanged, missing

    if str(store.place(source)) == str(store.place()):
        raise Misconfigured(f"STORAGE_URL is {source} already: set it to where the files are to go.")
    moved, unchanged, missing = asyncio.run(move())
    for key in missing:
        print(f"in neither place: {key}", file=sys.stderr)
    print(f"{moved} files moved to {store.place()}, {unchanged} were there already, {len(missing)} are missing.")
    return not missing
