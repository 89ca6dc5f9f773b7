"""Forgetting people (S20)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from synqd.app.operations.base import Desk
from synqd.app.storage import QUEUE_FILE
from synqd.control import Caller, NotFound, schema
from synqd.entities import Source
from synqd.entities.person import names_of, read_customers, read_orders, read_subscribers
from synqd.logs import get_logger
from synqd.models.errors import MagentoUnavailable
from synqd.models.names import Model
from synqd.models.person import Person, being_mark, email_mark, folded

LANDING = 15.0
"""Seconds that the answer waits for requests under way with data of the person."""

log = get_logger("control")


@dataclass(frozen=True, slots=True)
class Found:
    """A person, and the addresses as they are spelled."""

    person: Person
    spelled: frozenset[str]


class ForgetOperations(Desk):
    """Verbs for forgetting people."""

    async def forget_person(self, whom: schema.PersonRequest, caller: Caller) -> schema.Forgotten:
        """Erases a person everywhere but in Magento and Synerise."""
        generation = self._daemon.generation
        if generation is None:
            waits = self._obstacle(()) or "Magento does not answer"
            raise MagentoUnavailable(f"the person's orders cannot be found ({waits}); nothing was erased")
        found = await self._identify(generation.parts.magento.source, whom)
        rows = await generation.parts.magento.forget(sorted(found.spelled | found.person.emails))
        erased = await self._queue.forget(found.person, str(caller))
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
        if not await self._queue.revoke([mark], str(caller)):
            raise NotFound("nobody who was forgotten is known by this", field="email")
        log.info("person.readmitted", by=str(caller))
        return schema.Affected(count=1)

    async def _identify(self, source: Source, whom: schema.PersonRequest) -> Found:
        """Everything that is the person's, by what Magento and the queue file know.

        A customer's present address counts, not one that the ledger still has: somebody else may have it by
        now. Of a customer that is gone in Magento, the ledger's is the only one.
        """
        emails = {folded(whom.email)} if whom.email else set()
        customers = {whom.customer_id} if whom.customer_id else set()
        known = await self._queue.acquainted(emails, customers)
        customers |= {entity_id for model, entity_id in known if model is Model.CUSTOMER}
        present = await read_customers(source, emails, customers)
        former = {key for being, keys in known.items() if being[1] not in present for key in keys}
        spelled = {*present.values(), *former, *([whom.email] if whom.email else [])} - {""}
        emails |= {folded(one) for one in spelled}
        customers |= present.keys()
        subscribers = await read_subscribers(source, emails, customers)
        known |= await self._queue.acquainted(emails, customers)
        beings = {*known, *((Model.CUSTOMER, one) for one in customers)}
        beings |= {(Model.SUBSCRIBER, one) for one in subscribers}
        beings |= {(Model.ORDER, one) for one in await read_orders(source, emails, customers)}
        spelled |= {*subscribers.values(), *(key for keys in known.values() for key in keys)} - {""}
        names = names_of(spelled)
        return Found(Person(frozenset(emails), frozenset(beings), names), frozenset(spelled))

    def _remains(self, found: Found, *, in_flight: bool, clean: bool) -> Iterator[str]:
        whom = _listed(found.spelled) or "the person"
        yield f"Synerise: delete the profile of {whom} there; synqd sends nothing about the person any more"
        if in_flight:
            yield "a request about the person is still under way: delete the profile when it has ended"
        if not clean:
            yield "free space of the queue file, not cleaned yet (disk full or busy); the daemon tries hourly"
        directory = self._daemon.settings.queue.directory
        for file in sorted(directory.glob(f"{QUEUE_FILE}.broken-*")):
            yield f"{file}: a broken queue file that was set aside; delete it"
        yield "Magento itself, its binary log, and backups of the queue file or of the database"


def _number(person: Person, model: Model) -> int:
    return sum(one is model for one, _ in person.beings)


def _listed(emails: Collection[str]) -> str:
    return ", ".join(sorted(emails))
