"""`/v/{slug}` for strangers: the player, its words, and the ways to show it elsewhere."""

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup

from core.database.session import reading
from core.errors import NotFound
from core.models import Video
from core.social import comments, sharing, unfold
from core.social.comments import Said
from core.social.unfold import Shared

from .. import formats, social_access
from ..addresses import origin
from ..components.video.words import caption, shown_size, title_of
from ..i18n import _, n_
from .shell import page, problem

COMMENTS = 50
PLAYER = Markup(
    '<div class="stage" data-ratio="{shape}" style="--ratio: {ratio}">'
    '<img class="stage-blur" src="{source}/small.webp" alt="" aria-hidden="true">'
    '<video class="player" src="{source}/content" poster="{source}/small.webp" aria-label="{title}" '
    "controls playsinline loop preload=\"metadata\"></video></div>"
)
BODY = Markup(
    '<div class="watch">{player}<div class="watch-head"><div><h1 class="watch-title">{title}</h1>{prompt}'
    '<p class="watch-facts">{facts}</p></div><div class="toolbar">'
    "{likes}"
    '<a class="button has-icon icon-download" href="{source}/content" download>{download}</a>'
    '<a class="button button-accent" href="/?recipe={slug}">{recipe}</a></div></div>{elsewhere}'
    '{comments}{report}</div>'
)
LIKES = Markup('<a class="button has-icon icon-heart" href="/auth/login?next=/v/{}">{}</a>')
REPORT = Markup('<p><a class="button button-quiet button-small" href="/auth/login?next=/v/{}">{}</a></p>')
ELSEWHERE = Markup(
    '<details class="watch-share"><summary class="button has-icon icon-share-2">{share}</summary>'
    '<div class="watch-ways">'
    '{link}{embed}'
    '<img class="watch-code" src="{code}" width="160" height="160" alt="{alt}" loading="lazy"></div></details>'
)
WAY = Markup(
    '<div><label for="{id}">{label}</label><div class="watch-way">'
    '<input class="input" id="{id}" readonly value="{text}">'
    '<button class="button has-icon icon-copy" type="button" data-copy data-copied="{copied}" aria-controls="{id}">'
    "{copy}</button></div></div>"
)
FIND = Markup(
    '<link rel="alternate" type="application/json+oembed" href="{}/oembed?url={}&amp;format=json" title="{}">'
    '<link rel="canonical" href="{}">'
)
COMMENT = Markup('<div class="comment"><p class="comment-head"><strong>{author}</strong> <time>{ago}</time></p>'
                 '<p class="comment-text">{text}</p></div>')  # fmt: skip


async def shared_of(request: Request, slug: str) -> Shared:
    """A shared video. Raises NotFound."""
    async with reading() as db:
        return _shared(request, *await sharing.shared_by(db, slug))


def _shared(request: Request, video: Video, author: str) -> Shared:
    return Shared(video, origin(request), title_of(video), caption(video), author)


async def draw(request: Request) -> Response:
    """The page."""
    try:
        shared, said = await _read(request)
    except NotFound as error:
        return problem(request, error, _("This video is not shared, or not any more."))
    video, slug = shared.video, shared.video.slug
    body = BODY.format(
        slug=slug,
        source=f"/v/{slug}",
        player=player(video),
        title=shared.title,
        prompt=Markup('<p class="watch-prompt">{}</p>').format(video.prompt) if video.title else "",
        facts=" · ".join(filter(None, [shared.author, shared.about, formats.ago(video.created_at)])),
        likes=LIKES.format(slug, n_("{n} like", "{n} likes", video.likes)) if social_access.is_on() else "",
        download=_("Download"),
        recipe=_("Use this recipe"),
        elsewhere=elsewhere(shared),
        comments=_comments(said),
        report=REPORT.format(slug, _("Report")) if social_access.is_on() else "",
    )
    head = FIND.format(shared.origin, shared.url, shared.title, shared.url)
    return page(request, shared.title, body, tags=unfold.tags(shared), head=head)


def player(video: Video) -> Markup:
    """The player in the film's ratio."""
    size = shown_size(video)
    ratio = f"{size.width / size.height:.4f}"
    return PLAYER.format(shape=size.shape, ratio=ratio, source=f"/v/{video.slug}", title=title_of(video))


def elsewhere(shared: Shared) -> Markup:
    """The link, the HTML for other sites, and the link as a QR code."""
    width, height = unfold.fitting(shared, {})
    return ELSEWHERE.format(
        share=_("Share"),
        link=_way("watch-link", _("Link"), shared.url),
        embed=_way("watch-embed", _("For another site"), unfold.iframe(shared, width, height)),
        code=f"/v/{shared.video.slug}/code.svg",
        alt=_("The link as a QR code"),
    )


def _way(name: str, label: str, text: str) -> Markup:
    return WAY.format(id=name, label=label, text=text, copy=_("Copy"), copied=_("Copied"))


async def _read(request: Request) -> tuple[Shared, list[Said]]:
    """The video, and what is said of it, if strangers may read that. Raises NotFound."""
    async with reading() as db:
        video, author = await sharing.shared_by(db, request.path_params["slug"])
        said = await comments.on(db, video, None, COMMENTS) if social_access.may_read(None) else []
    return _shared(request, video, author), said


def _comments(said: list[Said]) -> Markup:
    rows = (
        COMMENT.format(
            author=one.author or _("Somebody"), ago=formats.ago(one.comment.created_at), text=one.comment.text
        )
        for one in said
    )
    title = Markup('<h2 class="details-title">{}</h2>').format(_("Comments")) if said else Markup()
    return Markup('<section class="comments">{}{}</section>').format(title, Markup().join(rows))


