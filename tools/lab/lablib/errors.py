# SPDX-License-Identifier: GPL-2.0
"""Exit codes and the one exception that ends the lab with a clear line."""

USAGE = 2        # bad option, plan or file
LIMIT = 124      # a time limit passed, or a stall
LAB = 125        # the lab itself failed: no boot, QEMU missing, a module refused
KERNEL = 126     # a kernel splat or panic in L1 or L2
INTERRUPTED = 128   # and the number of the signal


class LabError(Exception):
    def __init__(self, message, code=LAB):
        super().__init__(message)
        self.code = code


def usage_error(message):
    return LabError(message, USAGE)
