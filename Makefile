# SPDX-License-Identifier: GPL-2.0
# What people type. "make help" lists it.

# The kernel to build for: one that is named, else the running one, else the
# newest that has headers here.
KVER ?= $(shell uname -r)
KDIR ?= $(firstword $(wildcard /lib/modules/$(KVER)/build) $(if $(filter file,$(origin KVER)), \
	$(lastword $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V))))

all: modules

help:
	@echo 'make            build every module in place (KVER= or KDIR= choose the kernel)'
	@echo 'make demo       boot the lab: stock IDE against pvio, with a chart'
	@echo 'make check      run the tests; SUITES="style guest" or TEST=guest/exits.sh: only those,'
	@echo '                KERNEL=debug: on a kernel with KASAN, lockdep and kmemleak'
	@echo 'make check-long      the long tests, which "make check" leaves out'
	@echo 'make check-quick     what boots nothing: style, lint, unit tests, sparse, fuzzer'
	@echo 'make check-ide       the tests of IDE disks on a kernel with drivers/ide, which is built first'
	@echo 'make check-hz1000    the cap of timers on a kernel with HZ=1000, which is built first'
	@echo 'make check-matrix    the host module on the other kernels of build-matrix'
	@echo 'make bench      measure all figures of the README'
	@echo 'make bench-ide  the same for disks of drivers/ide, whose kernel is built first'
	@echo 'make bench-timer  the timer cap, on a guest with HZ=1000, whose kernel is built first'
	@echo 'make bench-debian  what causes the exits of a stock Debian, and what the modules leave of them'
	@echo 'make build-matrix  build for 5.10, 6.1, 6.12 and 7.x, warnings are errors'
	@echo 'make install-guest, install-host      install with DKMS'
	@echo 'make uninstall-guest, uninstall-host  and take it away again'
	@echo 'make clean      remove what was built; make distclean: the caches in ~/.cache/pvio, too'

modules: check-kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) PVIO_HOST=1 modules

check-kdir:
	@test -d "$(KDIR)" || { echo "make: no kernel headers found: install" \
		"linux-headers-amd64, or name them with KDIR=" >&2; exit 2; }

# For the kernel that the lab boots, in a make of its own that finds the headers
# just installed.
demo: BENCH_ARGS = --part disk --part nic --rounds 3 --seconds 1
demo bench:
	@tools/setup demo
	@kernel=$$(tools/lab/run --print-kernel) && \
		$(MAKE) --no-print-directory -s bench-modules KVER=$$kernel
	@tools/bench/run $(BENCH_ARGS)

bench-ide:
	@tools/setup demo
	@tools/setup kernel
	@host=$$(tools/lab/run --print-kernel) && guest=$$(tools/lab/kernel ide) && \
		$(MAKE) --no-print-directory -s bench-modules \
			KDIR=$${guest%:*}/lib/modules/$${guest##*:}/build && \
		$(MAKE) --no-print-directory -s module DIR=host-shim KVER=$$host && \
		tools/bench/run --part disk --l2-kernel $$guest --out build/bench-ide $(BENCH_ARGS)

# KERNEL=debug: with a kernel of tools/lab/kernel, see there.
check:
	@tools/setup check
	@$(if $(KERNEL),tools/setup kernel)
	@tools/selftests/run $(addprefix --kernel ,$(KERNEL)) $(addprefix --test ,$(TEST)) $(SUITES)

check-quick:
	@tools/setup check
	@tools/selftests/run --quick

check-long:
	@tools/setup check
	@tools/selftests/run --long

check-ide:
	@tools/setup check
	@tools/setup kernel
	@tools/selftests/run --kernel ide guest disks live errors fallback commands recovery smp \
		pvctl machine-ide

check-hz1000:
	@tools/setup check
	@tools/setup kernel
	@tools/selftests/run --kernel hz1000 timer timer-smp

check-matrix:
	@tools/setup check
	@tools/selftests/run host-5.10 host-6.12 host-7

# For the guest that ticks 1,000 times a second; its modules are not needed.
bench-timer:
	@tools/setup bench
	@tools/setup kernel
	@host=$$(tools/lab/run --print-kernel) && guest=$$(tools/lab/kernel hz1000) && \
		$(MAKE) --no-print-directory -s module DIR=host-shim KVER=$$host && \
		tools/bench/run --part timer --l2-kernel $$guest --out build/bench-timer $(BENCH_ARGS)

bench-debian:
	@tools/setup check
	@tools/bench/debian/run $(BENCH_ARGS)

bench-modules: modules
	$(MAKE) module DIR=tools/bench/pvio_bench

# one of the tools' own, against the modules here
module: check-kdir
	$(MAKE) -C $(KDIR) M=$(abspath $(DIR)) KBUILD_EXTRA_SYMBOLS=$(wildcard $(CURDIR)/Module.symvers) modules

build-matrix:
	@tools/matrix/run

install-guest install-host uninstall-guest uninstall-host:
	@packaging/install $(subst -, ,$@)

TOOL_MODULES = $(dir $(wildcard tools/*/*/Kbuild tools/*/*/*/Kbuild))
# Without headers nothing was built that they would be needed to remove.
clean:
	$(foreach dir,$(if $(wildcard $(KDIR)/Makefile),. $(TOOL_MODULES)), \
		$(MAKE) -C $(KDIR) M=$(abspath $(dir)) PVIO_HOST=1 clean &&) true
	$(RM) $(addprefix tools/selftests/,host/*_test $(addprefix fuzz/,batch_fuzzer batch_coverage ring_test deadline_test) \
		guest/ata_command guest/hypercall_user nic/echo nic/xdp_return)
	$(RM) -r build

# The caches of lab, tests and matrix; the packages stay installed.
distclean: clean
	$(RM) -r $${XDG_CACHE_HOME:-$$HOME/.cache}/pvio

.PHONY: all help modules check-kdir demo bench bench-ide bench-timer bench-debian check check-quick check-long check-ide check-hz1000 \
	check-matrix bench-modules module build-matrix install-guest install-host uninstall-guest uninstall-host \
	clean distclean
