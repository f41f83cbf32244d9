# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.masks import masked
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.mining import patterns_of

USERS = ("anna", "bert", "carl", "dora", "emil", "finn", "gina", "hans", "ines")


def mask(text: str) -> str:
    return str(pl.DataFrame({"text": [text]}).select(masked(pl.col("text"))).item())


def patterns(*texts: str) -> set[str]:
    return set(patterns_of([(0, text) for text in texts]).values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Order 4711 costs 12.50 EUR", "Order <number> costs <number> EUR"),
        ("Retry 3 of 5 in 1,000ms", "Retry <number> of <number> in <number>ms"),
        ("Mail to anna.b+x@shop.example.com bounced", "Mail to <mail> bounced"),
        ("GET https://shop.example.com:8443/a?b=1 failed", "GET <url> failed"),
        ("GET /api/v1/orders/77 answered 500", "GET <path> answered <number>"),
        ("Cannot open /var/lib/shop/a-1.json", "Cannot open <path>"),
        (r"Cannot open C:\data\shop\a.txt today", "Cannot open <path> today"),
        ("Peer 10.1.2.3:9200 left", "Peer <address> left"),
        ("Peer fe80::1ff:fe23:4567:890a left", "Peer <address> left"),
        ("Peer 2001:db8:0:0:0:0:0:1 left", "Peer <address> left"),
        ("Card 00:1b:44:11:3a:b7 is up", "Card <address> is up"),
        ("Session 7b0e3c2a-9f1d-4c8e-8a55-0123456789ab ended", "Session <id> ended"),
        ("Commit 3f9ac01d2b deployed", "Commit <id> deployed"),
        ("Object 0xdeadbeef freed", "Object <id> freed"),
        ("Job 01ARZ3NDEKTSV4RRFFQ69G5FAV queued", "Job <id> queued"),
        ("At 2026-01-31T08:00:00.123+01:00 it broke", "At <time> it broke"),
        ("At 08:00:00 it broke", "At <time> it broke"),
        ("Ports 80, 443, 8443 are open", "Ports <numbers> are open"),
        ("  First\tline  \nSecond line", "First line"),
        ("std::string and a decade of words", "std::string and a decade of words"),
    ],
)
def test_what_varies_is_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


def test_word_with_many_values_becomes_a_mark() -> None:
    assert patterns(*(f"User {name} logged in" for name in USERS)) == {"User <*> logged in"}


def test_words_with_few_values_stay_patterns_of_their_own() -> None:
    texts = [f"Payment was {verdict} by the bank" for verdict in ("accepted", "declined", "delayed")]
    assert patterns(*texts) == set(texts)


def test_two_words_that_vary_at_once_become_marks() -> None:
    texts = [f"User {user} moved the file {name} away" for user, name in zip(USERS, reversed(USERS), strict=True)]
    assert patterns(*texts) == {"User <*> moved the file <*> away"}


def test_rare_message_keeps_its_words_beside_frequent_ones() -> None:
    rare = "Disk of primary is full"
    assert patterns(rare, *(f"User {name} is logged in" for name in USERS)) == {rare, "User <*> is logged in"}


def test_messages_that_share_too_little_are_not_put_together() -> None:
    texts = [f"{name} {other}" for name in USERS for other in ("left", "came")]
    assert patterns(*(f"{one} {other} now" for one in USERS for other in USERS)) != {"<*>"}
    assert patterns(*USERS) == set(USERS)
    assert patterns(*texts) == {"<*> left", "<*> came"}


def test_services_are_kept_apart() -> None:
    found = patterns_of([(number, f"User {name} logged in") for number, name in enumerate(USERS)])
    assert "User <*> logged in" not in found.values()


def test_pattern_takes_up_later_texts() -> None:
    assert patterns("User <*> logged in", "User zoe logged in") == {"User <*> logged in"}


@given(st.permutations([f"{verb} {name} of {kind}" for verb in ("Add", "Drop") for name in USERS for kind in "abc"]))
def test_order_of_texts_does_not_matter(texts: list[str]) -> None:
    assert patterns_of([(0, text) for text in texts]) == patterns_of([(0, text) for text in sorted(texts)])


@given(st.lists(st.text(alphabet="ab <>*1", min_size=1), max_size=60))
def test_every_text_has_a_pattern_without_more_words_than_it(texts: list[str]) -> None:
    found = patterns_of([(0, text) for text in texts])
    assert {text for _service, text in found} == set(texts)
    assert all(len(pattern.split(" ")) <= len(text.split(" ")) for (_service, text), pattern in found.items())
