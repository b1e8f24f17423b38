# SPDX-License-Identifier: Apache-2.0
# Each target does its own set-up; a second run of the set-up takes a second.
.PHONY: setup build command test demo study default-model package parity peers bench soak fuzz sanitize format lint clean

setup:
	@scripts/setup

build:
	@scripts/build

command:
	@scripts/build command

test: setup
	@scripts/test

default-model: command
	@scripts/default-model

study: command
	@scripts/study

package: setup
	@scripts/package

demo: command
	@scripts/demo

parity: setup
	@scripts/parity

peers: setup
	@scripts/peers
	@scripts/peers nnunet

bench: build
	@scripts/bench

soak: command
	@scripts/soak

fuzz: setup
	@scripts/fuzz

sanitize: setup
	@scripts/sanitize

format:
	@swift format -i -r Sources Tests Benchmarks Oracles Package.swift

lint:
	@swift format lint --strict -r Sources Tests Benchmarks Oracles Package.swift

clean:
	@rm -rf .build .build-package package demo study
