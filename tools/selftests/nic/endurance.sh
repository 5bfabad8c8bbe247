#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What has to be done very often to show a leak or a race.
. "$(dirname "$0")/../lib/nic.sh"

nic_begin
ktap_plan 1
ktap_test "1,000 times down and up" down_and_up 1000
ktap_end
