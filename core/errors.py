"""The tree of our errors, each with a code, an HTTP status and a sentence for the user.

AdsVideoError
├── NotSignedIn            401
├── SignInRefused          403
│   ├── EmailMissing, EmailNotVerified, DomainNotAllowed, EmailTaken, Blocked
│   └── SignInFailed
├── WrongSignature         401, a webhook
│   └── UnsignedEvent          400, a webhook of Stripe
├── CrossSite              403
├── UnknownHost            421
├── NotFound               404
├── ImproveFailed          502
├── Conflict               409
├── NotEnoughCredits       402
│   └── NotEnoughForBatch, NotEnoughForAd
├── OverBudget             402, says when it refills
│   └── OverGroupBudget
├── BodyTooLarge           413
├── TooManyRequests        429, with the seconds until the next slot
│   ├── TooManyOpen, TooManyUploads, TooManyAttempts, TooManyBatches, TooManyAds, TooManyComments
│   └── TooManyFetches, TooManyStreams, TooManyWaits, TooManyFramings, TooManyImprovements, TooManyPages,
│       TooManyAtOnce
├── BadInput               422
│   ├── WrongInput             says itself what is wrong
│   ├── NoPicture, NoPrompt, PromptTooLong
│   ├── UnknownModel, ModelUnavailable, WrongOption, BadSize
│   ├── PictureError
│   │   ├── PictureTooLarge    413
│   │   ├── NotAPicture        415
│   │   │   └── ForeignPicture     says what it is: HEIC, TIFF, ...
│   │   ├── BrokenPicture, TooManyPixels, PictureTooSmall, PictureTooHeavy
│   │   └── PictureAtAddress   422, whatever is wrong with what a URL leads to
│   ├── Problems               everything that is wrong at once
│   │   └── BadEdit, BadRows, BadAd
│   ├── NotRows                a file that is no table
│   ├── NoProduct, PageTooLarge    what a product's link leads to
│   ├── BadCaptions
│   │   └── NotCaptions, SubStation, TooManyCaptions, CaptionTooLong, CaptionReversed
│   ├── AudioError
│   │   ├── AudioTooLarge      413
│   │   ├── NotAudio           415
│   │   └── BrokenAudio, AudioTooLong
│   ├── TwoPictures, BadAddress, AddressRefused, Unreached
│   └── IdempotencyConflict
├── Misconfigured          the app refuses to start or a command to run
├── NotAvailable           503
│   ├── NoAnswer               a part of ours (storage, database) does not answer
│   ├── NoRoom                 the disk is full
│   └── PaymentsAway           Stripe does not answer
└── EngineError            what a model or its server did; ends up on the video
    ├── Retryable          the same step may be tried again later
    │   ├── OverCapacity       429 / 503, with Retry-After
    │   ├── Unreachable
    │   └── NotReady           finished, but its file is not there yet
    │       └── NotHandedOut       says what the video fails with if that lasts
    ├── OutcomeUnknown     a create call broke after the bytes were sent: never sent again blindly
    └── Permanent          the video has failed
        ├── ModerationRefused
        │   └── SoundRefused           of a video that would have been all right
        ├── PictureRefused
        │   └── PersonRefused          a face can be seen
        ├── RequestRefused
        ├── NoVideosServer, NotTaken, NeverShown           it was never made, as far as anybody can tell
        ├── QuotaExhausted, WrongKey
        ├── SourceGone, EditUnreadable, EditTooHeavy       of an edit, which no model has delivered
        ├── PictureGone, PictureDamaged, PictureUnread     our own fault, before any server was asked
        ├── TimedOut, JobLost, Unplayable, TooHeavy
        ├── NoFile                 finished, and its file is never handed out
        │   └── FileForbidden, FileInCircles, FileCutOff, FileEmpty, FileUnreached
        └── ProviderFailed
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from core.phrase import Phrase

MAX_DETAIL = 200


def clean(text: object) -> str:
    """A provider's text made safe to show: one line without markup, keys and request ids, at most 200 characters."""
    line = re.sub(r"<[^>]*>", " ", str(text or ""))
    line = re.sub(r"\b(sk|key|Bearer)[-_ ][\w-]{8,}|\bAIza[\w-]{8,}", "[key]", line)
    line = re.sub(r"[([]?\brequest[ _-]?id\b[\s:='\"]*[\w-]{6,}['\")\]]*", "", line, flags=re.IGNORECASE)
    line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 1].rstrip() + "…"


class AdsVideoError(Exception):
    """The root of all errors that reach a user.

    `template` is the English sentence with `{placeholders}`; pages translate the template, then fill it in. A value
    that is itself to be translated is a `Phrase`.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    template: ClassVar[str] = "Something went wrong. Please try again."

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.message)

    @property
    def phrase(self) -> Phrase:
        """The sentence as a template with values, for translation."""
        return Phrase(self.template, **self.values)

    @property
    def message(self) -> str:
        """The sentence in English."""
        return str(self.phrase)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without calling the constructor, so that errors can travel between processes."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[AdsVideoError], args: tuple[object, ...], state: dict[str, object]) -> AdsVideoError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class NotSignedIn(AdsVideoError):
    code, status, template = "not_signed_in", 401, "Please log in first."


class WrongSignature(AdsVideoError):
    code, status, template = "wrong_signature", 401, "This message is not signed with the secret we share, or too old."


class UnsignedEvent(WrongSignature):
    code, status = "unsigned_event", 400
    template = "This event is not signed with the webhook secret that Stripe and we share, or too old."


class CrossSite(AdsVideoError):
    code, status = "cross_site", 403
    template = "This request came from a page of another site and was not carried out."


class UnknownHost(AdsVideoError):
    code, status = "unknown_host", 421
    template = "AdsVideo is not known by this address. Please open it as localhost, or set PUBLIC_URL to this address."


class SignInRefused(AdsVideoError):
    code, status = "sign_in_refused", 403
    template = "You can't sign in here."


class EmailMissing(SignInRefused):
    code = "email_missing"
    template = (
        "Your identity provider did not tell us your e-mail address. Please allow it to, or ask your administrator."
    )


class EmailNotVerified(SignInRefused):
    code = "email_not_verified"
    template = "Your e-mail address is not verified at your identity provider. Please verify it there and log in again."


class DomainNotAllowed(SignInRefused):
    code = "domain_not_allowed"
    template = "Accounts of your e-mail domain can't sign in here. Please use the account of your organisation."


class EmailTaken(SignInRefused):
    code = "email_taken"
    template = "Your e-mail address belongs to another account here. Please ask your administrator."


class Blocked(SignInRefused):
    code = "blocked"
    template = "Your account is blocked. Please ask your administrator."


class SignInFailed(SignInRefused):
    code = "sign_in_failed"
    template = "The sign-in did not work. Please try it again."


class NotFound(AdsVideoError):
    code, status, template = "not_found", 404, "There is no such {thing}."

    def __init__(self, thing: Phrase | None = None) -> None:
        super().__init__(thing=thing or Phrase("page"))


class ImproveFailed(AdsVideoError):
    code, status = "improve_failed", 502
    template = "The prompt could not be improved now. Yours is unchanged."


class Conflict(AdsVideoError):
    code, status, template = "conflict", 409, "{reason}"

    def __init__(self, reason: Phrase) -> None:
        super().__init__(reason=reason)


class NotEnoughCredits(AdsVideoError):
    code, status = "not_enough_credits", 402
    template = "Not enough credits: this video costs {cost}, you have {credits}."

    def __init__(self, cost: int, credits: int, **more: object) -> None:
        super().__init__(cost=cost, credits=credits, **more)


class NotEnoughForBatch(NotEnoughCredits):
    template = (
        "Not enough credits: these {count} videos cost {cost}, you have {credits}. That is enough for {fit} of them."
    )

    def __init__(self, cost: int, credits: int, count: int, fit: int) -> None:
        super().__init__(cost, credits, count=count, fit=fit)


class NotEnoughForAd(NotEnoughCredits):
    template = "Not enough credits: this ad costs {cost}, you have {credits}."


class OverBudget(AdsVideoError):
    """`resets_at` is the first moment of the next month, in UTC; `thing` is what was wanted, `This video` or so."""

    code, status = "over_budget", 402
    template = (
        "{thing} costs {cost} credits, and of your budget for this month {left} are left. "
        "It is full again on {day} (UTC)."
    )

    def __init__(self, cost: int, left: int, resets_at: datetime, thing: Phrase | None = None) -> None:
        self.resets_at = resets_at
        super().__init__(thing=thing or Phrase("This video"), cost=cost, left=left, day=resets_at.date())


class OverGroupBudget(OverBudget):
    template = (
        "{thing} costs {cost} credits, and of your group's budget for this month {left} are left. "
        "It is full again on {day} (UTC)."
    )


class TooManyRequests(AdsVideoError):
    """`retry_after` is in whole seconds."""

    code, status = "too_many_requests", 429
    template = "You have reached the limit of {limit} videos an hour. The next one can start in {wait}."

    def __init__(self, limit: int, retry_after: int) -> None:
        self.retry_after = retry_after
        wait = Phrase("{n} s", n=retry_after) if retry_after < 60 else Phrase("{n} min", n=-(-retry_after // 60))
        super().__init__(limit=limit, wait=wait)


class TooManyOpen(TooManyRequests):
    code = "too_many_open"
    template = "{limit} of your videos are on their way already. Please wait until one of them is done, or cancel one."


class TooManyUploads(TooManyRequests):
    code = "too_many_uploads"
    template = "You have reached the limit of {limit} uploads an hour. The next one can start in {wait}."


class TooManyFetches(TooManyRequests):
    code = "too_many_fetches"
    template = "{limit} pictures are being fetched for you already. Please try again when one of them is there."


class TooManyStreams(TooManyRequests):
    code = "too_many_streams"
    template = "{limit} event streams of yours are open already. Please close one of them first."


class TooManyWaits(TooManyRequests):
    code = "too_many_waits"
    template = "{limit} of your requests wait for a change already. Please try again when one of them is answered."


class TooManyFramings(TooManyRequests):
    code = "too_many_framings"
    template = "{limit} pictures are being made for you already. Please try again when one of them is there."


class TooManyImprovements(TooManyRequests):
    code = "too_many_improvements"
    template = "{limit} of your prompts are being improved already. Please wait for them."


class TooManyPages(TooManyRequests):
    code = "too_many_pages"
    template = "{limit} pages of yours are open already. Please close some of them, then load this one again."


class TooManyAtOnce(TooManyRequests):
    code = "too_many_at_once"
    template = "{limit} of your requests are waiting for their turn already. Please try again in {wait}."


class TooManyComments(TooManyRequests):
    code = "too_many_comments"
    template = "You have written {limit} comments in a minute. The next one can follow in {wait}."


class TooManyAttempts(TooManyRequests):
    code = "too_many_attempts"
    template = "Too many sign-ins have failed from your address. Please try again in {wait}."


class TooManyBatches(TooManyRequests):
    code = "too_many_batches"
    template = "You have reached the limit of {limit} batches an hour. The next one can start in {wait}."


class TooManyAds(TooManyRequests):
    code = "too_many_ads"
    template = "You have reached the limit of {limit} ads an hour. The next one can start in {wait}."


class BodyTooLarge(AdsVideoError):
    code, status, template = "body_too_large", 413, "The request is too large."


class BadInput(AdsVideoError):
    code, status = "bad_input", 422


class WrongInput(BadInput):
    template = "{reason}"

    def __init__(self, reason: Phrase) -> None:
        super().__init__(reason=reason)


class NoPicture(BadInput):
    code, template = "no_picture", "Please choose a picture first."


class NoPrompt(BadInput):
    code, template = "no_prompt", "Please describe what should happen in the video."


class PromptTooLong(BadInput):
    code, template = "prompt_too_long", "The prompt has {length} characters; at most {limit} are allowed."

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(length=length, limit=limit)


class UnknownModel(BadInput):
    code, template = "unknown_model", "There is no model called “{model}”."

    def __init__(self, model: str) -> None:
        super().__init__(model=clean(model))


class ModelUnavailable(BadInput):
    code, template = "model_unavailable", "{label} can't be used now: {reason}."

    def __init__(self, label: str, reason: Phrase | None) -> None:
        super().__init__(label=Phrase(label), reason=reason or "")


class WrongOption(BadInput):
    code, template = "wrong_option", "{label} offers {offered}, not {asked}."

    def __init__(self, label: str, offered: tuple[str | Phrase, ...], asked: str | Phrase) -> None:
        asked = asked if isinstance(asked, Phrase) else clean(asked)
        super().__init__(label=Phrase(label), offered=offered, asked=asked)


class BadSize(BadInput, ValueError):
    """A text that is no size; also a ValueError, which pydantic reports for the field."""

    code, template = "wrong_option", "“{size}” is not a size like 1280x720."

    def __init__(self, size: object) -> None:
        super().__init__(size=clean(size))


class PictureError(BadInput):
    code, template = "bad_picture", "This picture can't be used."


class PictureTooLarge(PictureError):
    code, status = "picture_too_large", 413
    template = "The picture is larger than {limit} MB. Please choose a smaller one."

    def __init__(self, limit: int = 10) -> None:
        super().__init__(limit=limit)


class NotAPicture(PictureError):
    code, status = "not_a_picture", 415
    template = "This file is not a picture we can read. Please use JPEG, PNG, WebP, AVIF or GIF."


class ForeignPicture(NotAPicture):
    """A picture of a kind that is not read here; `kind` is its name."""

    code = "foreign_picture"
    template = "This is a {kind} picture, which can't be read here. Please save it as JPEG or PNG and choose that one."

    def __init__(self, kind: str) -> None:
        super().__init__(kind=kind)


class PictureTooSmall(PictureError):
    code = "picture_too_small"
    template = "The picture has only {width}x{height} pixels. It needs at least {least} on each side."

    def __init__(self, width: int, height: int, least: int) -> None:
        super().__init__(width=width, height=height, least=least)


class BrokenPicture(PictureError):
    code = "broken_picture"
    template = "The picture is damaged or incomplete and can't be read. Please save it again or choose another."


class PictureTooHeavy(PictureError):
    code = "picture_too_heavy"
    template = "The picture takes too much time or memory to be read. Please save it again, smaller."


class TooManyPixels(PictureError):
    code = "too_many_pixels"
    template = "The picture has too many pixels ({width}x{height}). At most {limit} megapixels are allowed."

    def __init__(self, width: int, height: int, limit: int) -> None:
        super().__init__(width=width, height=height, limit=limit)


class PictureAtAddress(PictureError):
    """The address could be fetched, but its content is no usable picture."""

    code, template = "bad_picture_url", "The picture at this address can't be used: {reason}"

    def __init__(self, reason: Phrase) -> None:
        super().__init__(reason=reason)


class Problems(BadInput):
    """Everything that is wrong with what was asked for, each with its place."""

    def __init__(self, problems: Sequence[Phrase]) -> None:
        super().__init__(**{f"problem{n}": problem for n, problem in enumerate(problems)})

    @property
    def phrase(self) -> Phrase:
        """One sentence after the other."""
        return Phrase(" ".join(f"{{{name}}}" for name in self.values), **self.values)


class BadEdit(Problems):
    """core/edits/timeline.py finds it."""

    code = "bad_edit"


class BadRows(Problems):
    """core/batches/rows.py finds it."""

    code = "bad_rows"


class BadAd(Problems):
    """core/ads/storyboard.py finds it."""

    code = "bad_ad"


class NotRows(BadInput):
    code, template = "not_rows", "This is not a table we can read: {reason}"

    def __init__(self, reason: Phrase) -> None:
        super().__init__(reason=reason)


class NoProduct(BadInput):
    code = "no_product"
    template = "No product was found on this page. Please upload its pictures and type its name and price."


class PageTooLarge(BadInput):
    code, template = "page_too_large", "This page is larger than {limit} MB and is not read."

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class BadCaptions(BadInput):
    code, template = "bad_captions", "These captions can't be used."


class NotCaptions(BadCaptions):
    template = "This is not a caption file we can read. Please use SubRip (.srt) or WebVTT (.vtt)."


class SubStation(BadCaptions):
    template = "This is a SubStation Alpha file (.ass or .ssa). Please save it as .srt or .vtt."


class TooManyCaptions(BadCaptions):
    template = "There are more than {limit} captions. Please use fewer."

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class CaptionTooLong(BadCaptions):
    template = "The caption in line {line} has more than {limit} characters."

    def __init__(self, line: int, limit: int) -> None:
        super().__init__(line=line, limit=limit)


class CaptionReversed(BadCaptions):
    template = "The caption in line {line} ends before it starts."

    def __init__(self, line: int) -> None:
        super().__init__(line=line)


class AudioError(BadInput):
    code, template = "bad_audio", "This sound can't be used."


class AudioTooLarge(AudioError):
    code, status = "audio_too_large", 413
    template = "The file is larger than {limit} MB. Please choose a smaller one."

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class NotAudio(AudioError):
    code, status = "not_audio", 415
    template = "This file is not music we can read. Please use MP3, M4A, WAV, OGG or FLAC."


class BrokenAudio(AudioError):
    code, template = "broken_audio", "The sound is damaged or incomplete and can't be read."


class AudioTooLong(AudioError):
    code, template = "audio_too_long", "The sound is longer than {limit} minutes. Please use a shorter one."

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class TwoPictures(BadInput):
    code, template = "two_pictures", "Please give either image_id or image_url, not both."


class BadAddress(BadInput):
    code = "bad_address"
    template = "This is not a web address we can use. It must begin with http:// or https://."


class AddressRefused(BadInput):
    code = "address_refused"
    template = "This address does not lead to a public web server on its usual port, so it is not opened."


class Unreached(BadInput):
    """`detail` is for the log and the owner of a webhook."""

    code = "address_unreachable"
    template = "Nothing could be fetched from this address. Please check that it opens in a browser."

    def __init__(self, detail: object = "") -> None:
        self.detail = (str(detail) or type(detail).__name__) if detail != "" else ""
        super().__init__()


class IdempotencyConflict(BadInput):
    code = "idempotency_conflict"
    template = "This Idempotency-Key was used before with another request. Please take a new key for a new video."


class Misconfigured(AdsVideoError):
    code, template = "misconfigured", "{reason}"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class NotAvailable(AdsVideoError):
    code, status = "not_available", 503


class NoAnswer(NotAvailable):
    template = "{part} does not answer at the moment. Please try again in a minute."

    def __init__(self, part: Phrase) -> None:
        super().__init__(part=part)


class NoRoom(NotAvailable):
    code = "no_room"
    template = "The disk is full, so nothing new can be kept. What you have is safe; please tell who runs this site."


class PaymentsAway(NotAvailable):
    code = "payments_away"
    template = "The payment service does not answer at the moment. Nothing was charged; please try again in a minute."


class EngineError(AdsVideoError):
    """What a model or its server did. `detail` is the provider's own text: logged whole, shown only cleaned.

    A template that contains `{detail}` shows it; most do not.
    """

    code = "engine_error"
    template = "The model could not make this video."

    def __init__(self, detail: object = "") -> None:
        self.detail = str(detail or "")
        super().__init__(detail=clean(detail))


class Retryable(EngineError):
    """The same step may be tried again; `retry_after` in seconds where the provider said so."""

    code = "retryable"

    def __init__(self, detail: object = "", retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class OverCapacity(Retryable):
    code, template = "over_capacity", "The model's server is busy. It is asked again by itself."


class Unreachable(Retryable):
    code, template = "unreachable", "The model's server could not be reached."


class NotReady(Retryable):
    code, template = "not_ready", "The model's server does not hand out the finished video yet."


class OutcomeUnknown(EngineError):
    code = "outcome_unknown"
    template = "The connection to the model's server broke while the video was handed over; it is being looked up."


class Permanent(EngineError):
    """The video has failed; asking again would not help."""


class ModerationRefused(Permanent):
    code = "moderation"
    template = "The model's safety rules refused this picture or prompt. Please change it and try again."


class PictureRefused(Permanent):
    code = "picture_refused"
    template = "The model can't use this picture. Please try another one."


class SoundRefused(ModerationRefused):
    code = "sound_refused"
    template = "The model's safety rules refused the sound it made. Without sound it often passes."


class PersonRefused(PictureRefused):
    code = "person_refused"
    template = "The model takes no picture in which a person's face can be seen. Please choose one without a face."


class RequestRefused(Permanent):
    code, template = "request_refused", "The model's server refused the request: {detail}"


class QuotaExhausted(Permanent):
    code = "quota_exhausted"
    template = "The account at the model's provider has used up its quota. Please tell your administrator."


class WrongKey(Permanent):
    code = "wrong_key"
    template = "The model's server did not accept our API key. Please tell your administrator."


class SourceGone(Permanent):
    code, template = "source_gone", "Something that this edit is made of is no longer there. Please choose it again."


class PictureGone(Permanent):
    code, template = "picture_gone", "The picture of this video is no longer there. Please choose a picture again."


class PictureDamaged(Permanent):
    code = "picture_damaged"
    template = "The picture of this video is damaged and can't be read. Please choose another one."


class PictureUnread(Permanent):
    code = "picture_unread"
    template = "The picture of this video could not be read from our storage. Please tell your administrator."


class NoVideosServer(Permanent):
    """A create call was answered with something that is no job and no error either."""

    code = "no_videos_server"
    template = "What answers at the model's address is no Videos server. Please tell your administrator."


class NotTaken(Permanent):
    """The outcome of create stayed unknown until the time for it was up."""

    code = "not_taken"
    template = "The connection to the model's server broke while the video was handed over. It is not to be seen there."


class NeverShown(Permanent):
    """The server gave the job an id, and nobody here has ever seen the job."""

    code = "never_shown"
    template = "The model's server took this video but does not show it. Please tell your administrator."


class TimedOut(Permanent):
    code, template = "timeout", "The model did not finish in the time it is given."


class JobLost(Permanent):
    code = "lost"
    template = "The model's server no longer knows this video, probably because it was restarted."


class Unplayable(Permanent):
    code = "unplayable"
    template = "The model's server delivered a file that is not a playable video."


class TooHeavy(Permanent):
    """`detail` says in numbers what was more than which limit."""

    code = "too_heavy"
    template = "The model delivered a file that is over a limit of this site ({detail}), so it was not kept."


class EditUnreadable(Permanent):
    code = "edit_unreadable"
    template = "One of the files that this edit is made of can't be read. Please choose another one."


class EditTooHeavy(Permanent):
    """`detail` as in TooHeavy."""

    code = "edit_too_heavy"
    template = "This edit is over a limit of this site ({detail}), so it was not made. Please make less of it."


class NoFile(Permanent):
    code, template = "no_file", "The model finished without a video."


class FileForbidden(NoFile):
    code = "file_forbidden"
    template = "The model finished, but its server does not let us fetch the video. Please tell your administrator."


class FileInCircles(NoFile):
    code = "file_in_circles"
    template = "The model finished, but the address of its video leads in circles. Please tell your administrator."


class FileCutOff(NoFile):
    code, template = "file_cut_off", "The model finished, but its video never arrived whole."


class FileEmpty(NoFile):
    code, template = "file_empty", "The model finished, but the file of its video is empty."


class FileUnreached(NoFile):
    code, template = "file_unreached", "The model finished, but its video could not be fetched in time."


class NotHandedOut(NotReady):
    """The server says that the job is finished, and does not hand out its file.

    `final` is what the video fails with if that lasts.
    """

    def __init__(self, final: NoFile, retry_after: float | None = None) -> None:
        self.final = final
        super().__init__(final.detail, retry_after)


class ProviderFailed(Permanent):
    code = "provider_failed"
    template = "The model could not make this video: {detail}"

    @property
    def phrase(self) -> Phrase:
        """Without a detail the sentence ends before the colon."""
        return super().phrase if self.values["detail"] else Phrase(Permanent.template)
