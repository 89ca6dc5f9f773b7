"""Findings on a terminal."""

from collections.abc import Sequence

from synqd.cli.synqd.options import hinting
from synqd.magento import Finding, Level
from synqd.runtime.say import say, say_json

MARKS = {
    Level.OK: ("ok     ", "green"),
    Level.WARNING: ("warning", "yellow"),
    Level.ERROR: ("ERROR  ", "red"),
}


def show_findings(findings: Sequence[Finding], *, as_json: bool = False) -> bool:
    """Prints a line for each finding, worst last; whether none is an error."""
    ordered = sorted(findings, key=lambda one: list(Level).index(one.level))
    if as_json:
        say_json(
            {
                "findings": [
                    {
                        "level": one.level.value,
                        "subject": one.subject,
                        "message": one.message,
                        "remedy": hinting(one.remedy) or None,
                    }
                    for one in ordered
                ]
            }
        )
    for finding in () if as_json else ordered:
        text, color = MARKS[finding.level]
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        say(hinting(f" {finding.subject}: {finding.message}{remedy}"), mark=text, color=color)
    return not any(finding.level is Level.ERROR for finding in findings)
