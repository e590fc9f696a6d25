"""One file per URL; importing this package imports every file in it, which registers its pages."""

import pkgutil
from importlib import import_module

for _file in pkgutil.iter_modules(__path__, f"{__name__}."):
    import_module(_file.name)
