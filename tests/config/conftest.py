from collections.abc import Callable
from pathlib import Path

import pytest

from synqd.config import Settings, load_settings

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a configuration from text and variables."""

    def loads(text: str, **variables: str) -> Settings:
        path = tmp_path / "synqd.toml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path, variables)

    return loads
