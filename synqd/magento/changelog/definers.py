"""The account that triggers run as (their definer), which has to stay with its rights.

A trigger whose definer is gone, or has lost TRIGGER on the table, makes the *shop's* write fail, and no
handler in the body can catch that. So triggers get the account of Magento's own, which the shop cannot do
without, where that may be set; else they belong to the account that installs.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from synqd.magento.changelog.look import Reads
from synqd.magento.changelog.render import account_name
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.tables import META
from synqd.magento.grants import Grants
from synqd.magento.translate import GRANT_EXISTS_NOT, ServerError
from synqd.models.errors import ConfigError, Denied

GONE = "does not exist"
UNKNOWN = "cannot be looked at"
_MAY_SET = ("SUPER", "SET USER", "SET_USER_ID", "SET_ANY_DEFINER")
"""Rights with which triggers may be given to another account: MySQL and MariaDB, older and newer."""


async def choose(reads: Reads, state: State, wanted: str | None) -> str:
    """The account (``user@host``) that new triggers get.

    Args:
        reads: a session of the installing account.
        state: what is there.
        wanted: what the operator asked for; None for the best there is.

    Raises:
        ConfigError: the account asked for does not exist, lacks rights, or may not be set.
    """
    ((current,),) = await reads.fetch("SELECT CURRENT_USER()")
    if wanted is not None and wanted != current:
        if not await _may_set(reads):
            raise ConfigError(
                f"triggers cannot be given to {wanted}: {current} needs the right SET USER (MariaDB),"
                " SET_ANY_DEFINER (MySQL) or SUPER for that"
            )
        if lacking := await unfit(reads, wanted, state):
            raise ConfigError(f"triggers cannot be given to {wanted}: it {lacking}")
        return wanted
    shops = magentos(state)
    if wanted is not None or not shops or shops == current or not await _may_set(reads):
        return str(current)
    return str(current) if await unfit(reads, shops, state) else shops


def magentos(state: State) -> str | None:
    """The account that most of Magento's own triggers run as; None where it cannot be seen."""
    counted = Counter(trigger.definer for trigger in state.around.triggers if trigger.definer)
    return counted.most_common(1)[0][0] if counted else None


def present(state: State) -> list[str]:
    """The accounts that triggers of ours run as, as far as they can be seen."""
    return sorted({trigger.definer for trigger in state.present.values() if trigger.definer})


async def to_replace(reads: Reads, state: State, wanted: str | None) -> frozenset[str]:
    """Accounts whose triggers have to be made anew: another one is asked for, or they cannot run.

    Args:
        reads: a session of the installing account.
        state: what is there.
        wanted: what the operator asked for, if anything.
    """
    found = set()
    for account in present(state):
        if wanted is not None:
            is_wrong = account != wanted
        else:
            is_wrong = await unfit(reads, account, state) not in {None, UNKNOWN}
        if is_wrong:
            found.add(account)
    return frozenset(found)


async def unfit(reads: Reads, account: str, state: State) -> str | None:
    """Why an account cannot have the triggers; None if it can.

    ``GONE`` if there is none of that name, ``UNKNOWN`` where the asking account may not see the rights of
    others: nothing is risked then.
    """
    grants = await _grants_of(reads, account)
    if not isinstance(grants, Grants):
        return grants
    ((database,),) = await reads.fetch("SELECT DATABASE()")
    lacking = _lacking(grants, str(database), state)
    return f"lacks {lacking}" if lacking else None


async def may_read(reads: Reads, account: str, table: str) -> bool:
    """Whether an account is known to have SELECT on a table (prefix included)."""
    grants = await _grants_of(reads, account)
    ((database,),) = await reads.fetch("SELECT DATABASE()")
    return isinstance(grants, Grants) and grants.allows("SELECT", str(database), table)


async def _grants_of(reads: Reads, account: str) -> Grants | str:
    """An account's rights; ``GONE`` or ``UNKNOWN`` where there are none to see."""
    try:
        lines = await reads.fetch(f"SHOW GRANTS FOR {account_name(account)}")
    except ServerError as error:
        if error.code == GRANT_EXISTS_NOT:
            return GONE
        raise
    except Denied:
        return UNKNOWN
    return Grants([str(line) for (line,) in lines])


def _lacking(grants: Grants, database: str, state: State) -> str | None:
    """The first right that is missing, for people."""
    needed: Iterable[tuple[str, Sequence[str]]] = (
        ("TRIGGER", list(dict.fromkeys(trigger.table for trigger in state.wanted))),
        ("INSERT", [name for name in state.wanted_tables if name.endswith("_cl")]),
        ("SELECT", [state.around.prefix + META]),
    )
    for right, tables in needed:
        for table in tables:
            if not grants.allows(right, database, table):
                return f"{right} on {table}"
    return None


async def _may_set(reads: Reads) -> bool:
    grants = Grants([str(line) for (line,) in await reads.fetch("SHOW GRANTS")])
    return any(map(grants.allows_globally, _MAY_SET))
