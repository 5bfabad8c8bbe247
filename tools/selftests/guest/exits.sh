#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a request costs in VM exits and in trips to user space: counts, no times.
. "$(dirname "$0")/../lib/guest.sh"

requests=1500
# drivers/ide uses 48-bit addresses always, and asks twice whether the device is ready
stock=26
[ $hooks = pvblk_ata ] || stock=28

# count NAME OFFSET RW: exits per request, in hundredths: "VM USER"
count() {
	lab begin "$1"
	fio --name="$1" --filename=$disk --rw="$3" --offset="$2" --size=64m \
		--bs=4k --ioengine=psync --direct=1 --number_ios=$requests \
		--output-format=terse > /dev/null
	lab end -p "$1" | jq -r "
		[ .exits | (.by_reason.ioio // 0) + (.by_reason.io_instruction // 0)
			   + (.by_reason.vmmcall // 0) + (.by_reason.vmcall // 0),
			   (.userspace.io // 0) ]
		| map(. * 100 / $requests | floor) | join(\" \")"
}

# A few exits are the lab's own.
about() {
	if [ "$2" -lt $(($3 - 5)) ] || [ "$2" -gt $(($3 + 5)) ]; then
		fail "$1: $2/100 per request, expected $3/100"
	fi
}

# costs MODE OFFSET RW VM USER
costs() {
	local seen
	mode "$1"
	# the first command of all is libata's: registers are learnt from it
	dd if=$disk of=/dev/null bs=4k count=2 iflag=direct status=none
	seen=$(count "$1.$3" "$2" "$3")
	echo "$1 $3 at $2: $seen hundredths of VM exits and user-space exits"
	about "VM exits" "${seen% *}" "$4"
	about "user-space exits" "${seen#* }" "$5"
}

# trips to user space of a one-sector PIO write, of a libata command that is
trips_of_pio_write() {
	mode "$1"
	lab begin "pio.$1"
	for _ in {1..20}; do
		"$guest_dir/ata_command" $disk write 5 < /tmp/sector
	done
	lab end -p "pio.$1" | jq '.exits.userspace.io / 20 | floor'
}

# Its data are 128 or 256 words, by the width of the controller's data port.
pio_write() {
	local stock host alone words
	dd if=/dev/urandom of=/tmp/sector bs=512 count=1 status=none
	stock=$(trips_of_pio_write stock)
	host=$(trips_of_pio_write host)
	alone=$(trips_of_pio_write alone)
	echo "a PIO write of a sector: $stock trips, with the host $host, without $alone"
	dd if=$disk bs=512 skip=5 count=1 iflag=direct status=none | cmp - /tmp/sector
	words=$((stock >= 256 ? 256 : 128))
	[ $((stock - host)) -ge $((words - 4)) ] || fail "the data cost more than 4 trips"
	[ "$alone" -le $((stock + 1)) ] || fail "more trips than libata's without the host"
}

# N writes in a batch: one VM exit, one trip
batch_of() {
	local n=$1 json calls
	with_host
	lab begin "batch$n"
	echo "$n 500" > $debugfs/pvio_test/writes
	json=$(lab end -p "batch$n")
	calls=$(jq '.exits.by_reason | (.vmmcall // 0) + (.vmcall // 0)' <<< "$json")
	if [ "$calls" -lt 500 ] || [ "$calls" -gt 505 ]; then
		fail "$calls hypercalls for 500 batches"
	fi
	[ "$(jq '.exits.userspace.io // 0' <<< "$json")" -lt 600 ] ||
		fail "more than one trip to user space each: $json"
}

guest_begin
need $disk
insert tools/selftests/guest/pvio_test/pvio_test.ko
ktap_plan 12
ktap_test "stock, read: $stock VM exits" costs stock 0 randread ${stock}00 ${stock}00
ktap_test "with the host, read: 2" costs host 0 randread 200 200
ktap_test "with the host, write: 2" costs host 0 randwrite 200 200
ktap_test "with the host, LBA48 read: 2" costs host 150g randread 200 200
ktap_test "with the host, LBA48 write: 2" costs host 150g randwrite 200 200
ktap_test "without the host, read: 8" costs alone 0 randread 800 800
ktap_test "without the host, write: 8" costs alone 0 randwrite 800 800
ktap_test "a PIO write of a sector: at most 4 trips for its data" pio_write
for n in 2 16 64 128; do
	ktap_test "a batch of $n writes: one exit, one trip" batch_of $n
done
ktap_end
