# The recipes of this project, the same for people and for CI.
#   make demo      build, start a private mail system on loopback, send mail every way, show what became of it, stop
#   make test      everything that must hold: format, lints, licences, unit, property and fuzz runs, compatibility
#   make test-recorded  compatibility without root: ours beside recordings of the reference
#   make record    what the reference says, recorded again for that (as root)
#   make bench     ours beside the reference, as ratios; BENCH="1 queue-200000" names rounds and benchmarks
#   make install   DESTDIR=DIR PROFILE=debian|upstream|redhat: every program where that system's package has it

PROFILE ?= debian
DESTDIR ?=
FUZZ_SECONDS ?= 20
# Random input is the same in each run, so that a failure says something of what was changed; `SEED=` tries other input.
SEED ?= 20261123
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
VERSIONS := 3.11 3.10 3.7

export OXIPOST_PROFILE := $(PROFILE)

.PHONY: all demo test test-recorded record bench install tools roots install-roots fmt clippy deny unit fuzz compat clean

all: release

.PHONY: release
release:
	cargo build --release --workspace --exclude oxipost-compat --exclude oxipost-bench

demo: release
	dist/demo $(TARGET)/release

install: release
	dist/install $(TARGET)/release "$(DESTDIR)"

test: tools fmt clippy deny unit fuzz compat

tools:
	tests/compat/install-tools

fmt:
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets -- -D warnings

deny:
	cargo deny --log-level error check licenses bans sources
	@if cargo deny fetch db 2>/dev/null; then cargo deny --log-level error check --disable-fetch advisories; \
	else echo 'advisories not checked: their database is out of reach'; fi

unit:
	$(if $(SEED),PROPTEST_RNG_SEED=$(SEED)) cargo test --workspace --exclude oxipost-compat
	cargo test -p oxipost-compat --lib

fuzz:
	FUZZ_SEED=$(SEED) fuzz/run $(FUZZ_SECONDS)

roots:
	tests/compat/make-roots $(VERSIONS)

install-roots: release roots
	tests/compat/install-roots $(TARGET)/release $(VERSIONS)

# The suite's last line is the run's last line: what uses the ledger first, then whether all of it was used.
compat: install-roots
	rm -rf $(TARGET)/ledger-marks
	cargo test -p oxipost-compat --no-fail-fast --test suite -- --test-threads 4
	cargo test -p oxipost-compat --test ledger

# See tests/compat/src/recorded/mod.rs.
test-recorded: release
	tests/compat/replay $(TARGET)/release

record: install-roots
	OXIPOST_REFERENCE=record cargo test -p oxipost-compat --test suite -- --test-threads 4 --exact \
		$$(grep -rh --include='*.toml' '^test = ' tests/compat/recorded | cut -d'"' -f2 | sort -u)

bench: install-roots
	cargo run -q --release -p oxipost-bench -- $(BENCH)

clean:
	cargo clean
