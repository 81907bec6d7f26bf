.PHONY: help run test check bench docs

help:  ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' $(MAKEFILE_LIST)

run:  ## Serve at http://127.0.0.1:8000, over the embedded PostgreSQL
	uv run rakornas serve

test:  ## Run all tests but the long ones
	uv run pytest

check:  ## Check style, types, and who may import whom
	uv run ruff check
	uv run ruff format --check
	uv run mypy
	uv run lint-imports

bench:  ## Run all benchmarks
	uv run python -m benchmarks all

docs:  ## Write the generated parts of the documentation, and test it
	uv run python -m tests.docs.configuration
	uv run pytest tests/docs
