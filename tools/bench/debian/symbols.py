# SPDX-License-Identifier: GPL-2.0
"""Which function of a kernel an address is of."""
import bisect

LARGEST = 1 << 16       # no function is larger
USER_SPACE_END = 1 << 47


class Symbols:
    def __init__(self, kallsyms):
        self.rows = sorted(self._rows(kallsyms))
        self.addresses = [row[0] for row in self.rows]

    @staticmethod
    def _rows(kallsyms):
        for line in kallsyms.splitlines():
            address, kind, name, *module = line.split()
            if kind in "tTwW":
                yield int(address, 16), name, module[0].strip("[]") if module else ""

    def find(self, address):
        """(function, module)"""
        if address < USER_SPACE_END:
            return "user space, firmware", ""
        place = bisect.bisect_right(self.addresses, address) - 1
        if place < 0 or address - self.addresses[place] > LARGEST:
            return "unknown", ""
        return self.rows[place][1:]
