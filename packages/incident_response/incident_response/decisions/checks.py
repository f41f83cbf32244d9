# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What checks of runbooks find now: PromQL of every replica of Prometheus, or an answer over HTTP."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path

import httpx

from .filled import in_promql, in_url
from .prometheus import Prometheus
from .runbook import Check
from .verdict import Sample

__all__ = ["Checks"]

_PATIENCE = 10.0


class Checks:
    """Asks for what checks are about."""

    def __init__(self, prometheus: Prometheus, ca_file: str) -> None:
        """Take the Prometheus, and the authorities that are trusted beside those of the system."""
        self._prometheus, self._ca_file = prometheus, ca_file

    async def sample(
        self, check: Check, labels: Mapping[str, str], *, at: float, since: float | None = None
    ) -> Sample | None:
        """Return what a check finds at a time, from samples since another; None where nobody answers.

        A command runs on a host, and so is not asked for here.
        """
        if check.kind == "promql":
            found = await self._prometheus.query(in_promql(check.text, labels), None if since is None else at - since)
            if found is None:
                return None
            bad = sum(one.value == 0 for one in found)
            return Sample(at, good=len(found) - bad, bad=bad)
        if check.kind == "http":
            return await self._answered(in_url(check.text, labels), at)
        return None

    async def _answered(self, url: str | None, at: float) -> Sample | None:
        """Return whether a URL answers 200; None where the labels of an alert make none."""
        if url is None:
            return None
        try:
            verify = await asyncio.to_thread(self._authorities)
            async with asyncio.timeout(_PATIENCE), httpx.AsyncClient(verify=verify, trust_env=False) as client:
                answer = await client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return Sample(at, bad=1)
        return Sample(at, good=1) if answer.status_code == httpx.codes.OK else Sample(at, bad=1)

    def _authorities(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if Path(self._ca_file).is_file():
            context.load_verify_locations(self._ca_file)
        return context
