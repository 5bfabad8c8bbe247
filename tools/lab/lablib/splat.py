# SPDX-License-Identifier: GPL-2.0
"""Recognises what a healthy kernel never logs."""

import re

PATTERN = re.compile(
    r"WARNING:|BUG[: ]|Oops|KASAN|UBSAN|KCSAN|Kernel panic|use-after-free|refcount_t:"
    r"|possible (circular|recursive|irq|unsafe|deadlock)|scheduling while atomic"
    r"|general protection|nobody cared|kernel NULL pointer|unable to handle"
    r"|suspicious RCU|INFO: (task|rcu|trying to register)|DEBUG_LOCKS")
MOST_LINES = 40


def lines(texts):
    return [text for text in texts if PATTERN.search(text)][:MOST_LINES]


def leaks(report):
    """Whatever find-leaks had to say, each line marked as such."""
    return [f"kmemleak: {text}" for text in report.splitlines()][:MOST_LINES]
