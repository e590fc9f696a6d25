"""Placeholders until a page's script has run, with the same classes, so that nothing jumps."""

_CARDS = f'<div class="bone-cards">{"<i class=bone></i>" * 8}</div>'
_TITLE = '<div class="page-head"><i class="bone bone-title"></i></div>'
_BOOT = '<div id="boot" aria-hidden="true"><div class="header"></div><div class="page">{}</div></div>'
BONES = {
    "": _BOOT.format(""),
    "studio": _BOOT.format(
        '<div class="studio"><div class="form"><i class="bone bone-title"></i><i class="bone preview"></i>'
        '<i class="bone bone-strip"></i><i class="bone bone-prompt"></i><i class="bone bone-line"></i></div>'
        '<div class="panel"><i class="bone stage"></i></div></div>'
    ),
    "library": _BOOT.format(f'{_TITLE}<div class="filter"><i class="bone bone-filter"></i></div>{_CARDS}'),
    "video": _BOOT.format(
        '<div class="video-page"><div class="panel"><i class="bone stage"></i></div>'
        '<div class="details"><i class="bone bone-prompt"></i><i class="bone bone-prompt"></i></div></div>'
    ),
    "gallery": _BOOT.format(_TITLE + _CARDS),
}
