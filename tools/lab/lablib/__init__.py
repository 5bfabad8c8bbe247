# SPDX-License-Identifier: GPL-2.0
"""The machine's side of the nested lab; `agent` beside it is L1's side."""
