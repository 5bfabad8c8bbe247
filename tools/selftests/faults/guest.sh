#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory that cannot be had while the hooks come, and amid I/O.
. "$(dirname "$0")/../lib/guest.sh"
. "$(dirname "$0")/lib.sh"

# Where it fails, libata goes on as if nothing had been tried.
hooks() {
	unhook
	writer_start faults 16m
	# 9p stays broken once an allocation of its own has failed
	cp "$top/pvblk-ata/pvblk_ata.ko" /tmp
	fail_each insmod /tmp/pvblk_ata.ko pvblk_ata
	writer_stop
	unhook
	hook
	is_accelerated
	no_complaints
}

under_io() {
	mode "$1"
	is_accelerated
	writer_start flood 16m
	# nothing will come from there: a sleep that needs no program
	exec {never}<> <(:)
	fail_some
	read -rt 5 -u $never || true
	still_writing
	fail_none
	writer_stop
	is_accelerated
}

guest_begin
need $disk
faults_needed
trap 'fail_none; guest_restore' EXIT
kernel_mark
ktap_plan 3
ktap_test "each allocation of hooking" hooks
ktap_test "some of those in interrupts, under I/O, with the host" under_io host
ktap_test "so without it" under_io alone
ktap_end
