"""Reading YAML strictly: the JSON-schema tag set only, no duplicate keys.

PyYAML's own rules are YAML 1.1: the key `NULL` becomes None, `on` a boolean, a date a date. Case files hold DynamoDB JSON, where all of these are text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

    Loader = yaml.SafeLoader
else:
    # libyaml's parser takes a tenth of the time; PyYAML can be built without it.
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StrictLoader(Loader):
    """A SafeLoader that knows true, false, null and integers, and refuses duplicate keys."""


def _construct_mapping(loader: StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    out: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in out:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
        out[key] = loader.construct_object(value_node, deep=True)
    return out


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)
StrictLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^null$", "n"),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("merge", r"^<<$", "<"),
):
    StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def load_yaml(path: Path) -> Any:
    """Read one file; a YAML error names the file and the place."""
    return yaml.load(path.read_text(encoding="utf-8"), StrictLoader)  # noqa: S506 - StrictLoader is a SafeLoader
