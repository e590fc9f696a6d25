"""What a prompt asks for that no camera can make of a still picture."""

import re
from typing import Literal

Thing = Literal["flames", "liquids", "people", "turn", "change", "motion"]

_WORDS: dict[Thing, str] = {
    "flames": r"\b(?:flames?|fire|flicker\w*|burn(?:s|ing)?|candle(?:light)? danc\w+|smoke|steam|mist|fog)\b"
    r"|火焰|火苗|烛火|燃烧|烟雾?|蒸汽|雾气|薄雾|热气",
    "liquids": r"\b(?:pour\w*|splash\w*|drip\w*|drops? (?:fall|run|roll|slid)\w*|droplets? (?:fall|run|roll|slid)\w*"
    r"|(?:water|liquid|milk|coffee|oil) (?:flow|run|swirl|rippl|pour)\w*|ripples?|waves?)\b"
    r"|倒入|倾倒|飞溅|溅|滴落|滑落|水花|流淌|水波|涟漪",
    "people": r"\b(?:(?<!second )(?<!minute )(?<!hour )hands?(?! (?:of|on) the (?:watch|clock|dial))|fingers?"
    r"|woman|man|girl|boy|person|people|model (?:wear|hold|us)\w*|someone|she|he)\b"
    r"|手指|双手|一只手|手拿|女人|男人|女孩|男孩|人物|模特",
    "turn": r"\b(?:360|full turn|full rotation|turntable|spins?|spinning|rotat(?:es?|ing) (?:fully|once|around itself)"
    r"|turns (?:slowly|gently|around)|(?:see|show) (?:it )?from (?:all|every) sides?|look around it)\b"
    r"|旋转一周|转动一周|自转|转一圈|[慢轻]{2}转动",
    "change": r"\b(?:morph\w*|transform\w*|turns into|becomes|melt\w*|grows? into|assembl\w+|disassembl\w+|explod\w+"
    r"|unbox\w*|(?:lid|box|case|door) opens?|opens (?:up|slowly)|falls? apart|bloom\w*)\b|变成|变为|融化|打开|开箱"
    r"|绽放|爆炸",
    "motion": r"\b(?:walk|run|fly|flies|danc|wav|jump|driv|float)(?:s|es|ing) (?:through|across|over|past|up|around)\b"
    r"|\b(?:leaves|curtains?|fabric|hair|grass) (?:sway|stir|mov|blow|wav|rippl)\w*|飘动|摇曳|飞舞|行走|奔跑",
}
_PATTERNS = {thing: re.compile(words, re.IGNORECASE) for thing, words in _WORDS.items()}
_OURS = re.compile(r"\b(?:(?:sun)?light|glint|gleam|shine|shadow|reflection|camera|shot|view)s? \w+", re.IGNORECASE)
"""What the camera does move."""
_NOT = re.compile(r"\b(?:no|without|never|don['’]?t)\b[^,.;]*|(?:不要|没有|无)[^，。,;；]*", re.IGNORECASE)


def beyond(prompt: str) -> list[Thing]:
    """What of it a still picture can't do, in a fixed order; empty if there is nothing of that kind."""
    text = _OURS.sub(" ", _NOT.sub(" ", prompt))
    return [thing for thing, pattern in _PATTERNS.items() if pattern.search(text)]
