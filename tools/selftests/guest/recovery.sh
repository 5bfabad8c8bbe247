#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Lost interrupts, resets, unplugging: nothing is lost, and the port is accelerated
# again afterwards.
. "$(dirname "$0")/../lib/guest.sh"

pci=/sys/bus/pci
function=0000:00:01.1
driver=$(basename "$(readlink -f $pci/devices/$function/driver)")

# Under a new name, maybe: the one disk behind the function.
find_disk() {
	local blocks="$pci/devices/$function/ata*/host*/target*/*/block/sd*" block
	[ $hooks = pvblk_ata ] || blocks="$pci/devices/$function/ide*/*/block/hd*"
	wait_until eval "ls -d $blocks"
	# shellcheck disable=SC2086 # a pattern
	block=$(ls -d $blocks)
	ln -sf "/dev/${block##*/}" $disk
}

# set_timeout SECONDS: that of drivers/ide is fixed: twice WAIT_CMD, 20 s
set_timeout() {
	[ $hooks = pvblk_ide ] || echo "$1" > "/sys/block/$(block)/device/timeout"
}

# drivers/ide has a controller wait until its disks are closed.
close_disk_later() { [ $hooks = pvblk_ata ] || (sleep 2; kill "$1") & }

reset_channel() {
	local host
	if [ $hooks = pvblk_ide ]; then
		# it says so of success (ide-eh.c: ide_complete_drive_reset())
		"$guest_dir/ata_command" $disk reset 2>&1 | grep 'Input/output error'
		use_dma
		return
	fi
	host=$(readlink -f "/sys/block/$(block)" | grep -o 'host[0-9]*' | head -n 1)
	echo '- - -' > "/sys/class/scsi_host/$host/scan"
}

let_irq_go() {
	echo "0 0" > $debugfs/pvio_test/hold_irq
	wait_until grep -qx 0 $debugfs/pvio_test/held_irq
}

# The driver tries the command again, with the same end as long as it is held.
interrupt_was_lost() { kernel_since | grep -q 'lost interrupt'; }

in_flight() {
	local reads writes
	read -r reads writes < "/sys/block/$(block)/inflight"
	[ $((reads + writes)) -gt 0 ]
}

# the interrupt of a command of ours never comes
lost_interrupt() {
	mode "$1"
	is_accelerated
	dd if=/dev/urandom of=/tmp/block bs=4k count=1 status=none
	set_timeout 3
	kernel_mark
	echo "$(disk_irq) 60000" > $debugfs/pvio_test/hold_irq
	dd if=/tmp/block of=$disk bs=4k seek=7 oflag=direct status=none & writer=$!
	wait_until interrupt_was_lost
	let_irq_go
	wait $writer
	cmp /tmp/block <(dd if=$disk bs=4k skip=7 count=1 iflag=direct status=none)
	use_dma
	is_accelerated
}

reset_under_io() {
	mode "$1"
	writer_start reset 16m
	for _ in 1 2 3 4; do
		sleep 1
		reset_channel
	done
	writer_stop
	is_accelerated
}

# the driver lets the controller go in mid traffic, and takes it again
unbind() {
	mode "$1"
	dd if=$disk of=/dev/null bs=4k iflag=direct status=none 2> /dev/null & reader=$!
	sleep 1
	close_disk_later $reader
	echo $function > "$pci/drivers/$driver/unbind"
	wait $reader || true
	expect "ports" "$(grep -cE '^(ata|ide)' $debugfs/$hooks/ports)" 0
	echo $function > "$pci/drivers/$driver/bind"
	find_disk
	is_accelerated
	verified bound $disk 1m
}

# use_driver NAME
use_driver() {
	echo $function > "$pci/devices/$function/driver/unbind"
	[ -e "$pci/devices/$function/driver" ] || echo $function > "$pci/drivers/$1/bind"
	find_disk
	use_dma
}

# The other driver of drivers/ide for such controllers.
generic_driver() {
	mode "$1"
	at_end use_driver "$driver"
	modprobe ide-pci-generic all_generic_ide=1
	use_driver PCI_IDE
	is_accelerated
	verified generic $disk 1m
}

hot_unplug() {
	mode "$1"
	dd if=$disk of=/dev/null bs=4k iflag=direct status=none 2> /dev/null & reader=$!
	sleep 1
	close_disk_later $reader
	echo 1 > $pci/devices/$function/remove
	wait $reader || true
	expect "ports" "$(grep -cE '^(ata|ide)' $debugfs/$hooks/ports)" 0
	echo 1 > $pci/rescan
	find_disk
	is_accelerated
	verified plugged $disk 1m
}

# hooks removed while their port is in error handling
unhook_in_recovery() {
	mode host
	use_dma
	is_accelerated
	kernel_mark
	set_timeout 2
	echo "$(disk_irq) 60000" > $debugfs/pvio_test/hold_irq
	dd if=$disk of=/dev/null bs=4k count=4 iflag=direct status=none & reader=$!
	wait_until in_flight
	unhook & remover=$!
	wait_until interrupt_was_lost
	let_irq_go
	wait $remover
	wait $reader
	verified unhooked $disk 1m
}

guest_begin
need $disk
insert tools/selftests/guest/pvio_test/pvio_test.ko
kernel_mark
ktap_plan "$([ $hooks = pvblk_ata ] && echo 8 || echo 10)"
ktap_test "a lost interrupt: by the host" lost_interrupt host
ktap_test "a lost interrupt: without it" lost_interrupt alone
ktap_test "resets under I/O: by the host" reset_under_io host
ktap_test "resets under I/O: without it" reset_under_io alone
ktap_test "hooks removed during error handling" unhook_in_recovery
ktap_test "the driver is unbound under I/O and bound again" unbind host
ktap_test "hot unplug under I/O and back: by the host" hot_unplug host
ktap_test "hot unplug under I/O and back: without it" hot_unplug alone
if [ $hooks = pvblk_ide ]; then
	ktap_test "ide-pci-generic: by the host" generic_driver host
	ktap_test "ide-pci-generic: without it" generic_driver alone
fi
ktap_end
