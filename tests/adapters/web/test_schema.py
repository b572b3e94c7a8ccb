"""What /schema promises is what happens: schemathesis knocks with whatever the description allows, and worse.

SCHEMA_EXAMPLES=300 for more of it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.schemas import OpenApiSchema

from .front_door import SECRET, TOKEN, FrontDoor, standing

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "25"))
OPERATIONS = [
    ("POST", "/webhook"),
    ("POST", "/webhook/{secret}"),
    ("GET", "/health"),
    ("GET", "/diagram"),
    ("GET", "/"),
    ("GET", "/metrics"),
]
ENDLESS = ("GET", "/events")  # never answered in full; see test_window
# Text that is valid by the schema may still be no alert: 422 is documented for it.
MEANING = [schemathesis.checks.positive_data_acceptance, schemathesis.checks.negative_data_rejection]
VISITS = itertools.count()
KEYS = [{}, {"X-Webhook-Secret": SECRET}, {"Authorization": f"Bearer {TOKEN}"}]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with standing(tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.fixture(scope="module")
def schema(door: FrontDoor) -> OpenApiSchema:
    return schemathesis.openapi.from_url(f"{door.url}/schema")


def test_every_operation_is_known(door: FrontDoor) -> None:
    paths = httpx.get(f"{door.url}/schema").json()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == {*OPERATIONS, ENDLESS}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_answer_is_a_surprise(schema: OpenApiSchema, door: FrontDoor, method: str, path: str) -> None:
    operation = schema[path][method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode)),
        keys=st.sampled_from(KEYS),
    )
    def knock(case: schemathesis.Case[Any], keys: dict[str, str]) -> None:
        nth = next(VISITS)
        address = f"2001:db8:{nth // 2**16:x}:{nth % 2**16:x}::1"  # nobody comes so often that he has to wait
        case.call_and_validate(headers={**keys, "X-Forwarded-For": address}, excluded_checks=MEANING)

    knock()
