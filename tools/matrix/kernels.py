# SPDX-License-Identifier: GPL-2.0
"""The kernels of the matrix, and where their packages are unpacked."""

import argparse
import os
from pathlib import Path

# Each series is the newest kernel of a Debian release, whose compiler builds for
# it, or of the backports made for one. The last suite named is the kernel's.
SERIES = {
    '5.10': ('bullseye-security', 'bullseye'),
    '6.1': ('bookworm-security', 'bookworm'),
    '6.12': ('trixie-security', 'trixie'),
    '7': ('trixie-security', 'trixie', 'trixie-backports'),
}


class PrepareError(Exception):
    """A kernel or its compiler could not be made ready; says why in one line."""


def cache():
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(base) / 'pvio' / 'matrix'


def package(series, what):
    """The package of a series' headers, image or source, for mmdebstrap."""
    suite = SERIES[series][-1]
    pinned = f'/{suite}' if suite.endswith('-backports') else ''
    if what == 'source':
        return f'linux-source{"" if pinned else "-" + series}{pinned}'
    return f'linux-{what}-amd64{pinned}'


def chosen(text):
    """'6.1,7' -> ['6.1', '7']; for argparse."""
    names = list(dict.fromkeys(n for n in text.split(',') if n))
    unknown = [n for n in names if n not in SERIES]
    if unknown or not names:
        raise argparse.ArgumentTypeError("no such kernel '%s': there are %s"
                                         % (','.join(unknown), ', '.join(SERIES)))
    return names
