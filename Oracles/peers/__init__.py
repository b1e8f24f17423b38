# SPDX-License-Identifier: Apache-2.0
"""Times of the same work here and by others, in turns on one machine, run by scripts/peers."""
