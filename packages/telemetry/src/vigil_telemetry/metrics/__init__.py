"""Metrics for Prometheus: of requests, of the business, of pools, of the process and its host, and declared ones."""

from __future__ import annotations

from .measurements import Metrics

__all__ = ["Metrics"]
