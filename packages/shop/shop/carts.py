# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carts of customers, and who has used one lately, in Redis."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import redis

__all__ = ["Carts"]

_KEPT = 24 * 3600  # seconds that a cart is kept
_ACTIVE = 300  # seconds that a customer counts as active
_SEEN, _WHERE = "shop:seen", "shop:where"


class Carts:
    """The carts of all customers. Every method raises redis.RedisError."""

    def __init__(self, client: redis.Redis, instance: str) -> None:
        self._client: Any = client  # its answers are typed as those of both, the synchronous and the asynchronous one
        self._instance = instance

    @classmethod
    def at(cls, url: str, instance: str) -> Carts:
        """Return the carts in the Redis at this URL, as this instance of the shop uses them."""
        timeouts = {"socket_timeout": 2, "socket_connect_timeout": 2}
        return cls(redis.Redis.from_url(url, decode_responses=True, **timeouts), instance)

    def of(self, customer: str) -> dict[int, int]:
        """Return the quantity of each product by its number."""
        return {int(product): int(quantity) for product, quantity in self._client.hgetall(_key(customer)).items()}

    def put(self, customer: str, product: int, quantity: int) -> None:
        """Have so many of a product in the cart, none for 0."""
        with self._client.pipeline() as pipeline:
            if quantity:
                pipeline.hset(_key(customer), str(product), str(quantity))
                pipeline.expire(_key(customer), _KEPT)
            else:
                pipeline.hdel(_key(customer), str(product))
            pipeline.zadd(_SEEN, {customer: time.time()})
            pipeline.hset(_WHERE, customer, self._instance)
            pipeline.execute()

    def empty(self, customer: str) -> None:
        """Remove everything from the cart."""
        self._client.delete(_key(customer))

    def active(self) -> int:
        """Return how many customers have used their cart within five minutes, last at this instance."""
        oldest = time.time() - _ACTIVE
        gone = self._client.zrangebyscore(_SEEN, 0, oldest)
        if gone:
            self._client.hdel(_WHERE, *gone)
            self._client.zremrangebyscore(_SEEN, 0, oldest)
        where: Mapping[str, str] = self._client.hgetall(_WHERE)
        return sum(instance == self._instance for instance in where.values())


def _key(customer: str) -> str:
    return f"shop:cart:{customer}"
