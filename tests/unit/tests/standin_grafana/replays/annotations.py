"""Which recordings of annotations are replayed."""

from __future__ import annotations

from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay

REPLAYS = {"21-annotations": Replay(after=("00-setup",), first_ids={"annotation": 22})}
