"""The drainer: from the outbox to Synerise.

One ``tick()`` asks the queue which streams are due, gives the free places of each workspace to the best of
them (``choice``), leases a chunk for each place and starts a carrier for it. A carrier

1. composes the chunk: the entity reads all rows at once and says per item what shall be sent, or why not;
2. leaves out what the ledger says is unchanged (live changes only, S5) and puts off what would overtake a
   version in flight under the same wire key (S8);
3. packs the rest into requests (``requests``), which share the workspace's ``max_in_flight``, so reading the
   next chunk overlaps with requests under way;
4. settles each request's items in one shielded transaction: what Synerise took is recorded even while the
   daemon stops.

``gates`` hold the circuit breakers: an outage closes the way for one endpoint of one workspace only, nobody's
attempts grow, and a restart does not hammer because their state lies in the queue file.

At stop, carriers get a grace time; then they are cut and give back what they had not sent yet.
"""

from synqd.drainer.mover import Drainer

__all__ = ["Drainer"]
