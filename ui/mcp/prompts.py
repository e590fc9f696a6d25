"""Prompts: our templates, whose blanks are their arguments."""

from functools import partial
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts.base import Prompt, PromptArgument

from core.prompts import templates
from core.prompts.templates import Blank, Sample


def add_prompts(server: MCPServer[Any]) -> None:
    """Register them all."""
    for sample in templates.SAMPLES:
        blanks = {_name(blank): blank for blank in templates.blanks(sample.text)}
        arguments = [
            PromptArgument(name=name, description=f"{blank.name}; without it: {blank.words}")
            for name, blank in blanks.items()
        ]
        picture = PromptArgument(name="picture", description="A picture's id, a preset's name, or an https address")
        server.add_prompt(
            Prompt(
                name=sample.name,
                title=sample.name.replace("-", " ").capitalize(),
                description=templates.fill(sample.text, {}),
                arguments=[picture, *arguments],
                fn=partial(_text, sample, blanks),
            )
        )


def _name(blank: Blank) -> str:
    return blank.name.replace(" ", "_")


def _text(sample: Sample, blanks: dict[str, Blank], picture: str = "", **values: str) -> str:
    """What the user says to the assistant."""
    words = {blanks[name].name: value for name, value in values.items() if name in blanks}
    of = f"the picture {picture}" if picture else "my picture (ask me which)"
    prompt = templates.fill(sample.text, words)
    return f"Make a video of {of} with make_video, follow it with get_video and show it to me. Prompt:\n{prompt}"
