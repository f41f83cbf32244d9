# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a launch asks for, and why a job template would not do it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..spec import Spec, StepError, variables_of
from .api import AwxError

__all__ = ["order_of"]

# What a template can accept at a launch, by its switch in the API, as the pages of AWX call it.
_SWITCHES = {"variables": "Variables", "labels": "Labels", "limit": "Limit", "job_type": "Job Type"}
_JINJA = re.compile(r"\{[{%#]")


def order_of(spec: Spec, template: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the launch of an attempt asks for beside its label.

    Raises StepError where the template would do something else than the step.
    """
    named = f"the job template {template['name']} of AWX"
    if ignored := [shown for one, shown in _needed(spec, template) if not template.get(_switch(one))]:
        raise AwxError(f'{named} ignores {" and ".join(ignored)}: turn on "Prompt on launch" there.')
    for tags, shown in (("job_tags", "Job Tags"), ("skip_tags", "Skip Tags")):
        if template[tags]:
            raise AwxError(f"{named} has {shown}, which leave out parts of the step: remove them.")
    if template["job_slice_count"] > 1:
        raise AwxError(f'{named} makes slices instead of a job: set "Job Slicing" to 1.')
    order: dict[str, Any] = {"extra_vars": variables_of(spec)}
    # Texts may come from labels, and it is a setting of AWX, ALLOW_JINJA_IN_EXTRA_VARS, whether it evaluates them.
    if _JINJA.search(json.dumps(order)):
        raise StepError(f"The attempt {spec.attempt} has Jinja among its variables, which AWX might evaluate.")
    if template.get(_switch("job_type")):
        order["job_type"] = _job_type(spec)
    if template.get(_switch("limit")):
        # The step checks on localhost that the host is one, and no group: a limit without it would leave that out.
        order["limit"] = f"{spec.host.name},localhost"
    return order


def _needed(spec: Spec, template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a template has to accept, with how it is shown."""
    for name, shown in _SWITCHES.items():
        differs = {"limit": bool(template["limit"]), "job_type": template["job_type"] != _job_type(spec)}
        if differs.get(name, True):
            yield name, shown


def _switch(name: str) -> str:
    return f"ask_{name}_on_launch"


def _job_type(spec: Spec) -> str:
    return "check" if spec.check else "run"
