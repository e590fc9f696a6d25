"""One file per URL; importing this package registers them all."""

from . import account, admin, errors, gallery, kit, library, login, pricing, studio, video, watch

__all__ = ["account", "admin", "errors", "gallery", "kit", "library", "login", "pricing", "studio", "video", "watch"]
