# /// script
# dependencies = ["fonttools", "brotli"]
# ///
"""Makes the fonts of the letters inside videos: Inter (Latin, Greek, Cyrillic) and Noto Sans SC, two weights each.

    npm pack inter-ui && tar xzf inter-ui-*.tgz                     (Inter, variable)
    apt-get download fonts-noto-cjk fonts-noto-cjk-extra            (Noto Sans CJK; unpack with dpkg-deb -x)
    uv run core/edits/fonts/make.py package/variable/InterVariable.woff2 NotoSansCJK-Bold.ttc NotoSansCJK-Medium.ttc

How pairs of Inter are kerned goes into kerning.json, so that no shaping library is needed to draw them.
"""

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from fontTools import subset  # type: ignore[import-not-found]
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]
from fontTools.varLib import instancer  # type: ignore[import-not-found]

HERE = Path(__file__).parent
LATIN = "U+0020-007E,U+00A0-017F,U+0192,U+01CD-01DC,U+0218-021B,U+1E80-1E85,U+1EA0-1EF9"
GREEK, CYRILLIC = "U+0370-03FF", "U+0400-045F,U+0490-0491"
SIGNS = (
    "U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20A9-20AC,U+20B4,U+20B9-20BA,"
    "U+20BD,U+20BF,U+2116,U+2122,U+2150-215E,U+2190-2193,U+2212,U+2248,U+2260,U+2264-2265,U+25CF,U+2605,U+2713,U+00D7"
)
CHINESE_SIGNS = "U+3000-3011,U+3014-301B,U+FF01-FF5E,U+FFE5,U+2014,U+2018-2019,U+201C-201D,U+2026,U+00B7"
KERN_LEAST = 8
"""Units of 1000; pairs closer to zero than this are not worth their bytes."""
KERNED = {*range(0x20, 0x7F), *range(0xC0, 0x100), 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D}


def chinese() -> set[int]:
    """The 6,763 characters of GB 2312."""
    cells = ((row, cell) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    signs = (bytes(cell).decode("gb2312", "ignore") for cell in cells)
    return {ord(sign) for sign in signs if sign}


def _subset(font: Any, unicodes: set[int]) -> None:
    options = subset.Options(layout_features=["kern"], hinting=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=unicodes)
    chosen.subset(font)


def _pairs(font: Any) -> dict[str, int]:
    """The kerning of the letters in KERNED, in thousandths of the size; the first rule that knows a pair counts."""
    names = {font.getBestCmap().get(code) for code in KERNED} - {None}
    table = font["GPOS"].table
    kern = {i for f in table.FeatureList.FeatureRecord if f.FeatureTag == "kern" for i in f.Feature.LookupListIndex}
    pairs: dict[tuple[str, str], int] = {}
    for index in sorted(kern):
        for rule in table.LookupList.Lookup[index].SubTable:
            rule = getattr(rule, "ExtSubTable", rule)  # noqa: PLW2901
            if type(rule).__name__ != "PairPos":
                continue
            for left in set(rule.Coverage.glyphs) & names:
                _of_rule(rule, left, names, pairs)
    signs = {name: chr(code) for code, name in font.getBestCmap().items() if code in KERNED}
    thousandths = {pair: round(value * 1000 / font["head"].unitsPerEm) for pair, value in pairs.items()}
    return {signs[a] + signs[b]: value for (a, b), value in sorted(thousandths.items()) if abs(value) >= KERN_LEAST}


def _of_rule(rule: Any, left: str, names: set[str], pairs: dict[tuple[str, str], int]) -> None:
    if rule.Format == 1:
        for pair in rule.PairSet[rule.Coverage.glyphs.index(left)].PairValueRecord:
            if pair.SecondGlyph in names:
                pairs.setdefault((left, pair.SecondGlyph), getattr(pair.Value1, "XAdvance", 0) or 0)
        return
    records = rule.Class1Record[rule.ClassDef1.classDefs.get(left, 0)].Class2Record
    for right in names:
        value = records[rule.ClassDef2.classDefs.get(right, 0)].Value1
        pairs.setdefault((left, right), getattr(value, "XAdvance", 0) or 0)


def inter(source: str, weight: int, target: Path) -> dict[str, int]:
    """One weight of Inter, at the optical size of small text; gives its kerning."""
    font = instancer.instantiateVariableFont(TTFont(source), {"wght": weight, "opsz": 18})
    _subset(font, set(subset.parse_unicodes(f"{LATIN},{GREEK},{CYRILLIC},{SIGNS}")))
    pairs = _pairs(font)
    _drop(font, "GPOS", "GSUB", "GDEF", "STAT")
    font.flavor = None
    font.save(target)
    return pairs


def _drop(font: Any, *tables: str) -> None:
    for table in tables:
        if table in font:
            del font[table]


def noto(source: str, target: Path) -> None:
    """Noto Sans CJK with the forms of the mainland; its Latin letters are left to Inter."""
    faces = range(10)
    names = (TTFont(source, fontNumber=number, lazy=True) for number in faces)
    font = next(face for face in names if face["name"].getDebugName(1).startswith("Noto Sans CJK SC"))
    _subset(font, chinese() | set(subset.parse_unicodes(CHINESE_SIGNS)))
    _drop(font, "GPOS", "GSUB", "GDEF", "BASE", "VORG", "vhea", "vmtx")
    font.save(target)


def ranges(path: Path) -> str:
    """The characters of a font as `20-7e a0-17f ...`, in hexadecimal."""
    codes = sorted(TTFont(path).getBestCmap())
    runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0])]
    return " ".join(f"{run[0]:x}" if len(run) == 1 else f"{run[0]:x}-{run[-1]:x}" for run in runs)


def main(inter_source: str, bold: str, medium: str) -> None:
    """All four, which characters each has, and how pairs are kerned."""
    weights = {"inter-bold.ttf": 700, "inter-medium.ttf": 550}
    kerning = {name: inter(inter_source, weight, HERE / name) for name, weight in weights.items()}
    (HERE / "kerning.json").write_text(json.dumps(kerning, separators=(",", ":")) + "\n")
    noto(bold, HERE / "noto-sans-sc-bold.otf")
    noto(medium, HERE / "noto-sans-sc-medium.otf")
    fonts = sorted(path for path in HERE.iterdir() if path.suffix in (".ttf", ".otf"))
    (HERE / "glyphs.txt").write_text("".join(f"{path.name} {ranges(path)}\n" for path in fonts))


if __name__ == "__main__":
    main(*sys.argv[1:4])
