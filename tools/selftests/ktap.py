# SPDX-License-Identifier: GPL-2.0
"""Reads KTAP (Documentation/dev-tools/ktap.rst)."""
import re

RESULT = re.compile(r"^((?:# |  )*)(not )?ok \d+ ?(?:- )?(.*)$")
SKIP = re.compile(r"#\s*SKIP\b\s*(.*)", re.IGNORECASE)
# a program of which nothing can run says why in its plan
SKIPPED_PLAN = re.compile(r"^(?:# |  )*1\.\.0\s+#\s*SKIP\b\s*(.*)", re.IGNORECASE)


class Results:
    """Counts of tests; the innermost ones, where tests have subtests."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, name, ok, skipped=None):
        """@skipped: why it was, where it was."""
        if skipped is not None:
            self.skipped.append(f"{name}: {skipped}" if skipped else name)
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
    why = ""        # the program of the next result was skipped
    for line in text.splitlines():
        plan = SKIPPED_PLAN.match(line)
        if plan:
            why = plan[1]
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
        skip = SKIP.search(match[3])
        name = match[3][:skip.start()] if skip else match[3]
        results.add(name.strip(), ok, (skip[1] or why) if skip else None)
        why = ""
    return results
