#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What befalls a machine as a whole while its disks and its card are at work:
# saved and restored, moved to another QEMU, reset, another kernel, a panic.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# requests_scheduled: how many entered the scheduler that the kernel would choose,
# since it was booted
requests_scheduled() {
	in_guest "awk '\$1 == \"scheduled\" { print \$2 }' /sys/kernel/debug/tracing/kprobe_profile"
}

# pvelv is loaded before the disks' driver, as in an initramfs; partitions were looked
# for since, a journal replayed, files written.
has_no_scheduler() {
	expect_none "${disks[@]}"
	[ "$(requests_scheduled)" = 0 ] || fail "$(requests_scheduled) requests were scheduled"
	in_guest "echo mq-deadline > /sys/block/${disks[1]}/queue/scheduler"
	records_move
	[ "$(requests_scheduled)" -gt 0 ] || fail "the probe counts nothing"
	in_guest "echo none > /sys/block/${disks[1]}/queue/scheduler"
}

expect_none() {
	local name
	for name; do
		in_guest "grep '\[none\]' /sys/block/$name/queue/scheduler &&
			grep '^$name new mq-deadline' /sys/kernel/debug/pvelv/disks"
	done
}

# It goes on in the midst of the request or the packet that it was saved in.
saved_and_restored() {
	monitor "savevm state"
	works
	monitor "loadvm state"
	works
}

without_host() {
	at_end in_guest "echo 0 > /sys/module/pvio/parameters/nohost"
	in_guest "echo 1 > /sys/module/pvio/parameters/nohost"
	wait_until helps no
	saved_and_restored
	in_guest "echo 0 > /sys/module/pvio/parameters/nohost"
	wait_until helps yes
	works
}

# Saved where there is host support, restored where there is none.
loses_host() {
	at_end qmp cont
	at_end eval "[ -d /sys/module/pvio_host ] || insmod $host_module"
	monitor stop
	monitor "savevm with"
	rmmod pvio_host
	monitor "loadvm with"
	monitor cont
	wait_until helps no
	works
	insmod "$host_module"
	wait_until helps yes
	works
}

timer_cap=/sys/module/pvio_host/parameters/timer_cap

# the guest's ticks so far, and the seconds that it is up
ticks() {
	in_guest "awk '\$1 == \"LOC:\" { print \$2 }' /proc/interrupts"
	in_guest "cut -d ' ' -f 1 /proc/uptime"
}

# ticks_stay CONDITION: of the rate, in awk
ticks_stay() {
	local before
	before=$(ticks | xargs)
	sleep 10
	echo "$before $(ticks | xargs)" | awk '{ rate = ($3 - $1) / ($4 - $2)
		print rate, "timer interrupts a second"; exit !('"$1"') }'
}

# Of the 250 times that it ticks when it is busy, and whatever else its timer is for.
is_capped() {
	ticks_stay "rate <= 40"
}

caps_timers() {
	ticks_stay "rate > 100"
	echo "pid=$vm:25" > $timer_cap
	is_capped
	saved_and_restored
	is_capped
}

resets_capped() {
	resets
	is_capped
}

# It goes on in the second QEMU, which waits for it, with the same disks and address.
moves() {
	LAB_QMP=$work/qmp0 qmp migrate "{\"uri\": \"unix:$work/migration\"}"
	wait_until eval "qmp query-status | grep -q '\"running\": true'"
	LAB_QMP=$work/qmp0 qmp quit
	wait_until helps yes
	works
	# the cap is for the process that was
	ticks_stay "rate > 60"
}

is_disturbed() {
	disturb 20 2
	helps yes
	works
	is_capped
}

# Without a shutdown: requests are under way and the card receives. The sum over
# the new kernel, which kexec -i leaves out, takes minutes in the lab. The file system
# is frozen: on the way down the kernel takes PCI devices the right to reach memory
# (pci_device_shutdown() in drivers/pci/pci-driver.c), processes still run, and what
# they write then, QEMU writes as zeros, also for libata alone. What they read
# is lost, too, so nobody reports what badblocks finds then.
kexecs() {
	local up
	up=$(times_up)
	# both disks are on one port: badblocks would keep kexec waiting for minutes; it
	# is not there between two passes
	in_guest "until killall -STOP badblocks 2> /dev/null; do sleep 0.1; done
		kexec -l -i /disk/vmlinuz --initrd=/disk/initrd --reuse-cmdline 2>&1 &&
		killall -CONT badblocks"
	in_guest "fsfreeze -f /disk
		until badblocks=\$(pidof badblocks); do sleep 0.1; done
		kill -STOP \$(awk '/^PPid/ { print \$2 }' /proc/\$badblocks/status)
		(sleep 1; kexec -e) > /dev/null 2>&1 &"
	wait_until_up $((up + 1))
	records_survived
	works
}

panics() {
	local mac
	read -r mac < /sys/class/net/machine/address
	python3 - $host 6666 > "$work/netconsole" <<- 'END' &
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind((sys.argv[1], int(sys.argv[2])))
		while True:
		    sys.stdout.write(s.recv(65536).decode(errors="replace"))
		    sys.stdout.flush()
	END
	at_end kill $!
	wait_until eval "ss -Hlun 'sport = :6666' | grep -q ."
	in_guest "while read -r module; do
		insmod /mod/\$module netconsole=@$guest/eth0,6666@$host/$mac
	done < /mod/netconsole"
	in_guest "(sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &"
	wait_until grep -q 'end Kernel panic' "$work/netconsole"
	grep 'Kernel panic' "$work/netconsole"
}

machine_begin 13
ktap_test "no request has seen an I/O scheduler since the boot" has_no_scheduler
ktap_test "saved and restored in mid-request, with the host" saved_and_restored
ktap_test "so without it" without_host
ktap_test "saved with the host module, restored without" loses_host
ktap_test "saved and restored with its timers capped" caps_timers
ktap_test "paused, looked at, and with a card that comes and goes, in mid-request" is_disturbed
ktap_test "reset in mid-request, and capped then, too" resets_capped
ktap_test "another kernel in mid-request" kexecs
start_vm 1 -incoming "unix:$work/migration"
ktap_test "moved to another QEMU" moves
ktap_test "the last words of a panic arrive" panics
ktap_test "the file system is whole" is_whole
ktap_end
