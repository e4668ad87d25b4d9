# What one needs, and exactly what CI runs. VENV=path uses another environment, PYTHON=… another interpreter.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# The index of CPU-only builds; without it Linux gets several gigabytes of CUDA. For a GPU: make demo TORCH_INDEX=
TORCH_INDEX ?= --extra-index-url https://download.pytorch.org/whl/cpu
TORCH ?= torch==2.13.0
# The words before a program that a private Debian root has.
in_root = $(CURDIR)/tests/editors/private_root exec $$(tests/editors/private_root where $(1))

.PHONY: help demo test test-all test-faults test-krita test-gimp pictures reliability bench docs audit check format build try-wheel archives clean

$(BIN)/huedot: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps $(TORCH_INDEX) $(TORCH)
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

help:  ## what there is
	@sed -n 's/^\([a-z.0-9-]*\):.*## /\1\t/p' Makefile | expand -t 16

demo: $(BIN)/huedot  ## color the example photograph from its dots
	$(BIN)/huedot colorize examples/photograph.jpg --hints examples/hints.png -o colored.png

test: $(BIN)/huedot  ## the tests, without those of test-faults, test-krita and test-gimp; as many at a time as there are cores, up to four
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test-all: test  ## every test; those in real editors where the editors are
	$(BIN)/python -m pytest tests/faults tests/krita tests/gimp

test-faults: $(BIN)/huedot  ## what the daemon and the editors survive, a line with a figure for each
	$(BIN)/python -m pytest --quiet -m fault tests/faults tests/krita tests/gimp

test-krita: $(BIN)/huedot  ## the tests in real Krita; KRITA=5.1, 5.2, 5.3 or 6.0 for that one, in a private Debian root (needs root rights)
	tests/krita/get_krita $(KRITA)
	HUEDOT_EDITORS=required $(if $(KRITA),HUEDOT_KRITA="$(call in_root,krita-$(KRITA)) krita") \
	$(BIN)/python -m pytest tests/krita

test-gimp: $(BIN)/huedot  ## the tests in real GIMP 3.0; GIMP=3.2 for that one; both in private Debian roots (needs root rights)
	tests/gimp/get_gimp $(GIMP)
	HUEDOT_EDITORS=required $(if $(filter-out 3.0,$(GIMP)),HUEDOT_GIMP="$(call in_root,gimp-$(GIMP))") \
	$(BIN)/python -m pytest tests/gimp

pictures: $(BIN)/huedot  ## take the pictures of the panels in docs/images anew
	HUEDOT_EDITORS=required HUEDOT_PICTURES=docs/images $(BIN)/python -m pytest tests/krita/test_pictures.py tests/krita/test_palettes.py tests/gimp/test_pictures.py

reliability: $(BIN)/huedot  ## test-faults, with what was measured going into docs/reliability.md
	HUEDOT_FAULTS_TABLE=docs/reliability.md $(BIN)/python -m pytest --quiet -m fault tests/faults tests/krita tests/gimp

bench: $(BIN)/huedot  ## speed beside its rivals; PHOTOGRAPHS=path for photographs of your own
	$(BIN)/huedot bench $(PHOTOGRAPHS)

docs: $(BIN)/huedot  ## the site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

audit: $(BIN)/huedot  ## look up all dependencies among the known vulnerabilities
	$(BIN)/python .ci/audit

check: $(BIN)/huedot  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p huedot -p huedot_krita -p huedot_gimp

format: $(BIN)/huedot  ## as ruff has it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(BIN)/huedot  ## the wheel, in dist/
	$(BIN)/python -m build --outdir dist

try-wheel:  ## the wheel of dist/, in an environment of its own, as one who installs it has it
	rm -rf build/wheel
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip install --quiet --no-deps $(TORCH_INDEX) $(TORCH)
	build/wheel/bin/pip install --quiet dist/*.whl
	cd build && wheel/bin/huedot colorize ../examples/photograph.jpg --hints ../examples/hints.png --no-daemon -o wheel.png
	cd build && wheel/bin/huedot weights verify
	cd build && wheel/bin/huedot archives -o archives

archives: $(BIN)/huedot  ## the plugins as .zip files, in dist/
	$(BIN)/huedot archives -o dist

clean:  ## remove all that was made here
	rm -rf $(VENV) build dist site *.egg-info colored.png
