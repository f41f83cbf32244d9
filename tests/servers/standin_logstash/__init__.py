"""A stand-in for Logstash: a program of ours that runs pipelines as Logstash is documented to, and is not Logstash.

It takes upstream's layout, command line, `logstash.yml` and `pipelines.yml`. Pipelines are parsed by `lscl` and
executed; a setting, a plugin or an option that it does not execute is refused by name, so nothing passes by being
ignored. Events come by the Beats protocol with TLS, and go to a real Elasticsearch.

What lines become is in `tests/unit/tests/standin_logstash/events.jsonl`, the same for the stand-in and for an archive
of upstream's (LOGSTASH_ARCHIVE). Queues and dead letters are SQLite databases: only upstream reads upstream's.
"""

from __future__ import annotations
