# SPDX-License-Identifier: GPL-2.0
"""Figures of serial ports: how many times faster the same characters go out."""
from spread import ratio_text, ratios

WHAT = {"console": "records of the kernel's log to the console",
        "line": "a file to a serial line"}


def collect(raw):
    """{what: {mode: [seconds of each round]}}"""
    found = {}
    for line in next(raw.glob("**/characters")).read_text().splitlines():
        what, mode, seconds = line.split()
        found.setdefault(what, {}).setdefault(mode, []).append(float(seconds))
    return found


def table(figures):
    lines = ["| characters a second, against the stock driver | with the host | without |",
             "| --- | --- | --- |"]
    for what, modes in figures.items():
        cells = [ratio_text(ratios(modes["stock"], modes[mode])) for mode in ("host", "alone")]
        lines.append(f"| {WHAT[what]} | {' | '.join(cells)} |")
    return "\n".join(lines)
