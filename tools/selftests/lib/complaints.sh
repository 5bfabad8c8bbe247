# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # for those who source it
# What a kernel's log has where the ATA layer or the project's drivers complain.
complaint='(ata[0-9.]+|hd[abd]|ide[0-9]): .*(exception|error|failed|reset|lost|timeout|frozen|limiting)|I/O error|refused'
