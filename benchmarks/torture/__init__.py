"""Kills and faults, thousands of times: nothing may be lost or stale; what was not recorded may be repeated.

Two victims, side by side. A child with the real queue and drainer, forked from a process that has
everything imported, so that it can be killed several times a second; and the whole daemon over a MariaDB of
its own. Both deliver to a fake Synerise that answers 504 after it has stored everything, cuts connections,
says nothing, refuses some items of a request, throttles, and forgets tokens. Meanwhile things in the shop go
back and forth between a few values, are renamed, exchange their keys, go and come back, and people agree and
withdraw. In the end Synerise has to hold what the shop does, consent included.

``edits``     a pretended shop that is edited at random, by a seed
``mapping``   what the child makes of it
``hand``      does the same edits in Magento's tables
``mischief``  the fake Synerise, and what goes wrong there
``witness``   what arrived, what of it was there already, and what may be sent again
``victim``    the child
``child``     the first part
``daemon``    the second part
``parts``     both, side by side
``account``   what came of it, and the last line
"""
