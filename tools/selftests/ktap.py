# SPDX-License-Identifier: GPL-2.0
"""Reads KTAP (Documentation/dev-tools/ktap.rst)."""
import re

RESULT = re.compile(r"^((?:# |  )*)(not )?ok \d+ ?(?:- )?(.*)$")
SKIP = re.compile(r"#\s*SKIP\b", re.IGNORECASE)


class Results:
    """Counts of tests; the innermost ones, where tests have subtests."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, name, ok, skip):
        if skip:
            self.skipped.append(name)
        elif ok:
            self.passed += 1
        else:
            self.failed.append(name)

    def merge(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f"{self.passed} passed, {len(self.failed)} failed"


def parse(text):
    """The results in @text. A test with subtests counts as itself only when
    it failed though all of them passed, as by a time-out or a crash."""
    results = Results()
    below = 0       # subtests since the last result of the level above
    below_failed = 0
    for line in text.splitlines():
        match = RESULT.match(line)
        if not match:
            continue
        ok = not match[2]
        if match[1]:
            below += 1
            below_failed += not ok
        elif below and (ok or below_failed):
            below = below_failed = 0
            continue
        else:
            below = below_failed = 0
        results.add(match[3].strip(), ok, SKIP.search(match[3]))
    return results
