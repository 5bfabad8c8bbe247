#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: the same requests on the stock IDE driver, on the hooked
# one with and without the host module, and on virtio, in turn, ROUNDS times.
# Exits are counted by the lab's sections, requests come from fio.
set -eu
# shellcheck source=../selftests/lib/guest.sh
. "$(dirname "$0")/../selftests/lib/guest.sh"

rounds=$1 seconds=$2
bench=$debugfs/pvio_bench

# job SECTION DISK RW OFFSET: queue depth 1, 4 KiB, past the page cache
job() {
	lab begin "$1"
	fio --name="$1" --filename="$2" --rw="$3" --offset="$4" --size=128m \
		--bs=4k --iodepth=1 --ioengine=psync --direct=1 --time_based \
		--runtime="$seconds" --randseed=1 --norandommap \
		--output-format=json --output="$LAB_OUT/$1.$round.json"
	lab end "$1"
}

disk_rounds() {
	for round in $(seq "$rounds"); do
		lab log "round $round of $rounds"
		for mode in stock host alone virtio; do
			served=$disk
			[ $mode != virtio ] || served=/dev/lab/virtio0
			mode $mode
			job $mode.read $served randread 0
			job $mode.write $served randwrite 0
			# beyond 128 GiB the command is READ DMA EXT: for the count
			[ $mode = virtio ] || [ "$round" -gt 1 ] ||
				job $mode.lba48 $served randread 150g
			mode stock
		done
	done
}

# cost WHAT COUNT LOOPS
cost() {
	echo "$1 $2 $3" > $bench/run
	echo "$1 $2 $3 $(cat $bench/ns)" >> "$LAB_OUT/costs"
}

batch_costs() {
	lab log "cost of a batch"
	for _ in $(seq "$rounds"); do
		cost direct 12 50
		cost batch 12 200
		cost hypercall 1 2000
		cost empty 1 2000
	done
	for n in 1 2 4 8 16 32 64; do
		lab begin "batch.$n"
		echo "batch $n 100" > $bench/run
		lab end "batch.$n"
	done
}

insert pvio/pvio.ko
insert tools/bench/pvio_bench/pvio_bench.ko
batch_costs
disk_rounds
