"""The web app: pages, routes, middleware and the relay of news, put together."""

from core.settings import ROOT, settings


def run_web() -> None:
    """Serve pages and API until SIGTERM or Ctrl-C. Blocking."""
    from nicegui import app
    from nicegui import ui as nicegui_ui

    import ui.pages  # noqa: F401 - registers the pages
    from core.accounts import identities
    from core.database.session import close_database
    from core.ops.startup import end_loading
    from core.processes import pool
    from core.redis.client import close_redis
    from core.security.secret import compare, storage_secret
    from ui import api, compat, live, middleware, routes, sockets
    from ui.api import openai
    from ui.mcp import door
    from ui.plain.door import Door

    from .middleware.compression import Compression
    from .session import cookie_options

    routes.register(app)
    mcp = door.Room()
    door.install(app.add_middleware, mcp)
    middleware.install(app, Door)
    app.mount("/api/v1", api.create())
    app.mount("/v1", openai.create())
    compat.guard_sockets(sockets.Rules())
    app.on_startup(live.start)
    app.on_startup(compare)
    app.on_startup(identities.compare)
    app.on_startup(pool.warm_up)

    @app.on_startup
    async def load() -> None:
        try:
            if settings().mcp == "on":
                await mcp.open()
        finally:
            end_loading()

    @app.on_shutdown
    async def close() -> None:
        await mcp.close()
        await live.stop()
        pool.close()
        await close_redis()
        await close_database()

    config = settings()
    nicegui_ui.run(
        host=config.host,
        port=config.port,
        title="AdsVideo",
        favicon=ROOT / "ui" / "static" / "favicon.ico",
        reload=False,
        show=False,
        tailwind=False,
        gzip_middleware_factory=Compression,  # type: ignore[arg-type]
        storage_secret=storage_secret(),
        session_middleware_kwargs=cookie_options(),
        show_welcome_message=False,
        reconnect_timeout=30,
        ws_per_message_deflate=False,  # it keeps 180 kB for each open page; a page's news are small
        timeout_graceful_shutdown=2,
        log_config=None,
    )
