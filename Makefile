# The whole developer interface: demo, test, lint, lab, bench, docs, new-suspect NAME=...
# On a fresh machine (Debian's base, Python 3.11, root) `make demo` and `make test` install what they need.

PYTHON ?= python3
BIN := .venv/bin
PACKAGES := nginx-light haproxy apache2 caddy varnish trafficserver prometheus tshark tcpdump nftables iproute2 strace openssl

.PHONY: demo test lint lab bench docs new-suspect clean debian-packages servers

demo: .venv/demo
	@$(BIN)/why502 diagnose examples/the-article -o report.html --force; test $$? -eq 1
	@echo; echo "The same as a page, with the plot: report.html"

test: .venv/dev debian-packages servers
	$(BIN)/pytest -n 2 --dist loadfile

lint: .venv/dev
	$(BIN)/ruff format --check src tests bench docs
	$(BIN)/ruff check src tests bench docs
	$(BIN)/mypy
	$(BIN)/python -m docs.generate --check

lab: .venv/dev debian-packages servers
	$(BIN)/why502 lab matrix --seeds 29 -o build/matrix

bench: PACKAGES += goaccess lnav mawk tcptrace
bench: .venv/dev debian-packages
	$(BIN)/python -m bench.run $(ROWS)

docs: .venv/dev
	$(BIN)/python -m docs.generate

new-suspect: .venv/dev
	$(BIN)/python -m docs.new_suspect $(NAME)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis report.html

# venv needs ensurepip, which Debian keeps in a package of its own.
.venv/bin/python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || (apt-get update -qq && apt-get install -y -qq python3-venv)
	$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python pyproject.toml constraints.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ .venv/demo

# Only what is missing; as an ordinary user the tests that need them skip and say so.
debian-packages:
	@missing=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(PACKAGES) 2>&1 \
	  | awk '$$1 != "installed" {print $$NF}'); \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $(PACKAGES); \
	fi

# The real servers that tests/host recognises and the lab runs, as far as this machine's Go, Node.js, JDK and Maven build them.
servers: .venv/dev
	@$(MAKE) --no-print-directory -s -C tests/servers OUT=$(CURDIR)/.venv/servers
