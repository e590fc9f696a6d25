"""Makes inter.woff2, the Latin subset of Inter variable that pages load.

    npm pack inter-ui && tar xzf inter-ui-*.tgz
    uv run --no-project --with fonttools --with brotli ui/static/fonts/make.py package/variable/InterVariable.woff2
"""

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-not-found]
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]
from fontTools.varLib import instancer  # type: ignore[import-not-found]

TEXT = "U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+2013-2014,U+2018-201A,U+201C-201E,U+2022,U+2026,U+202F,U+2032"
SIGNS = "U+20AC,U+2122,U+2190-2193,U+2212,U+00D7,U+2248"
WEIGHTS = (400, 700)


def main(source: str) -> None:
    """Keep Latin, the weights we use and one optical size."""
    font = TTFont(source)
    options = subset.Options(layout_features=["kern", "liga", "ccmp", "locl", "mark", "tnum", "case"])
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=subset.parse_unicodes(f"{TEXT},{SIGNS}"))
    chosen.subset(font)
    instancer.instantiateVariableFont(font, {"wght": WEIGHTS, "opsz": 14}, inplace=True)
    font.flavor = "woff2"
    font.save(Path(__file__).with_name("inter.woff2"))


if __name__ == "__main__":
    main(sys.argv[1])
