# x86 in QEMU: a kernel with our patches, and Debian's own as it comes.

# Debian's name for it; older ones leave the registry.
RELEASE ?= 6.12.117+deb12

# More to switch on, of config/: CONFIG_MORE=lockdep
CONFIG_MORE ?=

QEMU_NAME := $(subst $(empty) $(empty),-,$(strip qemu $(PATCHES) $(CONFIG_MORE)))
QEMU_TREE := build/$(QEMU_NAME).tree
QEMU_PATCHES := $(foreach patch,$(CHOSEN) reader,$(call files_of,$(patch)))
QEMU_CONFIGS := $(patsubst %,config/%.config,x86 $(CONFIG_MORE))
QEMU_CONFIG := build/$(QEMU_NAME)/config
QEMU_KBUILD := nice -n 10 $(MAKE) -C $(QEMU_TREE) ARCH=x86 -j$(JOBS) -s \
  --no-print-directory

DEBIAN := build/debian
HEADERS := $(DEBIAN)/packages/usr/src/linux-headers-$(RELEASE)

.PHONY: qemu debian qemu-needs

qemu: build/$(QEMU_NAME)/vmlinuz build/runner build/init ## x86, patched, in QEMU

debian: $(DEBIAN)/provenance.json build/runner build/init ## Debian's own, in QEMU

build/$(QEMU_NAME)/vmlinuz: $(QEMU_PATCHES) reader/rmap_oracle.c $(QEMU_CONFIGS) \
  | $(QEMU_TREE)
	@./patch-tree $(QEMU_TREE) $(QEMU_PATCHES)
	@ln -sf ../../../reader/rmap_oracle.c $(QEMU_TREE)/mm/
	@echo "Building $@, $(JOBS) jobs"
	@mkdir -p $(@D)
	@cat $(QEMU_CONFIGS) >$(QEMU_CONFIG)
	@$(QEMU_KBUILD) KCONFIG_ALLCONFIG=$(CURDIR)/$(QEMU_CONFIG) allnoconfig
	@./check-config $(QEMU_CONFIG) $(QEMU_TREE)/.config
	@$(QEMU_KBUILD) bzImage
	@./provenance $(QEMU_TREE) $(LINUX_TARBALL) $(QEMU_CONFIG) $(QEMU_PATCHES) \
	  >$(@D)/provenance.json
	@cp $(QEMU_TREE)/arch/x86/boot/bzImage $@.new && mv $@.new $@

build/qemu.tree: | build/source qemu-needs
	@cp -al build/source $@

ifneq ($(QEMU_NAME),qemu)
$(QEMU_TREE): | build/qemu/vmlinuz
	@./derive-tree build/qemu.tree $@

build/qemu/vmlinuz:
	@$(MAKE) qemu PATCHES= CONFIG_MORE=
endif

# Modules load in the order of their names: the RAM disk, then the reader.
$(DEBIAN)/provenance.json: $(wildcard reader/*) | $(DEBIAN)/packages
	@echo "Building the reader as a module of $(RELEASE)"
	@rm -rf $(DEBIAN)/module && cp -r reader $(DEBIAN)/module
	@$(MAKE) -s -C $(HEADERS)-cloud-amd64 \
	  -f $(CURDIR)/$(HEADERS)-common/Makefile \
	  M=$(CURDIR)/$(DEBIAN)/module CONFIG_DEBUG_INFO_BTF_MODULES= modules
	@strip -g -o $(DEBIAN)/rmap_oracle.ko $(DEBIAN)/module/rmap_oracle.ko
	@xz -dc $(DEBIAN)/packages/lib/modules/*/kernel/drivers/block/brd.ko.xz \
	  >$(DEBIAN)/brd.ko
	@cp $(DEBIAN)/packages/boot/vmlinuz-* $(DEBIAN)/vmlinuz
	@printf '{\n  "release": "%s",\n  "source": "%s",\n  "date": "%s"\n}\n' \
	  $(RELEASE)-cloud-amd64 "$$(cat $(DEBIAN)/packages/source)" \
	  "$$(date -u +%F)" >$@

$(DEBIAN)/packages: | needs qemu-needs
	@echo "Fetching Debian's kernel $(RELEASE) and its headers"
	@rm -rf $@ $@.part
	@./debian-packages $@.part $(RELEASE)
	@mv $@.part $@

qemu-needs:
	@./needs $(LINUX_TARBALL) qemu-system-x86 libelf-dev
