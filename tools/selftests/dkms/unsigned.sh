# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# DKMS makes a key for this machine and signs modules with it. It makes none where
# the key is in a token ("pkcs11:"), and signs nothing where the certificate is
# missing (prepare_signing() in dkms).
export mok_signing_key=pkcs11: mok_certificate=/nonexistent
