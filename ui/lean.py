"""What our pages load of NiceGUI: a third of it, made by static/nicegui/make.py.

Rests on NiceGUI's internals, as compat.py does; tests/ui/test_lean.py says what has to be made anew, and when.
"""

import logging
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from nicegui import Client, ui
from nicegui.client import templates
from nicegui.outbox import Outbox
from nicegui.version import __version__ as nicegui_version

log = logging.getLogger(__name__)

LEAN = {"q-layout", "q-page-container", "q-page", "q-dialog", "q-menu", "q-toggle", "nicegui-dialog", "nicegui-timer"}
"""NiceGUI's elements that static/nicegui/runtime.js draws."""
LEAN_PAGES = {
    *("/", "/account", "/admin", "/ads", "/ads/{ad_id:int}", "/batch", "/batch/{batch_id:int}", "/docs", "/docs/v1"),
    *("/gallery", "/library", "/login", "/pricing", "/pricing/paid", "/v/{slug}"),
    *("/videos/{video_id:int}", "/videos/{video_id:int}/edit"),
}
"""Those that we have looked at with the lean files. Any other, and one that begins with another element, gets all."""
LANGUAGES = {"en-US", "zh-CN"}
_STATIC = '"{{ prefix | safe }}/_nicegui/{{version}}/static'


def _is_drawn(element: ui.element) -> bool:
    """Whether the browser itself, our script or the lean runtime draws it."""
    return element.tag in LEAN or not element.tag.startswith(("q-", "nicegui-"))


def is_lean(page: Client) -> bool:
    """Whether a page that has been built needs no more than the lean files."""
    speaks = (page.page.resolve_language() or "en-US") in LANGUAGES
    return page.page.path in LEAN_PAGES and speaks and all(map(_is_drawn, page.elements.values()))


def made_of(script: Path) -> str:
    """The version of NiceGUI that make.py has made the lean files of."""
    with script.open() as opened:
        return opened.read(100).partition("NiceGUI ")[2].partition(",")[0]


def serve(version: str, runtime: str, client: str, styles: str) -> None:
    """Let our pages load these in place of NiceGUI's scripts, Vue, Quasar, their styles, fonts, language and DOMPurify.

    That is 100 kB instead of 310, and a quarter of the script to be read (ui/static/nicegui/make.py). With another
    `version` of NiceGUI than they are made of, all pages load its own.
    """
    if version != nicegui_version:
        log.warning("NiceGUI is %s, so pages load all of it; of %s they load a third.", nicegui_version, version)
        return
    loader: Any = templates.env.loader
    read, build, send = loader.get_source, Client.build_response, Outbox.enqueue_update

    def get_source(environment: Any, name: str) -> tuple[str, *tuple[Any, ...]]:
        source, *rest = read(environment, name)
        return template(source, runtime, client, styles) if name == "index.html" else source, *rest

    def build_response(self: Client, request: Request, status_code: int = 200) -> Response:
        request.state.lean = is_lean(self)
        if request.state.lean:
            self.outbox._loaded_components |= {"dialog", "timer"}
            self.outbox.is_lean = True  # type: ignore[attr-defined]
        return build(self, request, status_code)

    def enqueue_update(self: Outbox, element: ui.element) -> None:
        """Say at once what would stay invisible."""
        if getattr(self, "is_lean", False) and not _is_drawn(element):
            raise RuntimeError(f"This page can't draw {element.tag}: take its path out of LEAN_PAGES (ui/lean.py).")
        send(self, element)

    loader.get_source = get_source
    Client.build_response = build_response  # type: ignore[method-assign]
    Outbox.enqueue_update = enqueue_update  # type: ignore[method-assign]


def template(source: str, runtime: str, client: str, styles: str) -> str:
    """NiceGUI's template of a page, which loads these if the request is for a lean page."""
    script = "<script defer src="
    ahead = f'<link rel="modulepreload" href="{runtime}"><link rel="preload" href="{client}" as="script">'
    for first, last, ours in (
        (f"@import url({_STATIC}/fonts.css", '/nicegui.css") layer(nicegui);', f'@import url("{styles}");'),
        ("{{ imports | safe }}", "", f'{{"vue": "{runtime}", "dompurify": "{runtime}"}}'),
        ("{% for url in js_imports_urls %}", "{% endfor %}", ahead),
        (f"{script}{_STATIC}/socket.io", "</script>", ""),
        (f"{{% if prod_js %}}\n    {script}{_STATIC}/quasar.umd", "{% endif %}", ""),
        (f"{script}{_STATIC}/nicegui.js", "</script>", f'{script}"{client}"></script>'),
        (f"{script}{_STATIC}/lang/", "</script>", ""),
        ("{{ js_imports | safe }}", "", ""),
    ):
        if source.count(first) != 1:
            raise RuntimeError(f"NiceGUI's page has changed: {first}")
        start = source.index(first)
        end = source.index(last, start + len(first)) + len(last)
        either = f"{{% if request.state.lean %}}{ours}{{% else %}}{source[start:end]}{{% endif %}}"
        source = source[:start] + either + source[end:]
    return source
