# SPDX-License-Identifier: GPL-2.0
"""Runs inside L1: executes the steps of a plan and reports to the machine."""
