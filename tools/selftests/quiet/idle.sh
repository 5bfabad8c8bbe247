#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What wakes an idle guest for nothing: the cursor of a framebuffer's console, checks of
# a clock that is not used, a clock that costs exits. Counts of what runs, no times.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=../timer/lib.sh
. "$(dirname "$0")/../timer/lib.sh"

events=$debugfs/tracing/events
clocksource=/sys/devices/system/clocksource/clocksource0
blink=/sys/class/graphics/fbcon/cursor_blink
switches=/sys/module/pvquiet/parameters

load() {
	insert pvio/quiet/pvquiet.ko "$@"
	at_end remove pvquiet
}

# A test finds what the kernel itself chose.
idle_restore() {
	remove pvquiet
	use_clock kvm-clock
	[ ! -e $blink ] || echo 1 > $blink
}

# runs EVENT FUNCTION: how often within five seconds
runs() {
	echo "hist:keys=function.sym" > "$events/$1/trigger"
	sleep 5
	sed -n "s/.*\] $2 .*hitcount: *//p" "$events/$1/hist" | grep . || echo 0
	echo "!hist:keys=function.sym" > "$events/$1/trigger"
}

blinks() { runs workqueue/workqueue_execute_start fb_flashcursor; }
checks() { runs timer/timer_expire_entry clocksource_watchdog; }

# state NAME: what pvquiet says of a measure
state() { sed -n "s/^$1 //p" $debugfs/pvquiet/measures; }

use_clock() { echo "$1" > $clocksource/current_clocksource; }
in_use() { cat $clocksource/current_clocksource; }

cursor() {
	[ -e $blink ] || fail "no framebuffer: $(cat /proc/fb)"
	at_least "blinks before" "$(blinks)" 15
	load
	expect "blinks" "$(blinks)" 0
	expect "measure" "$(state cursor)" "on fbcon"
	echo 0 > $switches/cursor
	at_least "blinks when it is off" "$(blinks)" 15
	expect "measure" "$(state cursor)" off
	echo 1 > $switches/cursor
	expect "blinks when it is on again" "$(blinks)" 0
	remove pvquiet
	at_least "blinks since" "$(blinks)" 15
}

# The framebuffer's driver goes and comes, the console with it.
cursor_comes_later() {
	local device
	device=$(basename "$(readlink -f /sys/class/graphics/fb0/device)")
	load
	echo "$device" > /sys/bus/pci/drivers/bochs-drm/unbind
	echo "$device" > /sys/bus/pci/drivers/bochs-drm/bind
	wait_until eval "[ \$(cat $blink) = 0 ]"
	expect "blinks" "$(blinks)" 0
}

unused_tsc() {
	local before
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
		[[ $(state $name) =~ ^on\ . ]] || fail "$name: $(state $name)"
		expect "measures that are on" "$(grep -c ' on ' $debugfs/pvquiet/measures)" 1
		refused sh -c "echo perhaps > $switches/$name"
		echo 0 > $switches/$name
	done
}

timer_begin
trap idle_restore EXIT
insert pvio/pvio.ko
ktap_plan 6
ktap_test "the cursor of a framebuffer does not blink" cursor
ktap_test "nor that of one that comes later" cursor_comes_later
ktap_test "an unused TSC is not checked" unused_tsc
ktap_test "acpi_pm is not read where there is kvm-clock" no_acpi_pm
ktap_test "a clock that is chosen meanwhile stays" clock_chosen_since
ktap_test "each measure has its own switch" each_alone
ktap_end
