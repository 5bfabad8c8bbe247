# SPDX-License-Identifier: GPL-2.0
"""Runs the unit tests of a program, with TAP as output."""
import sys
import unittest

from tap.runner import TAPTestRunner


def main():
    runner = TAPTestRunner()
    runner.set_stream(True)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    sys.exit(not runner.run(suite).wasSuccessful())
