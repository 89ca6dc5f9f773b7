"""The plans in use, made from the shop's metadata and kept for a bounded time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from synqd.entities.base import Context, Source
from synqd.entities.customer.attributes import Attribute, load_attributes, load_options, select
from synqd.entities.customer.plan import Plan, make_plan

MAX_AGE = timedelta(minutes=5)
"""Metadata is read again at the latest after this; a change log usually tells of changes much earlier."""

_Wanted = tuple[int, str, tuple[str, ...] | str]


class Plans:
    """Plans by store view and what the settings want there; forgets all of them at once."""

    def __init__(self) -> None:
        self._made: dict[_Wanted, Plan] = {}
        self._known: Mapping[str, Attribute] = {}
        self._since: datetime | None = None
        self._round = 0

    def forget(self) -> None:
        """Attributes or options changed: read them again."""
        self._since = None
        self._round += 1

    async def of(self, source: Source, context: Context) -> Plan:
        """The plan for a context's store view."""
        if self._since is None or not timedelta(0) <= context.now - self._since <= MAX_AGE:
            begun = self._round
            self._known = await load_attributes(source)
            self._made = {}
            # What was forgotten while it was read is read again by the next.
            self._since = context.now if begun == self._round else None
        attributes = context.settings.customer.at(context.store).attributes
        mapping = context.settings.sync.mapping
        wanted = (context.store.store_id, mapping, attributes)
        plan = self._made.get(wanted)
        if plan is None:
            selected = select(attributes, self._known)
            begun = self._round
            options = await load_options(source, context.store.store_id, selected)
            plan = make_plan(mapping, selected, options)
            if begun == self._round:
                self._made[wanted] = plan
        return plan
