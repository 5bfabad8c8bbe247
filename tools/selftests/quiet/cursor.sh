#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The cursor of a text console on a framebuffer, which wakes an idle guest for nothing:
# counts of what runs, no times.
# shellcheck disable=SC2119,SC2317 # functions are called by name, and without parameters
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

blink=/sys/class/graphics/fbcon/cursor_blink

blinks() { runs workqueue/workqueue_execute_start fb_flashcursor; }

cursor() {
	[ -e $blink ] || fail "no framebuffer: $(cat /proc/fb)"
	at_least "blinks before" "$(blinks)" 15
	load
	expect "blinks" "$(blinks)" 0
	expect "measure" "$(state cursor)" "on fbcon"
	echo 0 > $switches/cursor
	expect "measure" "$(state cursor)" off
	at_least "blinks when it is off" "$(blinks)" 15
	echo 1 > $switches/cursor
	expect "measure" "$(state cursor)" "on fbcon"
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

timer_begin
insert pvio/pvio.ko
ktap_plan 2
ktap_test "the cursor of a framebuffer does not blink" cursor
ktap_test "nor that of one that comes later" cursor_comes_later
ktap_end
