"""The verb that erases a person."""

import sys
from typing import Any

import click

from synqd.cli.synqctl import views
from synqd.cli.synqctl.console import Console, Failure, Verb, pass_console


@click.command(cls=Verb)
@click.option("--email", metavar="ADDRESS", help="Whoever has this e-mail; - reads it from standard input.")
@click.option(
    "--customer-id", type=click.IntRange(1), metavar="N", help="The customer with this id in Magento."
)
@click.option("--revoke", is_flag=True, help="The other way round: let the person be synchronized again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_console
def forget(console: Console, /, *, revoke: bool, yes: bool, **whom: Any) -> None:
    """Erase a person: customer, subscriber and orders, from queue, ledger, log, change log and dead letters.

    From then on nothing about the person is sent or recorded; of the e-mail only a salted hash is kept, by
    which the person is known again. Magento and Synerise are not touched: the answer says what is left to do.
    """
    if whom["email"] == "-":
        whom["email"] = sys.stdin.readline().strip("\r\n")
    body = {name: value for name, value in whom.items() if value}
    if len(body) != 1:
        raise click.UsageError("give either --email or --customer-id")
    if revoke:
        console.show(console.client.post("/v1/persons/readmit", body), views.readmitted)
        return
    if not yes:
        if not sys.stdin.isatty():
            raise Failure("forgetting cannot be undone; say --yes")
        click.confirm("Forgetting cannot be undone. Go on?", abort=True, err=True)
    console.show(console.client.post("/v1/persons/forget", body), views.forgotten)
