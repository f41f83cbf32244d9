from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import string
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from vigil_telemetry.redaction import LONGEST_TEXT, MOST_CHARACTERS, REDACTED, Redactor
from vigil_telemetry.secret_texts import is_card_number
from vigil_telemetry.sensitive_keys import CONTAINED, WHOLE

redactor = Redactor()
SECRET = "Xq7-canary-Zw9"
CARD = "4111111111111111"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlLW9mLWl0"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAsecret\nlines\n-----END RSA PRIVATE KEY-----"


def written(value: object) -> str:
    return json.dumps(redactor.value(value), allow_nan=False, ensure_ascii=False)


@some.composite
def sensitive_keys(draw: some.DrawFn) -> str:
    """A key of the list as people spell it: any case, with separators between any letters, within other words."""
    base = draw(some.sampled_from(CONTAINED))
    letters = [draw(some.sampled_from([letter.lower(), letter.upper()])) for letter in base]
    spelled = "".join(letter + draw(some.sampled_from(["", "", "", "_", "-", ".", " "])) for letter in letters)
    around = some.text(string.ascii_letters + "_-.", max_size=5)
    return draw(around) + spelled + draw(around)


leaves = (
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20) | some.binary(max_size=9)
)
trees: some.SearchStrategy[Any] = some.recursive(
    leaves,
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.tuples(inner, inner)
        | some.dictionaries(some.text(max_size=9) | some.integers(), inner, max_size=4)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(trees, sensitive_keys(), some.sampled_from([SECRET, SECRET.encode(), [SECRET], {"x": SECRET}, (1, SECRET)]))
def test_no_secret_below_a_sensitive_key_is_left_at_any_depth(tree: Any, key: str, secret: object) -> None:
    line = written({"outer": [tree, {"inner": {key: secret, "beside": tree}}]})
    assert SECRET not in line
    assert REDACTED in line


@settings(max_examples=300, deadline=None)
@given(trees)
def test_anything_becomes_json_and_is_not_changed(tree: Any) -> None:
    before = repr(tree)
    json.loads(written(tree))
    assert repr(tree) == before


@settings(max_examples=200, deadline=None)
@given(
    some.text(" ,;:abcé한\n\t\"'{}[]()<>", max_size=30),
    some.sampled_from(
        [
            f"password={SECRET}",
            f"PASSWORD: '{SECRET} and more'",
            f'{{"apiKey": "{SECRET}"}}',
            f"Authorization: Bearer {SECRET}",
            f"authorization: Digest username=a, response={SECRET}",
            f"cookie: a=1; session={SECRET}",
            f"https://user:{SECRET}@example.org/x",
            f"redis://:{SECRET}@cache:6379/0",
            f"/callback?state=1&access_token={SECRET}&x=2",
            f"Bearer {SECRET}",
            f"--client-secret {SECRET}",
            f"['--password', '{SECRET}']",
            f"api key: {SECRET}",
            f"host=db user=shop password={SECRET} dbname=shop",
            f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
            f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}",
            f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.{SECRET}",
        ]
    ),
    some.text(" ,;:abcé한\n\t", max_size=30),
)
def test_secrets_within_texts_are_found(before: str, secret: str, after: str) -> None:
    assert SECRET not in redactor.text(f"{before} {secret} {after}")
    assert SECRET not in written({"field": f"{before} {secret} {after}"})


@settings(max_examples=300, deadline=None)
@given(some.integers(13, 19), some.data())
def test_card_numbers_are_found_with_and_without_separators(length: int, data: some.DataObject) -> None:
    digits = [data.draw(some.integers(2, 9)), *(data.draw(some.integers(0, 9)) for _number in range(length - 2))]
    luhn = sum(sum(divmod(2 * digit, 10)) for digit in digits[::-2]) + sum(digits[-2::-2])
    number = "".join(map(str, [*digits, -luhn % 10]))
    separator = data.draw(some.sampled_from(["", " ", "-"]))
    spaced = separator.join(number[start : start + 4] for start in range(0, length, 4))
    assert is_card_number(number)
    assert redactor.text(f"paid with {spaced}.") == f"paid with {REDACTED}."
    assert redactor.value(int(number)) == REDACTED


@pytest.mark.parametrize(
    "key",
    [
        "Authorization",
        "auth",
        "PIN",
        "x-api-key",
        "\uff30\uff21\uff33\uff33\uff37\uff2f\uff32\uff24",
        "비밀번호",
        "pass_word",
        "pwd",
    ],
)
def test_keys_are_sensitive_in_any_spelling(key: str) -> None:
    assert redactor.value({key: SECRET}) == {key: REDACTED} or SECRET not in written({key: SECRET})


@pytest.mark.parametrize("key", ["shipping", "author", "company", "span", "signal", "sessionId", "orderNumber"])
def test_keys_that_only_look_alike_are_kept(key: str) -> None:
    assert redactor.value({key: "visible"}) == {key: "visible"}


def test_further_keys_are_sensitive_too() -> None:
    assert Redactor(["Customer-Number"]).value({"customerNumber": 12, "x": 1}) == {"customerNumber": REDACTED, "x": 1}


@pytest.mark.parametrize(
    "text",
    [
        "Order placed",
        "https://shop.example.org:8443/orders/12?page=2",
        "https://registry.example.org:443/@scope/package",
        "2026-01-31T08:00:00.123456Z",
        "1767225600000",
        "1767225600000000",
        "1767225600000000000",
        "3f2b8c1e-8f9d-4a55-9a58-0d2f4f1f5d77",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "took 0.41111111111111113 s",
        'WWW-Authenticate: Bearer realm="shop"',
        "a bearer token is missing",
        "basic understanding of it",
        "ann@example.org wrote: hello",
        'File "shop/orders.py", line 12, in place',
        "status=200 method=GET",
    ],
)
def test_texts_without_secrets_are_left_alone(text: str) -> None:
    assert redactor.text(text) == text


def test_pairs_and_named_values_are_known_by_their_names() -> None:
    headers = [(b"authorization", b"Basic abc"), ("x-api-key", SECRET), ("accept", "text/html")]
    assert redactor.value(headers) == [["authorization", REDACTED], ["x-api-key", REDACTED], ["accept", "text/html"]]
    assert redactor.value([{"name": "DB_PASSWORD", "value": SECRET}]) == [{"name": "DB_PASSWORD", "value": REDACTED}]


def test_a_secret_in_the_place_of_a_key_is_found() -> None:
    assert redactor.value({JWT: 1, CARD: 2}) == {REDACTED: 2}


@dataclasses.dataclass
class Account:
    name: str
    password: str
    hidden: str = dataclasses.field(default=SECRET, repr=False)


class Login(NamedTuple):
    user: str
    api_key: str


class Color(enum.Enum):
    RED = "red"


class Shape(str, enum.Enum):
    ROUND = "round"


class Plain:
    def __repr__(self) -> str:
        return f"Plain(token={SECRET})"


class Huge(int):
    """An integer with more digits than Python writes, which pytest would do for the test's name."""

    def __new__(cls) -> Huge:  # noqa: PYI034 - Self came with Python 3.11
        return int.__new__(cls, 10**5000)

    def __str__(self) -> str:
        return "huge"

    __repr__ = __str__


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Account("ann", SECRET), {"name": "ann", "password": REDACTED}),
        (Login("ann", SECRET), {"user": "ann", "api_key": REDACTED}),
        (Color.RED, "red"),
        (Shape.ROUND, "round"),
        (Plain(), f"Plain(token={REDACTED})"),
        (dt.datetime(2026, 1, 31, tzinfo=dt.timezone.utc), "2026-01-31T00:00:00+00:00"),
        (decimal.Decimal("1.50"), "1.50"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (Path("/srv/x"), "/srv/x"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        ({3}, [3]),
        (ValueError(f"password={SECRET}"), {"name": "ValueError", "message": f"password={REDACTED}"}),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (Huge(), "[INTEGER OF 16610 BITS]"),
        ({1: "a", None: "b", (1, 2): "c"}, {"1": "a", "None": "b", "(1, 2)": "c"}),
    ],
)
def test_values_of_python_become_plain(value: object, expected: object) -> None:
    assert redactor.value(value) == expected


class Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error

    __repr__ = __str__


class Wild(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        raise RuntimeError("no items")

    def __len__(self) -> int:
        raise RuntimeError("no length")


class Liar:
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise OSError("no class")


@pytest.mark.parametrize("error", [ValueError(), SystemExit(), GeneratorExit(), RecursionError(), MemoryError()])
def test_an_object_that_raises_is_named_by_its_type(error: BaseException) -> None:
    found = redactor.value({"x": Raises(error), "y": 1, Raises(error): 2})
    assert found["x"] == f"[UNREADABLE Raises: {type(error).__name__}]"
    assert found["y"] == 1


def test_objects_with_wild_methods_are_no_error() -> None:
    for value in (Wild(a=1), Liar(), [Wild(b=2)], {"x": Liar()}):
        assert "UNREADABLE" in written(value)


def test_a_generator_is_not_consumed() -> None:
    values: Iterator[int] = (number for number in range(3))
    redactor.value({"values": values})
    assert list(values) == [0, 1, 2]


def test_cycles_end() -> None:
    tree: dict[str, Any] = {"a": 1}
    tree["self"] = [tree]
    assert redactor.value(tree) == {"a": 1, "self": ["[CYCLE]"]}


def test_what_appears_twice_is_no_cycle() -> None:
    item = {"a": 1}
    assert redactor.value([item, item]) == [item, item]


def test_depth_and_size_are_bounded() -> None:
    deep: list[Any] = []
    for _number in range(10_000):
        deep = [deep]
    assert "[DEEPER]" in written(deep)
    assert redactor.value(list(range(5000)))[-1] == "[1 MORE]"
    assert len(written({"x": ["é" * 200_000] * 50, **{f"k{n}" * 100: n for n in range(9000)}})) < 2 * MOST_CHARACTERS
    laughs: list[Any] = ["ha"]
    for _number in range(30):
        laughs = [laughs] * 30
    assert len(written(laughs)) < 50_000


def test_a_text_is_cut_after_the_search_so_that_no_half_of_a_secret_is_left() -> None:
    text = "x" * (LONGEST_TEXT - 30) + f" password={SECRET * 9} " + "y" * 50_000
    found = redactor.text(text)
    assert SECRET[:5] not in found
    assert found.endswith(" CHARACTERS MORE]")


@pytest.mark.parametrize(
    "part",
    # What makes patterns that backtrack slow: begins of what they search, without its end.
    [
        "eyJ",
        "://a:",
        "a://",
        "-----BEGIN ",
        "password='",
        'password="\\',
        "1 ",
        "1",
        "4111 ",
        "a.",
        "key=",
        "--a ",
        "bearer ",
        "@",
        "'a",
        ",",
        "password=a,",
        "([",
    ],
)
def test_no_text_takes_long(part: str) -> None:
    text = part * (20_000 // len(part))
    begun = time.process_time()
    redactor.text(text)
    assert time.process_time() - begun < 2


def test_attributes_of_a_span_keep_their_types() -> None:
    given_attributes = {
        "http.request.header.authorization": ["Basic x"],
        "n": 3,
        "x": (1.5, 2),
        "url": f"a?token={SECRET}",
    }
    assert redactor.attributes(given_attributes) == {
        "http.request.header.authorization": REDACTED,
        "n": 3,
        "x": [1.5, 2],
        "url": f"a?token={REDACTED}",
    }


def test_the_list_of_the_guide_is_in_ours() -> None:
    assert {"password", "token", "apikey", "secret", "authorization"} <= set(CONTAINED)
    assert not set(WHOLE) & set(CONTAINED)
