"""Compares Magento with the ledger, and on demand with Synerise; enqueues what differs, if asked to.

A verification walks each model and store view by key ranges. A page takes the next ids of Magento and the ids
that the ledger has alive in the same range, maps all of them as a delivery would, and compares:

``missing``   Magento has it, Synerise never got it (or got a removal)
``stale``     the payload is not the one that was sent last, or it was sent under another key
``gone``      it is gone from Magento, or may not be sent any more, and still lives at Synerise
``waiting``   it differs, but is in the outbox already
``skipped``   it is left out on purpose, with a reason; ``old_alive`` counts those of them of which Synerise
              goes on showing an old version (an e-mail that became unfit, say): nothing repairs these

A few differences are looked at a second time after a moment: a change whose row in the change log was not
read yet is no fault. With ``remote``, evenly spread items that should be right are read back from Synerise:
``absent``, ``different`` (with the names of the fields) or ``unreadable``; transactions cannot be read back.

Position, figures, the first findings by name and the repairs are one transaction a page, so a restart goes on
where it was. Repairs are forced items of the batch lane and never more than ``full_backlog`` at a time.

``mover``     the ticks
``compare``   what is right, what is not; pure
``remote``    reading back
"""

from synqd.movers.verifier.mover import Verifier

__all__ = ["Verifier"]
