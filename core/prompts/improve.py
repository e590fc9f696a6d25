"""Improve my prompt: a chat model behind the OpenAI protocol (`OPENAI_CHAT_MODEL`) rewrites it."""

import logging

import httpx

from core.errors import ImproveFailed
from core.settings import settings
from core.videos.request import MAX_PROMPT, check_prompt

log = logging.getLogger(__name__)
TIMEOUT = 30
OPENAI = "https://api.openai.com/v1"
INSTRUCTION = (
    "You write prompts for image-to-video models that turn one product photo into a short ad clip. Rewrite the user's "
    "prompt: name the camera move, the light, what moves and the mood, in one or two concrete sentences. Keep what the "
    "user asked for, add no text overlays, no cuts, no new products. Answer in the user's language with the prompt "
    f"alone, without quotes, at most {MAX_PROMPT - 60} characters."
)


def is_on() -> bool:
    """Whether a chat model is configured."""
    return bool(settings().openai_chat_model)


async def improve(prompt: str) -> str:
    """A better prompt. Raises NoPrompt, PromptTooLong, and ImproveFailed if the model does not answer."""
    prompt = check_prompt(prompt)
    config = settings()
    key = config.openai_chat_api_key or config.openai_api_key
    address = f"{config.openai_chat_base_url or config.openai_base_url or OPENAI}/chat/completions"
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": prompt}]
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            answer = await client.post(
                address,
                json={"model": config.openai_chat_model, "messages": messages},
                headers={"Authorization": f"Bearer {key.get_secret_value()}"} if key else {},
            )
        answer.raise_for_status()
        text = str(answer.json()["choices"][0]["message"]["content"] or "")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, LookupError, TypeError) as error:
        log.warning("the chat model did not improve a prompt: %s: %s", type(error).__name__, error)
        raise ImproveFailed() from None
    better = text.rpartition("</think>")[2].strip().strip('"“”').strip()
    if not better:
        raise ImproveFailed()
    if len(better) > MAX_PROMPT:
        better = better[:MAX_PROMPT]
        better = better.rpartition(". ")[0] or better.rpartition(" ")[0]
    return better
