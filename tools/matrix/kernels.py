# SPDX-License-Identifier: GPL-2.0
"""The kernels of the matrix, and where their packages are unpacked."""

import argparse
import os
from pathlib import Path

FLAVOUR = 'amd64'

# Each series lists the sets of Debian suites that may carry it; the newest
# package of all sets is taken.  A set also supplies the compiler, so a
# backport is named together with the release it was made for.
SERIES = {
    '5.10': [('bullseye', 'bullseye-security')],
    '6.1': [('bookworm', 'bookworm-security')],
    '6.12': [('trixie', 'trixie-security')],
    '7': [('trixie', 'trixie-security', 'trixie-backports'), ('sid',)],
}


class PrepareError(Exception):
    """A kernel or its compiler could not be made ready; says why in one line."""


def cache():
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(base) / 'pvio' / 'matrix'


def chosen(text):
    """'6.1,7' -> ['6.1', '7']; for argparse."""
    names = list(dict.fromkeys(n for n in text.split(',') if n))
    unknown = [n for n in names if n not in SERIES]
    if unknown or not names:
        raise argparse.ArgumentTypeError("no such kernel '%s': there are %s"
                                         % (','.join(unknown), ', '.join(SERIES)))
    return names
