# SPDX-License-Identifier: Apache-2.0
"""Comparisons of the command and the library with others' results, run by scripts/parity."""
