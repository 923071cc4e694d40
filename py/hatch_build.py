"""The build: the wheel also holds the contract suite and the specification, for `dynamorm contract`.

They stand beside this folder in the repository, and in `suite/` of the source distribution.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONDUCTOR = "contract-tests/conductor/dynamorm_contract"
DATA = (
    "spec",
    "contract-tests/README.md",
    "contract-tests/cases",
    "contract-tests/dms",
    "contract-tests/golden",
    "contract-tests/models",
    "contract-tests/runners/README.md",
)


class SuiteHook(BuildHookInterface[Any]):
    """Takes the suite in."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the suite's files to what is built; an editable installation finds them where they are."""
        if version == "editable":
            return
        root = Path(self.root)
        brought = root / "suite"
        source = brought if brought.is_dir() else root.parent
        included: dict[str, str] = build_data["force_include"]
        if self.target_name == "sdist":
            included |= {str(source / name): f"suite/{name}" for name in (CONDUCTOR, *DATA)}
            return
        included[str(source / CONDUCTOR)] = "dynamorm_contract"
        included |= {str(source / name): f"dynamorm_contract/_suite/{name}" for name in DATA}
