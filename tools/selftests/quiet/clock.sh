#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Clocks that are read for nothing: checks of one that is not used, one that costs exits.
# Counts of what runs, no times.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

clocksource=/sys/devices/system/clocksource/clocksource0

# The next test finds what the kernel itself chose.
clock_restore() {
	remove pvquiet
	use_clock kvm-clock
}

checks() { runs timer/timer_expire_entry clocksource_watchdog; }

use_clock() { echo "$1" > $clocksource/current_clocksource; }
in_use() { cat $clocksource/current_clocksource; }

unused_tsc() {
	local before
	! dmesg | grep "clock-skew test skipped" ||
		ktap_skip "the kernel puts its checks off by itself"
	grep -w tsc $clocksource/available_clocksource
	at_least "checks before" "$(checks)" 8
	before=$(clock_difference)
	load
	refused grep -w tsc $clocksource/available_clocksource
	expect "checks" "$(checks)" 0
	expect "measure" "$(state clocksource)" "on tsc"
	expect "clock" "$(in_use)" kvm-clock
	remove pvquiet
	grep -w tsc $clocksource/available_clocksource
	at_least "checks since" "$(checks)" 8
	expect "clock" "$(in_use)" kvm-clock
	echo "the guest's clock went $(($(clock_difference) - before)) us behind the host's"
}

# pm_reads: of the ACPI timer, within some seconds of work
pm_reads() {
	lab begin pm
	timeout 2 sh -c 'while :; do date > /dev/null; done' || true
	lab end -p pm | jq '.exits.pio["0x608"].in // 0'
}

no_acpi_pm() {
	at_end use_clock kvm-clock
	use_clock acpi_pm
	at_least "reads before" "$(pm_reads)" 100
	load
	expect "reads" "$(pm_reads)" 0
	expect "clock" "$(in_use)" kvm-clock
	expect "measure" "$(state clocksource)" "on tsc acpi_pm"
	remove pvquiet
	expect "clock" "$(in_use)" acpi_pm
}

# What was chosen since stays.
clock_chosen_since() {
	at_end use_clock kvm-clock
	use_clock acpi_pm
	load
	use_clock hpet
	remove pvquiet
	expect "clock" "$(in_use)" hpet
}

each_alone() {
	load clocksource=0 cursor=0 serial=0
	expect "measures" "$(sort $debugfs/pvquiet/measures | tr '\n' ,)" \
		"clocksource off,cursor off,serial off,"
	for name in clocksource cursor serial; do
		echo 1 > $switches/$name
		expect "measures that are on" "$(grep ' on' $debugfs/pvquiet/measures | cut -d ' ' -f 1)" $name
		refused sh -c "echo perhaps > $switches/$name"
		echo 0 > $switches/$name
	done
}

timer_begin
trap clock_restore EXIT
insert pvio/pvio.ko
ktap_plan 4
ktap_test "an unused TSC is not checked" unused_tsc
ktap_test "acpi_pm is not read where there is kvm-clock" no_acpi_pm
ktap_test "a clock that is chosen meanwhile stays" clock_chosen_since
ktap_test "each measure has its own switch" each_alone
ktap_end
