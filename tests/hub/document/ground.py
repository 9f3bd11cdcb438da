"""Makes a generated case speak of what exists: a random id ends at `not_found`, before the rules that matter."""

import copy
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import requests
from schemathesis import Case

_PARAM: Final = re.compile(r"{([a-z_]+)}")
_TIMEOUT_S: Final = 30


class Ground:
    """Ids that exist, by the collection they are listed in, as `headers` (else an admin) sees them."""

    def __init__(self, url: str, document: Mapping[str, Any], draw: random.Random) -> None:
        self._url = url
        self._draw = draw
        self._lists = [path for path, verbs in document["paths"].items() if "get" in verbs]
        self._ids: dict[str, list[str]] = {}

    def look(self, *callers: Mapping[str, str]) -> None:
        """Read every list anew; who comes later adds to who came before."""
        self._ids = {}
        with requests.Session() as session:
            for path in self._lists:
                for place in self._places(path):
                    for headers in callers:
                        self._read(session, place, headers)

    def _places(self, path: str) -> Sequence[str]:
        """The path itself; with one id in it, that of a few that exist."""
        names = _PARAM.findall(path)
        if not names:
            return [path]
        before, after = path.split("{" + names[0] + "}", 1)
        if not after or len(names) > 1:
            return []
        return [f"{before}{one}{after}" for one in self._ids.get(before.rstrip("/"), [])[:4]]

    def _read(self, session: requests.Session, place: str, headers: Mapping[str, str]) -> None:
        if place.endswith(("/stream", "/live")):
            return
        answer = session.get(self._url + place, headers=dict(headers), timeout=_TIMEOUT_S)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("application/json"):
            return
        body = answer.json()
        items = body.get("items", []) if isinstance(body, dict) else []
        found = self._ids.setdefault(place, [])
        found += [one["id"] for one in items if isinstance(one, dict) and isinstance(one.get("id"), str)]

    def put(self, case: Case[Any], path: str) -> None:
        """Some of the case's ids become ids that exist."""
        place = path
        for name in _PARAM.findall(path):
            before = place.split("{" + name + "}")[0].rstrip("/")
            known = self._ids.get(before, [])
            if known and self._draw.random() < 0.8:
                case.path_parameters[name] = self._draw.choice(known)
            place = place.replace("{" + name + "}", str(case.path_parameters.get(name)), 1)
        if isinstance(case.body, dict):
            case.body = self._known(copy.deepcopy(case.body))
        if case.query:
            case.query = self._known(dict(case.query))

    def _known(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._known(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self._known(one, name) for one in value]
        known = self._named(name) if isinstance(value, str) and name.endswith("_id") else []
        return self._draw.choice(known) if known and self._draw.random() < 0.8 else value

    def _named(self, name: str) -> list[str]:
        """`tariff_id` is one of …/tariffs, `vehicle_type_id` one of …/vehicle-types."""
        word = name.removesuffix("_id").replace("_", "-")
        return next((ids for place, ids in self._ids.items() if place.endswith((f"/{word}s", f"/{word}es"))), [])
