#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The timer cap on a guest that has a clock: its ticks, its clocks, its sleeps.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# A tenth of what it ticks when it is busy: 100 a second of 1,000.
tenth=$(($(jiffies_rate) / 10))

# is_capped, is_free: the guest's ticks when it is busy, against those of its HZ
is_capped() {
	count busy
	at_most "interrupts" "$interrupts" $((tenth * cpus * 12 / 10))
	at_most "writes" "$programs" $((tenth * cpus * 13 / 10 + 20))
}

is_free() {
	count busy
	# CPUs that share one of the host lose ticks by themselves
	at_least "interrupts" "$interrupts" $((tenth * cpus * 3))
}

busy_guest() {
	is_free
	cap $tenth
	at_end cap off
	is_capped
	expect "counting" "$(figure counting)" 0
	expect "CPUs" "$(figure vcpus)" "$cpus"
	at_least "delayed" "$(figure delayed)" $((tenth * 3))
	cap off
	is_free
}

idle_guest() {
	local before
	count idle
	before=$interrupts
	cap $tenth
	at_end cap off
	count idle
	at_most "interrupts" "$interrupts" $((before * 11 / 10 + 10))
}

other_vms() {
	local other hooked="grep -w kvm_set_lapic_tscdeadline_msr /sys/kernel/tracing/enabled_functions"
	refused lab l1 "$hooked"
	other=$(lab l1 'sleep 600 > /dev/null 2>&1 & echo $!')
	at_end lab l1 "kill $other"
	cap $tenth "$other"
	at_end cap off "$other"
	lab l1 "$hooked"
	is_free
	expect "capped" "$(figure rate)" ""
	cap off "$other"
	refused lab l1 "$hooked"
}

switch_often() {
	local i
	for i in 1 2 3 4 5; do
		cap $tenth
		busy 2
		cap off
		busy 1
	done
}

clocks() {
	local before after lost
	at_end cap off
	before=$(clock_difference)
	lost=$(jiffies_lost switch_often)
	after=$(clock_difference)
	echo "the guest's clock went $((after - before)) us behind the host's," \
		"its jiffies $lost/1000 behind its clock"
	# nine of ten ticks would be lost for ten seconds
	at_most "clock, us" $((after > before ? after - before : before - after)) 500000
	at_most "jiffies, 1/1000" "${lost#-}" 20
}

sleeps() {
	cap $tenth
	at_end cap off
	python3 - <<-'END'
	import sys, time
	def median_of_sleep(seconds):
	    times = []
	    for _ in range(50):
	        start = time.monotonic()
	        time.sleep(seconds)
	        times.append(time.monotonic() - start)
	    assert min(times) >= seconds
	    return sorted(times)[25]
	for ms in (0.2, 1, 5, 50):
	    print(f"a sleep of {ms} ms took {median_of_sleep(ms / 1000) * 1000:.2f} ms")
	END
}

paused() {
	local before
	cap $tenth
	at_end cap off
	is_capped
	before=$(clock_difference)
	lab l1 "(sleep 1; qmp stop; sleep 2; qmp cont) > /dev/null 2>&1 &"
	busy 6
	is_capped
	# QEMU stops the guest's clock meanwhile: 2 s and what the commands took
	echo "behind the host's clock since: $(($(clock_difference) - before)) us"
}

removed() {
	cap $tenth
	busy 1
	host_module_remove
	is_free
	host_module_insert
	is_free
	cap $tenth
	at_end cap off
	is_capped
}

wishes=/sys/module/pvio_host/parameters/guest_timer_cap
wish=/sys/module/pvio/parameters/timer_rate

guest_asks() {
	insert pvio/pvio.ko timer_rate=$tenth
	at_end remove pvio
	dmesg | grep 'the host lets no guest cap its timers'
	is_free
	lab l1 "echo Y > $wishes"
	at_end lab l1 "echo N > $wishes"
	echo $tenth > $wish
	is_capped
	refused eval "echo 5 > $wish"
	remove pvio
	is_free
}

cpus=$(nproc)
timer_begin
ktap_plan 8
ktap_test "a busy guest gets a tenth of its ticks" busy_guest
ktap_test "an idle guest has no more exits than before" idle_guest
ktap_test "other VMs see nothing, and without a cap KVM is not entered" other_vms
ktap_test "clocks stay right" clocks
ktap_test "sleeps end" sleeps
ktap_test "stopped and continued under the cap" paused
ktap_test "the guest asks for the cap" guest_asks
ktap_test "the module is removed under the cap" removed
ktap_end
