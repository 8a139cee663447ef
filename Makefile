# Muster. `make` lists what can be made; everything but lint of the template needs Go alone.

FUNCTIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard functions/*/main.go))))
BUILD     := CGO_ENABLED=0 GOFLAGS='-trimpath -tags=lambda.norpc -ldflags=-s'
GENERATED := git ls-files -co --exclude-standard -- '*_templ.go' '*openapi.json' | sort | xargs cksum

.PHONY: help run test check build bench measure generate fmt sam deploy

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve http://localhost:3000 with its data in .data, filled with a demo when empty
	@go run ./infra/local -data .data -demo

test: ## run every test, and say what was left out
	@go run ./infra/testrun

check: ## formatting, vet, staticcheck, generated files, the template, the repository's rules
	@test -z "$$(gofmt -l functions infra shared)" || { gofmt -l functions infra shared; echo 'these want gofmt'; exit 1; }
	@go vet ./...
	@go tool staticcheck ./...
	@before=$$($(GENERATED)); $(MAKE) -s generate; test "$$before" = "$$($(GENERATED))" || { echo 'make generate changes files: commit them'; exit 1; }
	@if command -v cfn-lint >/dev/null; then cfn-lint -c I -t template.yaml; \
	 elif [ "$$MUSTER_STRICT" = 1 ]; then echo 'needs cfn-lint (pip install cfn-lint)'; exit 1; \
	 else echo 'left out: needs cfn-lint (pip install cfn-lint)'; fi
	@go test ./infra/checks/... ./infra/template/...

build: $(FUNCTIONS:%=build-%) ## build each function for Lambda, into .cache/build

build-%:
	@cd functions/$* && GOOS=linux GOARCH=arm64 $(BUILD) go build -o ../../.cache/build/$*/bootstrap .

bench: ## run the benchmarks
	@go -C infra/bench test -run '^$$' -bench . ./...

measure: ## sizes and start-up times of the functions
	@go run ./infra/runtimeapi/measure

generate: ## write generated files anew
	@go generate ./...

fmt: ## format Go and templ files
	@gofmt -w functions infra shared
	@go tool templ fmt functions

sam: ## sam build with the flags of the project
	@$(BUILD) sam build

deploy: sam ## deploy to AWS: make deploy STAGE=prod
	@sam deploy $(if $(filter prod,$(STAGE)),--config-env prod)
