"""Forgetting people (S20)."""

from collections.abc import Iterator

from synqd.app.generation import Generation
from synqd.app.operations.base import Verb
from synqd.app.operations.identifying import Found, Search
from synqd.app.storage import QUEUE_FILE
from synqd.control import Caller, NotFound, schema
from synqd.models.errors import MagentoUnavailable
from synqd.models.names import Model
from synqd.models.person import Person, being_mark, email_mark, folded
from synqd.runtime.logs import get_logger

LANDING = 15.0
"""Seconds that the answer waits for requests under way with data of the person."""

log = get_logger("control")


class ForgetOperations(Verb):
    """Verbs for forgetting people."""

    async def forget_person(self, whom: schema.PersonRequest, caller: Caller) -> schema.Forgotten:
        """Erases a person everywhere but in Magento and Synerise."""
        generation = self._daemon.generation
        if generation is None:
            waits = self._obstacle(()) or "Magento does not answer"
            raise MagentoUnavailable(f"the person's orders cannot be found ({waits}); nothing was erased")
        found = await self._identify(generation, whom)
        rows = await generation.parts.magento.forget(found.person.emails, found.person.beings)
        erased = await self._queue.people.forget(found.person, str(caller))
        self._retell(generation)
        in_flight = not await generation.drainer.landed(found.person.beings, LANDING)
        log.info("person.forgotten", by=str(caller), clean=erased.clean, in_flight=in_flight)
        return schema.Forgotten(
            entities={model: _number(found.person, model) for model in Model if _number(found.person, model)},
            erased={
                name: number for name, number in {**erased.gone, "change log rows": rows}.items() if number
            },
            in_flight=in_flight,
            clean=erased.clean,
            emails=sorted(found.spelled)[:100],
            remains=list(self._remains(found, in_flight=in_flight, clean=erased.clean)),
        )

    async def readmit_person(self, whom: schema.PersonRequest, caller: Caller) -> schema.Affected:
        """Lets somebody who was forgotten be synchronized again."""
        mark = email_mark(whom.email) if whom.email else being_mark(Model.CUSTOMER, whom.customer_id or 0)
        if not await self._queue.people.revoke([mark], str(caller)):
            raise NotFound("nobody who was forgotten is known by this", field="email")
        log.info("person.readmitted", by=str(caller))
        return schema.Affected(count=1)

    async def _identify(self, generation: Generation, whom: schema.PersonRequest) -> Found:
        """Everything that is the person's, by what Magento and the queue file know."""
        search = Search(generation.parts.magento.source, self._queue.people.acquainted)
        if whom.email:
            search.emails.add(folded(whom.email))
            search.spelled.add(whom.email)
        else:
            search.beings.add((Model.CUSTOMER, whom.customer_id or 0))
        return await search.run()

    def _retell(self, generation: Generation) -> None:
        """Reasons in memory name whoever was forgotten no more."""
        generation.retell()
        self._daemon.health.retell(self._queue.people.blotted)

    def _remains(self, found: Found, *, in_flight: bool, clean: bool) -> Iterator[str]:
        settings = self._daemon.settings
        whom = ", ".join(sorted(found.spelled)) or "the person"
        where = "there"
        if len(settings.workspaces) > 1:
            where = f"in each workspace ({', '.join(sorted(settings.workspaces))})"
        yield f"Synerise: delete the profile of {whom} {where}; synqd sends nothing about the person any more"
        for number in found.before:
            yield f"customer {number} had the address before and has another one now: taken for somebody else"
        if found.passed_on:
            yield "an address that the person had before and somebody else has now: left alone"
        if in_flight:
            yield "a request about the person is still under way: delete the profile when it has ended"
        if not clean:
            yield "free space of the queue file, not cleaned yet (disk full or busy); the daemon tries hourly"
        for file in sorted(settings.queue.directory.glob(f"{QUEUE_FILE}.broken-*")):
            yield f"{file}: a broken queue file that was set aside; delete it"
        yield "what synqd has logged at level debug (journal, log files): an answer may name the person"
        yield "Magento itself (tables, binary log), and backups of the queue file or of the database"


def _number(person: Person, model: Model) -> int:
    return sum(one is model for one, _ in person.beings)
