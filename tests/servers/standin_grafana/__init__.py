"""A stand-in for Grafana: a server of ours on bottle and cheroot that answers Grafana's HTTP API, and is not Grafana.

What it reproduces was recorded on a real backend of 9.4 (`recordings/*.json`); `tests/unit/tests/standin_grafana/`
replays the recorded requests and compares status and body. What documentation says but no recording shows is marked
with `@documented("...")`, holds for releases from 11 on (`call.settings.newer`), and is listed by the same test. What a
real 9.4 was seen to do, without a recording, is marked with `@seen("...")`.

A module of routes, such as `folders.py`, is made like this:

- `routes = Routes()`, and `@routes.get("/api/folders/<uid>", needs=Need("folders:read", VIEWER))` over a function that
  takes a `Call` and returns what is sent as JSON, or an `Answer(status, body)`; `Raw("")` is a body that is not JSON.
  Every module here that has `routes` is served.
- `call.args["uid"]` is from the path, `call.query.get("limit")` from the query, `call.json()` the body, `call.org` the
  id of the organisation, `call.who` who asks. `Need(permission, role)` is checked before; SERVER_ADMIN is a role too.
- `call.store` holds JSON objects by organisation, kind and uid: `get`, `all`, `named`, `by_id`, `put`, `delete`, and
  `next_id` for numbers. A request is one transaction: an error answer takes back what was written.
- `raise Refusal(404, "not found", status="not-found")` answers with an error, `call.forbid("x:read")` with a 403.

Which recordings are replayed, and which of their pairs are not reproduced and why, is said by area in
`tests/unit/tests/standin_grafana/replays/*.py`.
"""

from __future__ import annotations
