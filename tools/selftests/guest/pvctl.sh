#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pvctl in a guest with an IDE disk and an e1000, and on its host.
# shellcheck disable=SC2317 # functions are called by name
# shellcheck source=../lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"
pvctl=$top/tools/pvctl/pvctl

# says TEXT COMMAND...: it ends well, and has TEXT in what it prints
says() {
	local text=$1 said
	shift
	said=$("$@") || fail "$* ended with $?: $said"
	[[ $said = *"$text"* ]] || fail "not '$text' in: $said"
}

# complains TEXT COMMAND...: it ends with 1, and has TEXT in what it prints
complains() {
	local text=$1 said status=0
	shift
	said=$("$@" 2>&1) || status=$?
	expect "exit code of $*" $status 1
	[[ $said = *"$text"* ]] || fail "not '$text' in: $said"
}

# of_disk FIELD, of_card FIELD
of_disk() { $pvctl status --json | jq -r ".disks[] | select(.name == \"$(block)\") | .$1"; }
of_card() { $pvctl status --json | jq -r ".cards[] | select(.name == \"$(card)\") | .$1"; }

card() { ls /sys/bus/pci/drivers/*e1000/*/net; }

stock() {
	says KVM $pvctl status
	expect "driver" "$(of_disk served_by)" "$([ $hooks = pvblk_ata ] && echo ata_piix || echo PIIX_IDE)"
	complains "$hooks, for IDE disks, is not installed" $pvctl doctor
}

accelerates() {
	hook
	at_end unhook
	is_accelerated
	expect "driver" "$(of_disk served_by)" $hooks
	[ "$(of_disk accelerated)" -gt 50 ]
	[ "$($pvctl status --json | jq ".clients[] | select(.client == \"$hooks\") | .avoided")" -gt 0 ]
	$pvctl doctor > said || true
	grep "^ok   $(block) is accelerated" said
	grep "^ok   the host serves this machine's batches" said
	without_host
	at_end with_host
	wait_until eval "[ \$(cat $debugfs/pvio/host) = no ]"
	complains "the host does not serve" $pvctl doctor
	says "does not serve this machine" $pvctl status
}

schedulers() {
	insert pvblk-ata/elevator/pvelv.ko
	at_end remove pvelv
	expect "scheduler" "$(of_disk scheduler)" none
	expect "what was done" "$(of_disk pvelv)" switched
	expect "why" "$(of_disk pvelv_why)" QEMU
}

exchanges_drivers() {
	modprobe -a mii e1000
	insert pve1000/pve1000.ko
	at_end eval "remove pve1000; modprobe -r e1000"
	expect "driver" "$(of_card driver)" e1000
	complains "$(card) is driven by e1000" $pvctl doctor
	$pvctl nic pve1000
	expect "driver" "$(of_card driver)" pve1000
	$pvctl doctor > said || true
	grep "^ok   $(card) is driven by pve1000" said
	$pvctl nic e1000 "$(card)"
	expect "driver" "$(of_card driver)" e1000
}

on_the_host() {
	local said
	said=$(lab l1 $pvctl status --json)
	[ "$(jq '.vms[] | select(.vm != "total") | .batches' <<< "$said")" -gt 0 ]
	lab l1 $pvctl doctor > said || true
	grep '^ok   pvio_host is loaded' said
	host_module_remove
	at_end host_module_insert
	lab l1 $pvctl doctor > said || true
	grep "^OFF  pvio_host, for guests' batches" said
}

# of_vm FIELD [VM]
of_vm() { lab l1 "$pvctl timer ${2-} --json" | jq -r ".[0].$1"; }

# shellcheck disable=SC2016 # for eval
caps_timers() {
	local process uuid
	process=$(of_vm process)
	uuid=$(of_vm uuid)
	expect "name" "$(of_vm name)" named
	expect "process" "$process" "$(lab l1 'pgrep -o qemu-system')"
	expect "cap" "$(of_vm rate)" 0
	says "off" lab l1 "$pvctl timer"
	lab l1 "$pvctl timer $process 100"
	at_end lab l1 "$pvctl timer $process off"
	expect "cap" "$(of_vm rate "$process")" 100
	wait_until eval '[ "$(of_vm fired)" -gt 0 ]'
	lab l1 "$pvctl timer named 50"
	expect "cap" "$(of_vm rate "$uuid")" 50
	lab l1 "$pvctl timer $uuid off"
	expect "cap" "$(of_vm rate)" 0
	complains "UUID '1':" lab l1 "$pvctl timer 1"
	complains "UUID '':" lab l1 "$pvctl timer '' 100"
	complains "neither off" lab l1 "$pvctl timer $process 5"
	host_module_remove
	at_end host_module_insert
	complains "modprobe pvio_host" lab l1 "$pvctl timer $process 100"
}

# of_measure KEY: of the one that is for serial ports
of_measure() { $pvctl quiet --json | jq -r ".[] | select(.measure == \"serial\").$1"; }

turns_measures() {
	complains "modprobe pvquiet" $pvctl quiet
	insert pvio/quiet/pvquiet.ko
	at_end remove pvquiet
	expect "state" "$(of_measure state)" on
	expect "works on" "$(of_measure on[0])" ttyS0
	echo "<1>a record for the console" > /dev/kmsg
	[ "$(of_measure saved)" -gt 20 ] || fail "nothing was saved: $(of_measure saved)"
	says "ttyS0" $pvctl quiet
	$pvctl quiet serial off
	expect "state" "$(of_measure state)" off
	$pvctl quiet serial on
	expect "state" "$(of_measure state)" on
	complains "no measure 'nosuch', only" $pvctl quiet nosuch on
	complains "neither on nor off" $pvctl quiet serial perhaps
	complains "neither on nor off" $pvctl quiet serial
}

bad_usage() {
	local arguments status
	while read -r arguments; do
		status=0
		# shellcheck disable=SC2086 # words
		$pvctl $arguments > said 2>&1 || status=$?
		expect "exit code of pvctl $arguments" $status 2
		expect "lines of pvctl $arguments" "$(wc -l < said)" 1
	done <<- 'END'

		no-such-command
		status --no-such-option
		nic virtio
		timer one two three
	END
	# a clone need not be readable for everybody
	cp -r "$top/tools/pvctl" .
	chmod -R a+rX .
	complains "use sudo" setpriv --reuid 65534 --clear-groups "$PWD/pvctl/pvctl" status
	complains "there is no interface nosuch0" $pvctl nic e1000 nosuch0
}

guest_begin
cd "$(mktemp -d)" || exit
ktap_plan 8
ktap_test "stock drivers, and what is missing" stock
ktap_test "an accelerated disk, with and without the host" accelerates
ktap_test "what pvelv did" schedulers
ktap_test "the card's driver is exchanged" exchanges_drivers
ktap_test "virtual machines on the host" on_the_host
ktap_test "timers of a virtual machine are capped" caps_timers
ktap_test "measures against useless operations are turned" turns_measures
ktap_test "bad usage gets one line" bad_usage
ktap_end
