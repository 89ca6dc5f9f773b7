"""Kills a child with the real queue and drainer, and beside it the whole daemon, while Synerise fails.

The last line says: kills, faults (and after how many of them everything was stored), things that Synerise
does not hold in the end, or holds otherwise than the shop, items that arrived once more (and of how many the
sender could not know whether they had arrived, which bounds them), and the time from a start to the first
delivery, median and worst. The status is 1 if anything was lost or stale, or repeated without a reason.
"""

import argparse
import random
import sys
import time

from benchmarks.torture.account import Account
from benchmarks.torture.parts import report, run_all


def main(kills: int, daemon_kills: int, seed: int) -> int:
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    accounts = run_all({"child": kills, "daemon": daemon_kills}, seed)
    both = Account()
    for name, account in accounts.items():
        report(name, account.line())
        both += account
    if both.unexplained:
        print(f"{both.unexplained} items were repeated without a reason")
    print(f"{both.line()}, in {(time.monotonic() - began) / 60:.1f} minutes")
    return 0 if both.fine else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.torture", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=10_000, help="of the child (10000)")
    parser.add_argument("--daemon-kills", type=int, default=300, help="of the whole daemon (300)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    sys.exit(main(given.kills, given.daemon_kills, given.seed))
