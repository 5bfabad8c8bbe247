# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of the timer cap have in common: they run in a guest, cap its timers
# from the host, and count what that makes of its ticks.
# shellcheck source=../lib/guest.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/guest.sh"

parameter=/sys/module/pvio_host/parameters/timer_cap
figures=/sys/kernel/debug/pvio_host/timers
local_timer=0xec	# LOCAL_TIMER_VECTOR, arch/x86/include/asm/irq_vectors.h

timer_begin() {
	[ "${LAB_WHERE-}" = l2 ] || ktap_skip_all "not in the lab's guest"
	host_module_insert || ktap_skip_all "no host module"
	vm=$(lab l1 "pgrep -o qemu-system")
	trap 'cap off' EXIT
	cd /tmp || exit
}

# cap RATE|off [PROCESS]: of this VM, or another process
cap() { lab l1 "echo pid=${2-$vm}:$1 > $parameter"; }

# figure COLUMN: of this VM
figure() {
	lab l1 "awk -v column=$1 'NR == 1 { for (i = 1; i <= NF; i++) n[\$i] = i }
		\$1 == $vm { print \$n[column] }' $figures"
}

# busy SECONDS, idle SECONDS: all CPUs
busy() {
	local cpu
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		taskset -c "$cpu" timeout "$1" sh -c 'while :; do :; done' &
	done
	wait
}

idle() { sleep "$1"; }

# count busy|idle: what a while of it costs a second, on average
# interrupts: of the local timer; programs: how often the guest set one, by an MSR or
# the initial count register of the local APIC
count() {
	local section
	lab begin "$1"
	"$1" 5
	section=$(lab end -p "$1")
	interrupts=$(jq "(.exits.virq[\"$local_timer\"] // 0) / .seconds | floor" <<< "$section")
	programs=$(jq '((.exits.by_reason.msr // 0) + (.exits.mmio["0xfee00380"].write // 0)) /
		.seconds | floor' <<< "$section")
	echo "$1: $interrupts timer interrupts and $programs settings of a timer a second"
}

# at_most WHAT SEEN MOST, at_least WHAT SEEN LEAST
at_most() { [ "$2" -le "$3" ] || fail "$1: $2, expected at most $3"; }
at_least() { [ "$2" -ge "$3" ] || fail "$1: $2, expected at least $3"; }

# How far the host's clock is ahead of the guest's, in microseconds: of ten times
# the one that was answered soonest.
clock_difference() {
	local i before host after best='' difference
	for i in 1 2 3 4 5 6 7 8 9 10; do
		before=${EPOCHREALTIME/./}
		# shellcheck disable=SC2016 # the host's
		host=$(lab l1 'echo ${EPOCHREALTIME/./}')
		after=${EPOCHREALTIME/./}
		[ -z "$best" ] || [ $((after - before)) -lt "$best" ] || continue
		best=$((after - before))
		difference=$((host - (before + after) / 2))
	done
	echo "$difference"
}

# jiffies_lost COMMAND...: what the guest's count of ticks is behind its clock
# afterwards, in thousandths of the time that the command took
jiffies_lost() {
	local hz before after
	hz=$(jiffies_rate)
	before=$(jiffies_and_uptime)
	"$@"
	after=$(jiffies_and_uptime)
	awk -v hz="$hz" '{ ticks = $3 - $1; time = $4 - $2
		printf "%d\n", (1 - ticks / hz / time) * 1000 }' <<< "$before $after"
}

jiffies_and_uptime() {
	awk '$1 == "jiffies:" { print $2; exit } /^now at/ { now = $3 }
		END { print now / 1e9 }' /proc/timer_list | xargs
}

# ticks a second, of the kernel's configuration
jiffies_rate() {
	local config
	config=/boot/config-$(uname -r)
	[ -r "$config" ] || config=/lib/modules/$(uname -r)/build/.config
	sed -n 's/^CONFIG_HZ=//p' "$config"
}
