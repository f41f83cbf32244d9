"""One middleware for ASGI and one for WSGI: context, span, metric and correlation of every request."""

from __future__ import annotations
