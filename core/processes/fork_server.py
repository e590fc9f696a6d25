"""Imported last by the server that processes are forked from: does once what each of them would do first."""

import gc
import sys

from PIL import Image

from core.settings import ROOT

Image.preinit()

# A new process runs the main file of its parent, 10 ms of it, unless that is the main file here: work may be defined in
# it. Ours never is.
sys.modules["__main__"].__file__ = str(ROOT / "main.py")

gc.freeze()  # what a collection touches would be copied into each process
