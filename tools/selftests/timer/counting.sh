#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The timer cap on a guest that has no clock but its ticks (clocksource=jiffies): it is
# recognised, and keeps them.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

tenth=$(($(jiffies_rate) / 10))

# behind: how much the guest's clock loses while it is busy, in thousandths
behind() {
	local before after
	before=$(clock_difference)
	busy 10
	after=$(clock_difference)
	echo $(((after - before) / 10000))
}

is_recognised() {
	local rate
	count busy
	rate=$interrupts
	cap $tenth
	at_end cap off
	busy 2
	expect "counting" "$(figure counting)" "$(nproc)"
	count busy
	at_least "interrupts" "$interrupts" $((rate * 9 / 10))
}

keeps_its_clock() {
	local before after
	before=$(behind)
	cap $tenth
	at_end cap off
	after=$(behind)
	echo "behind the host's clock: $before/1000 without the cap, $after/1000 with it"
	at_most "behind, 1/1000" "$after" $((before + 50))
}

timer_begin
[ "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)" = jiffies ] ||
	ktap_skip_all "the guest has a clock"
ktap_plan 2
ktap_test "a guest that counts its ticks is recognised" is_recognised
ktap_test "and keeps its clock" keeps_its_clock
ktap_end
