"""Settings of the shop that stand outside its database (semantics S31)."""

from collections.abc import Iterator, Mapping

from pydantic import Field, model_validator

from synqd.config.mapping import Section
from synqd.models.shop import DEFAULT, PATHS, STORES, WEBSITES

Values = Mapping[str, str]


class DeployedSettings(Section):
    """`[shop.config]`: what `env.php`, `config.php` and `CONFIG__...` variables of the shop say."""

    complete: bool = False
    """These are all; without it `check-config --connect` warns."""
    default: Values = Field(default_factory=dict)
    """Values for the whole shop, by path; they win over the database's."""
    websites: Mapping[str, Values] = Field(default_factory=dict)
    """Values for single websites, by code, then path."""
    stores: Mapping[str, Values] = Field(default_factory=dict)
    """Values for single store views, by code, then path."""

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Scope, code ("" for the whole shop), path and value of each."""
        scopes = [(DEFAULT, "", self.default)]
        scopes += [(WEBSITES, code, values) for code, values in self.websites.items()]
        scopes += [(STORES, code, values) for code, values in self.stores.items()]
        for scope, code, values in scopes:
            yield from ((scope, code, path, value) for path, value in values.items())

    @model_validator(mode="after")
    def _known_paths(self) -> "DeployedSettings":
        for _, _, path, _ in self.rows():
            if not path.startswith(PATHS):
                raise ValueError(f"{path}: synqd does not read this path; take it out")
        return self


class ShopSection(Section):
    """What is known of the shop beside its database."""

    config: DeployedSettings = Field(default_factory=DeployedSettings)
    """Settings that the shop has outside its database; `synqd shop-config` prints them."""
