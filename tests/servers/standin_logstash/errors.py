"""What ends a start, and what a filter makes of a value that it cannot take."""

from __future__ import annotations

__all__ = ["ConfigurationError", "FieldError"]


class ConfigurationError(Exception):
    """A pipeline or a setting that Logstash refuses, or that this stand-in does not execute.

    `pipeline` names the pipeline, if it is one that is refused.
    """

    pipeline = ""


class FieldError(Exception):
    """A field that cannot be set."""
