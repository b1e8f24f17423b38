# SPDX-License-Identifier: Apache-2.0
"""Reference numbers by the field's own libraries.

`fixtures` makes the committed files of Tests/Fixtures, `parity` compares the results of `cac` and of
cac-oracle with the libraries' on data drawn for the run, `peers` times the same work by both. Every
module runs from the root of the repository: `.venv/bin/python -m Oracles.parity.plans …`. README.md
lists them.
"""
