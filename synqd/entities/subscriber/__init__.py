"""Newsletter subscribers become e-mail agreements, and nothing but that (semantics S10).

A subscriber's agreement is the one of its e-mail in the workspace. Where several rows share an e-mail
there, the latest change of status wins and an unsubscription wins a tie (``consent``); the others are
skipped. A row that waits for a confirmation never wins against one that does not, and withdraws nothing: its
address may be anybody's (S33).

An agreement that was given and sent once is not sent again by a full synchronization: somebody may have
unsubscribed at Synerise since. The ledger's field names tell: ``agreements.email`` is among them only while
it was sent as given.

A deleted subscriber, one that left the workspace and an e-mail that was changed withdraw the agreement of
the old e-mail, unless another living row of the workspace holds that e-mail: then its status is sent
instead.

A withdrawal is undone only by an agreement with a later time (S26). The ledger remembers when the word was
said that was sent; for a deleted row that is when it was deleted. Rows that are gone and rows without a
store view keep their say as far as it was a withdrawal. While it is in doubt what arrived (S24), a withdrawal
leaves again, an agreement only if it was given after the last word that did arrive.
"""

from synqd.entities.declaration import Declaration, Stamped
from synqd.entities.paging import unplaced
from synqd.entities.subscriber.entity import SubscriberEntity
from synqd.models.names import Model
from synqd.models.wire import Endpoint

DECLARATION = Declaration(
    Model.SUBSCRIBER,
    SubscriberEntity,
    endpoints=(Endpoint.CLIENTS,),
    stamped=(Stamped("newsletter_subscriber", "subscriber_id", "subscriber_id", "change_status_at"),),
    unplaced=unplaced("newsletter_subscriber"),
    keys={"emails": "email"},
)

__all__ = ["DECLARATION", "SubscriberEntity"]
