# The commands of the project. Needs Rust, a C compiler and make; `make test` installs or names what else it needs.

.DEFAULT_GOAL := help
.PHONY: help demo check test bench soak proof fmt fuzz release

TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
RELEASE = $(TARGET_DIR)/release

DEMO_ARGS ?=
BENCH_ARGS ?=
SOAK_SECONDS ?= 3600
SOAK_ARGS ?=
# The system tests that take power, processes and confirmations away.
PROOF_TESTS ?= --test system -- killed_ lost_ full_disk failed_fsync restored
PROOF_ROUNDS ?= 20
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= envelope table heartbeat resume checkpoint

help: ## This list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r command words; \
		do printf '%-14s%s\n' "$$command" "$$words"; done

demo: release ## A hub, three edges and their devices on this machine, until Ctrl-C (DEMO_ARGS="--for 45s --dir DIR")
	@$(RELEASE)/strongroom-sim demo $(DEMO_ARGS)

check: ## Format, lints and types, without building or running anything
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets -- -D warnings
	@cargo check --workspace --all-targets

test: ## Everything that must hold: format, lints, unit and system tests (installs what it needs, or says what is missing)
	@deploy/install-test-needs.sh test
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets -- -D warnings
	@cargo build --workspace --bins
	@if cargo nextest --version >/dev/null 2>&1; \
		then cargo nextest run --workspace --profile whole --test-threads $$(($$(nproc) * 2)); \
		else cargo test --workspace; fi

bench: release ## Throughput, latency and memory as a table (BENCH_ARGS)
	@deploy/install-test-needs.sh bench || echo "The benchmark goes on and leaves out what it cannot compare with."
	@$(RELEASE)/strongroom-bench $(BENCH_ARGS)
	@echo "Building the bench of correlation alone."
	@cargo build --quiet --release --workspace --example bench-correlate
	@$(RELEASE)/examples/bench-correlate

soak: release ## A watched room with troubles for an hour: nothing lost, doubled or leaked (SOAK_SECONDS=3600)
	@deploy/install-test-needs.sh test
	@$(RELEASE)/strongroom-soak --for $(SOAK_SECONDS) $(SOAK_ARGS)

proof: release ## Kills, full disks and lost confirmations over and over, release build (PROOF_ROUNDS=20)
	@tests/shaped.sh --release
	@round=1; while [ $$round -le $(PROOF_ROUNDS) ]; do \
		echo "Round $$round of $(PROOF_ROUNDS)"; \
		cargo test --release --quiet -p strongroom-tests $(PROOF_TESTS) || exit 1; \
		round=$$((round + 1)); \
	done

fmt: ## Format all code
	@cargo fmt --all

fuzz: ## Any bytes into the decoders of the wire, needs nightly and cargo-fuzz (FUZZ_SECONDS=60 for each target)
	@cargo +nightly fuzz --version >/dev/null 2>&1 || { echo "See shared/wire/fuzz/README.md for what fuzzing needs."; exit 1; }
	@unset CARGO_TARGET_DIR; cd shared/wire/fuzz; for target in $(FUZZ_TARGETS); do \
		echo "Fuzzing $$target for $(FUZZ_SECONDS) s"; mkdir -p corpus/$$target; \
		cargo +nightly fuzz run $$target corpus/$$target seeds/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=16384 -print_final_stats=1 -verbosity=0 || exit 1; \
	done

# Several hundred lines of cargo become a few words; warnings and errors pass as they are.
release:
	@echo "Building the release binaries. The first time takes some minutes."
	@{ cargo build --workspace --bins --release 2>&1; echo "cargo-exit $$?"; } | { \
		count=0; exit=1; \
		while IFS= read -r line; do case "$$line" in \
			'   Compiling strongroom-'*) echo "  $${line#   Compiling }";; \
			'   Compiling '*) count=$$((count + 1)); [ $$((count % 50)) -ne 0 ] || echo "  $$count libraries compiled";; \
			'cargo-exit '*) exit=$${line#cargo-exit };; \
			*Downloading*|*Downloaded*|*Locking*|*Updating*|*Finished*) ;; \
			*) printf '%s\n' "$$line";; \
		esac; done; exit $$exit; }
