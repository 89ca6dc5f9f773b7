"""The drainer: from the outbox to Synerise.

One ``tick()`` asks the queue which streams are due, gives the free places of each workspace to the best of
them (``choice``), leases a chunk for each place and starts a worker for it. A worker

1. composes the chunk: the entity reads all rows at once and says per item what shall be sent, or why not;
2. leaves out what the ledger says is unchanged (live changes only, S5) and reads again, a little later, what
   would overtake a version in flight under the same wire key, or was overtaken by one while it was read (S8);
3. packs the rest into requests (``requests``), which share the workspace's ``max_in_flight``, so reading the
   next chunk overlaps with requests under way;
4. notes each request in the queue file before it leaves, and settles its items in one shielded transaction:
   what Synerise took is recorded even while the daemon stops, and what it may have taken without saying so
   is in doubt (S24).

``breakers`` hold the circuit breakers: an outage closes the way for one endpoint of one workspace only, a
refused key for the whole workspace; nobody's attempts grow, and a restart does not hammer because their state
lies in the queue file. A 429 is no failure: the workspace's limiter holds everybody until its pause is over.

Trouble stays where it is
-------------------------
* Synerise: places and request slots (``slots``) always leave one for live changes, one for the other models
  and endpoints, and live changes are read and sent first; what a breaker is known to refuse is not tried.
* Magento: ``read_backoff`` pauses one model at a time and reads less at once; only some of the connections
  are for one model, so a locked table leaves the rest to the others.
* The queue file: what was sent waits in its place until it can be recorded, so sending comes to rest by
  itself and nothing is sent again because of it.
* One item: Synerise's refusals bury it alone; what it chokes on (5xx) or what the entity cannot map
  (``isolate_mapping``) is isolated, tried some times and parked, provided that others pass.
* A catalog that is another one than before (``catalogs``) is filled by a full job that starts by itself.
* A worker that outlives its lease is cut; one that cannot be cut ends the process.

At stop, workers get a grace time; then they are cut and give back what was not settled.
"""

from synqd.movers.drainer.mover import Drainer

__all__ = ["Drainer"]
