# SPDX-License-Identifier: Apache-2.0
# Each target does its own set-up; a second run of the set-up takes a second.
.PHONY: setup build test demo study default-model parity peers bench fuzz sanitize format lint clean

setup:
	@scripts/setup

build: setup
	@swift build -c release --product cac-gdcm
	@swift build -c release --product cac-itk
	@swift build -c release --product cac-dcmtk
	@swift build -c release --product cac

test: setup
	@scripts/test

default-model: build
	@scripts/default-model

study: build
	@scripts/study

demo: build
	@scripts/demo

parity: setup
	@scripts/parity

peers: setup
	@scripts/peers
	@scripts/peers nnunet

bench: build
	@scripts/bench

fuzz: setup
	@scripts/fuzz

sanitize: setup
	@scripts/sanitize

format:
	@swift format -i -r Sources Tests Benchmarks Oracles Package.swift

lint:
	@swift format lint --strict -r Sources Tests Benchmarks Oracles Package.swift

clean:
	@rm -rf .build demo study
