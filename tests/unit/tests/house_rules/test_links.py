from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.vigil.observability.tests.house_rules import links
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

Write = Callable[[dict[str, str]], Tree]

FILES = {
    "plugins/module_utils/_http/session.py": "class Session:\n",
    "docs/other.md": "# Other\n\n## What `make test` runs, and why\n\n```\n# No heading\n```\n",
}


@pytest.mark.parametrize(
    "link",
    [
        "[`Session`](../plugins/module_utils/_http/session.py)",
        "[one session](../plugins/module_utils/_http/session.py)",
        "[the room](../plugins/module_utils/_http)",
        "[other](other.md#what-make-test-runs-and-why)",
        "[below](#below)",
        "[elsewhere](https://example.com/page.md)",
        "```\n[shown](as_code.md)\n```",
    ],
)
def test_a_link_that_leads_where_it_says_is_fine(write: Write, link: str) -> None:
    assert list(links.broken(write({**FILES, "docs/page.md": f"## Below\n\n{link}\n"}))) == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("[`Session`](../plugins/module_utils/_session.py)", "leads to no file"),
        ("[the room](../plugins/module_utils/_ht)", "leads to no file"),
        ("[`Sessions`](../plugins/module_utils/_http/session.py)", "names Sessions, which "),
        ("[`close()`](../plugins/module_utils/_http/session.py)", "names close, which "),
        ("[other](other.md#no-heading)", "leads to no section of docs/other.md"),
        ("[above](#above)", "leads to no section of docs/page.md"),
    ],
)
def test_a_link_that_leads_elsewhere_is_named_with_its_page(write: Write, link: str, problem: str) -> None:
    [found] = links.broken(write({**FILES, "docs/page.md": f"## Below\n\n{link}\n"}))
    assert found.startswith(f"docs/page.md: the link {link} {problem}")
