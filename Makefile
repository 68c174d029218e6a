# pledged: one makefile, no configure step. `make help` tells what there is.
#
#   build/plain   what is installed: -O2, hardened
#   build/asan    the same sources under AddressSanitizer and UBSan, for the suites
#   build/fuzz    the same by clang with libFuzzer, for tests/fuzz
#   build/cover   the same by clang with counters that outlive whatever kills the process, for tests/run cover
#   build/crash   build/plain with the crash points of base/crash.def, for tests/score
#   build/widget  the browser's side, bundled; the one thing that asks for npm
#
# Sources are found by room, so a new file needs no line here.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

CC         ?= cc
ifeq ($(origin CC),default)
CC         := gcc
endif
AR         := gcc-ar
PKG_CONFIG ?= pkg-config
INSTALL    ?= install
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
DATADIR    ?= $(PREFIX)/share/pledged
MANDIR     ?= $(PREFIX)/share/man
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
WERROR     ?= -Werror
B          ?= build
VERSION    := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# One line a file; V=1 shows the commands.
SAY = $(if $(V),,@echo '$(1) $@'; )

# --- flags -------------------------------------------------------------------------------------

PACKAGES := libpq libcurl libcares jansson libevent_core libcrypto inih libseccomp
WARN     := -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wvla $(WERROR)
HARDEN   := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection=full -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr

CPPFLAGS_ALL  = -Isrc -D_GNU_SOURCE $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL    = -std=c17 -fPIE -g $(WARN) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS_$(KIND)) $(CFLAGS)
LDFLAGS_ALL   = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS_$(KIND)) $(LDFLAGS)
LIBS          = $(PKG_LIBS) -lfcgi

CFLAGS_plain  := -O2 $(HARDEN)
LDFLAGS_plain :=
CFLAGS_asan   := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDFLAGS_asan  := -fsanitize=address,undefined
CFLAGS_crash  := $(CFLAGS_plain) -DPLEDGED_CRASHPOINTS
LDFLAGS_crash :=

# clang says differently that the arena may poison; its warnings are no gate, gcc's are.
FUZZ_CC       ?= $(firstword $(shell command -v clang-14 clang 2>/dev/null))
CFLAGS_fuzz   := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
                 -fno-sanitize-recover=undefined -D__SANITIZE_ADDRESS__ -w
LDFLAGS_fuzz  := -fsanitize=fuzzer,address,undefined

# Each counter is a word of a mapped file: what a process did counts however it ends, also by SIGKILL. A file for each process, by
# whatever user it runs; who gets the number of a dead one goes on from its counts.
CFLAGS_cover  := -O1 -fprofile-instr-generate=$(CURDIR)/$(B)/cover/raw/%p.%1m%c.profraw -fcoverage-mapping \
                 -mllvm -runtime-counter-relocation -w
LDFLAGS_cover  = $(CFLAGS_cover)

# Asked once and only when something is compiled: `make clean` and `make help` need no package.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) --libs $(PACKAGES)))$(PKG_LIBS)

# --- what there is -----------------------------------------------------------------------------

CORE_SRC := $(sort $(wildcard src/base/*.c src/core/*.c))
ROOM_SRC := $(sort $(wildcard src/store/*.c src/pay/*.c src/app/*.c src/web/*.c))
CTL_SRC  := $(sort $(wildcard src/main/pledgectl.c src/main/ctl_*.c))
MAIN_SRC := $(sort $(filter-out $(CTL_SRC),$(wildcard src/main/*.c)))
UNIT_SRC := $(sort $(wildcard tests/unit/*_test.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
SIM_SRC   := $(sort $(wildcard tests/sim/*.c))
FUZZ_SRC  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
# The simulator of the money path replaces these symbols when it is linked.
MONEY_SIM := $(sort $(wildcard tests/sim/money/*.c))
MONEY_WRAP := clock_utc clock_mono seal_random nanosleep log_emit http_open http_close http_call mail_send \
              PQconnectdb PQstatus PQtransactionStatus PQserverVersion PQfinish PQclear PQsendQueryParams PQsetnonblocking PQflush \
              PQisBusy PQgetResult PQresultErrorField PQsetNoticeReceiver
UNIT_ALL := $(filter tests/unit/store_% tests/unit/pay_% tests/unit/app_% tests/unit/web_%,$(UNIT_SRC))

# A program exists as soon as its main file does.
PROGRAMS := $(patsubst src/main/%.c,%,$(wildcard src/main/pledged.c src/main/pledgectl.c))
# Only these are compiled again when the version changes.
VERSIONED := $(shell grep -l PLEDGED_VERSION -r src tests/sim --include='*.c' 2>/dev/null)

.PHONY: all plain asan cover crash widget unit unit-asan bench sim sim-asan fuzz replay torture install clean help format FORCE
all: plain

# --- one build ---------------------------------------------------------------------------------
# $(1) is plain, asan or crash. Two archives: floors 0 and 1, which the rules' unit tests link alone, and
# the rooms above them.

define BUILD
$(1): $(if $(filter fuzz,$(1)),,$(PROGRAMS:%=$(B)/$(1)/%))
$(B)/$(1)/%: KIND := $(1)

$(B)/$(1)/libcore.a: $(CORE_SRC:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/librooms.a: $(ROOM_SRC:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/%.a:
	@rm -f $$@
	$$(call SAY,AR)$(AR) rcsD $$@ $$^

$(B)/$(1)/pledged: $(MAIN_SRC:%.c=$(B)/$(1)/%.o) $(B)/$(1)/librooms.a $(B)/$(1)/libcore.a
	$$(call SAY,LD)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(LIBS)
$(B)/$(1)/pledgectl: $(CTL_SRC:%.c=$(B)/$(1)/%.o) $(B)/$(1)/librooms.a $(B)/$(1)/libcore.a
	$$(call SAY,LD)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(LIBS)

$(B)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call SAY,CC)$$(CC) $$(CPPFLAGS_ALL) $$(CFLAGS_ALL) $$(VERSION_DEF) -MMD -MP -c -o $$@ $$<
$(VERSIONED:%.c=$(B)/$(1)/%.o): VERSION_DEF := -DPLEDGED_VERSION='"$(VERSION)"'
$(VERSIONED:%.c=$(B)/$(1)/%.o): $(B)/version

# Each tests/unit/NAME_test.c is a program; the rooms' tests are told by their prefix.
UNIT_$(1) := $(UNIT_SRC:tests/unit/%.c=$(B)/$(1)/unit/%)
$(UNIT_ALL:tests/unit/%.c=$(B)/$(1)/unit/%): $(B)/$(1)/librooms.a
$(B)/$(1)/unit/%: $(B)/$(1)/tests/unit/%.o $(B)/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(call SAY,LD)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) $$(filter %librooms.a,$$^) $(B)/$(1)/libcore.a $$(LIBS) -lcmocka

# tests/bench/NAME.c and tests/sim/NAME.c are programs too.
BENCH_$(1) := $(BENCH_SRC:tests/%.c=$(B)/$(1)/%)
SIM_$(1) := $(SIM_SRC:tests/%.c=$(B)/$(1)/%)
$(B)/$(1)/bench/%: $(B)/$(1)/tests/bench/%.o $(B)/$(1)/librooms.a $(B)/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(call SAY,LD)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) $(B)/$(1)/librooms.a $(B)/$(1)/libcore.a $$(LIBS)
$(B)/$(1)/sim/money: $(MONEY_SIM:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/sim/money: REPLACED := $(MONEY_WRAP:%=-Wl,--wrap=%)
$(B)/$(1)/sim/%: $(B)/$(1)/tests/sim/%.o $(B)/$(1)/librooms.a $(B)/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(call SAY,LD)$$(CC) $$(LDFLAGS_ALL) $$(REPLACED) -o $$@ $$(filter %.o,$$^) $(B)/$(1)/librooms.a $(B)/$(1)/libcore.a $$(LIBS)

# tests/fuzz/fuzz_NAME.c: libFuzzer brings main in build/fuzz, replay.c anywhere else.
$(B)/$(1)/fuzz/fuzz_fcgi: $(B)/$(1)/src/main/fcgi.o
FUZZ_$(1) := $(FUZZ_SRC:tests/%.c=$(B)/$(1)/%)
$(B)/$(1)/fuzz/%: $(B)/$(1)/tests/fuzz/%.o $(if $(filter fuzz,$(1)),,$(B)/$(1)/tests/fuzz/replay.o) \
		$(B)/$(1)/librooms.a $(B)/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(call SAY,LD)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) $(B)/$(1)/librooms.a $(B)/$(1)/libcore.a $$(LIBS)
endef
$(eval $(call BUILD,plain))
$(eval $(call BUILD,asan))
$(eval $(call BUILD,fuzz))
$(B)/fuzz/%: CC = $(or $(FUZZ_CC),$(error there is no clang: deploy/packages fuzz installs it))
$(eval $(call BUILD,cover))
$(B)/cover/%: CC = $(or $(FUZZ_CC),$(error there is no clang: deploy/packages cover installs it))
$(eval $(call BUILD,crash))

unit: $(UNIT_plain)
unit-asan: $(UNIT_asan)
bench: $(BENCH_plain) $(B)/plain/bench/alloc.so
$(B)/plain/bench/alloc.so: tests/bench/preload/alloc.c
	@mkdir -p $(@D)
	$(call SAY,CC)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC -shared -o $@ $<
sim: $(SIM_plain)
sim-asan: $(SIM_asan)
fuzz: $(FUZZ_fuzz)
replay: $(FUZZ_asan)
cover: $(UNIT_cover) $(SIM_cover)

# What stands before libc when memory or a system call is to fail.
torture: $(B)/torture/shim.so
$(B)/torture/shim.so: tests/torture/shim.c
	@mkdir -p $(@D)
	$(call SAY,LD)$(CC) -std=c17 -O2 -g -fPIC -shared $(WARN) -fno-builtin -o $@ $< -ldl

# --- the widget --------------------------------------------------------------------------------
# Bundled by the esbuild of src/widget/package-lock.json, or by another one: make widget ESBUILD=/usr/bin/esbuild

WIDGET     := src/widget
WIDGET_SRC := $(shell find $(WIDGET) -name node_modules -prune -o -type f -print) src/core/currency.def
ESBUILD    ?=
widget: $(B)/widget/pledged.js
$(B)/widget/pledged.js: $(WIDGET_SRC) $(if $(ESBUILD),,$(WIDGET)/node_modules/.lock)
	$(call SAY,WIDGET)ESBUILD='$(ESBUILD)' node $(WIDGET)/build.mjs $(@D)
$(WIDGET)/node_modules/.lock: $(WIDGET)/package-lock.json
	$(call SAY,NPM)cd $(WIDGET) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Rewritten only when it differs, so that an unchanged version compiles nothing.
$(B)/version: FORCE
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = '$(VERSION)' ] || echo '$(VERSION)' >$@

ifneq ($(MAKECMDGOALS),clean)
-include $(shell find $(B) -name '*.d' 2>/dev/null)
endif

# --- the rest ----------------------------------------------------------------------------------

install: plain
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(DATADIR)
	$(INSTALL) -m 0755 $(PROGRAMS:%=$(B)/plain/%) $(DESTDIR)$(BINDIR)
	@[ -d $(B)/widget ] || echo 'install: without the widget, which `make widget` bundles'
	@for d in conf sql $(B)/widget; do \
		[ -d $$d ] || continue; \
		(cd $$d && find . -type f ! -name '*_test.*') | while read -r f; do \
			$(INSTALL) -D -m 0644 "$$d/$$f" "$(DESTDIR)$(DATADIR)/$${d##*/}/$$f"; \
		done; \
	done
	$(INSTALL) -d $(DESTDIR)$(UNITDIR)
	@for u in deploy/systemd/*.service deploy/systemd/*.socket deploy/systemd/*.target; do \
		sed 's|/usr/local/bin/|$(BINDIR)/|' "$$u" >"$(DESTDIR)$(UNITDIR)/$${u##*/}" && chmod 0644 "$(DESTDIR)$(UNITDIR)/$${u##*/}" || exit 1; \
	done
	$(INSTALL) -D -m 0644 deploy/systemd/pledged.sysusers $(DESTDIR)$(SYSUSERSDIR)/pledged.conf
	$(INSTALL) -D -m 0644 deploy/systemd/pledged.tmpfiles $(DESTDIR)$(TMPFILESDIR)/pledged.conf
	@if [ -d deploy/man ]; then \
		for f in deploy/man/*.[1-8]; do \
			[ -f "$$f" ] && $(INSTALL) -D -m 0644 "$$f" "$(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/}"; \
		done; \
	fi; true

clean:
	rm -rf $(B)/plain $(B)/asan $(B)/cover $(B)/crash $(B)/fuzz $(B)/torture $(B)/widget $(B)/version

format:
	clang-format -i $(shell find src tests -name '*.[ch]')

help:
	@echo 'make             build/plain: pledged and pledgectl'
	@echo 'make asan        build/asan: the same under AddressSanitizer and UBSan'
	@echo 'make crash       build/crash: build/plain with crash points, for tests/score'
	@echo 'make widget      build/widget: the browser'\''s side, bundled by esbuild (npm)'
	@echo 'make unit        the unit test programs (build/plain/unit); unit-asan: sanitized'
	@echo 'make bench       the programs of tests/bench'
	@echo 'make sim         the programs of tests/sim; sim-asan: sanitized'
	@echo 'make fuzz        the fuzz targets by clang (tests/fuzz/run runs them); replay: sanitized, over their corpora'
	@echo 'make torture     a library that lets allocations and system calls fail, for tests/score'
	@echo 'make cover       programs, unit tests and tests/sim with counters, for tests/run cover'
	@echo 'make install     to PREFIX ($(PREFIX)) below DESTDIR'
	@echo 'make format      clang-format over the C sources'
	@echo 'make clean       removes the builds; the demo and its data stay in build/demo'
	@echo
	@echo 'B=DIR builds elsewhere; V=1 shows the commands; WERROR= switches -Werror off; CFLAGS, LDFLAGS and CPPFLAGS are added at the end.'
	@echo 'deploy/demo shows the whole thing; tests/run runs every suite.'
