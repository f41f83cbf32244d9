"""What a handler answers, and how it refuses."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["JSON", "JSON_UTF8", "Answer", "Raw", "Refusal", "forbidden"]

JSON = "application/json"
JSON_UTF8 = "application/json; charset=UTF-8"


class Raw(str):
    """A body that is sent as it is."""

    __slots__ = ()


@dataclass(frozen=True)
class Answer:
    """A status, a body (anything that JSON can say, or `Raw`), a content type and more headers."""

    status: int = 200
    body: object = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the body as bytes, as Go writes JSON: compact, with <, > and & escaped."""
        if isinstance(self.body, Raw):
            return self.body.encode()
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        for character in "<>&":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text.encode()


class Refusal(Exception):  # noqa: N818 - it is an answer
    """An error answer: {"message": ..., and what else is given}."""

    def __init__(self, code: int, text: str, **more: object) -> None:
        super().__init__(text)
        self.answer = Answer(code, {"message": text, **more})

    @classmethod
    def of(cls, answer: Answer) -> Refusal:
        """Return a refusal with exactly this answer."""
        refusal = cls(answer.status, "")
        refusal.answer = answer
        return refusal


def forbidden(permission: str) -> Refusal:
    """Return the refusal for one who lacks a permission, which has a random id as every one of them."""
    body = {
        "accessErrorId": f"ACE{secrets.randbelow(10**10):010d}",
        "message": f"You'll need additional permissions to perform this action. Permissions needed: {permission}",
        "title": "Access denied",
    }
    return Refusal.of(Answer(403, body, JSON_UTF8))
