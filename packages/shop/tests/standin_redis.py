# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for Redis: the commands that carts use, in memory, and what happens when it is down."""

from __future__ import annotations

import contextlib

import redis

__all__ = ["StandinRedis"]


class StandinRedis:
    """Hashes and sorted sets as Redis has them; a pipeline executes at once. Keys do not expire."""

    def __init__(self) -> None:
        self.down = False
        self._hashes: dict[str, dict[str, str]] = {}
        self._sets: dict[str, dict[str, float]] = {}

    def pipeline(self) -> contextlib.nullcontext[StandinRedis]:
        return contextlib.nullcontext(self)

    def execute(self) -> None:
        self._ask()

    def expire(self, _key: str, _seconds: int) -> None:
        """Keys do not expire."""

    def hgetall(self, key: str) -> dict[str, str]:
        self._ask()
        return dict(self._hashes.get(key, {}))

    def hset(self, key: str, field: str, value: str) -> None:
        self._ask()
        self._hashes.setdefault(key, {})[field] = value

    def hdel(self, key: str, *fields: str) -> None:
        for field in fields:
            self._hashes.get(key, {}).pop(field, None)

    def delete(self, key: str) -> None:
        self._ask()
        self._hashes.pop(key, None)

    def zadd(self, key: str, scores: dict[str, float]) -> None:
        self._sets.setdefault(key, {}).update(scores)

    def zrangebyscore(self, key: str, low: float, high: float) -> list[str]:
        self._ask()
        return [name for name, score in self._sets.get(key, {}).items() if low <= score <= high]

    def zremrangebyscore(self, key: str, low: float, high: float) -> None:
        for name in self.zrangebyscore(key, low, high):
            del self._sets[key][name]

    def _ask(self) -> None:
        if self.down:
            raise redis.ConnectionError("Connection refused")
