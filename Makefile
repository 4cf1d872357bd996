.PHONY: check full wheel book
check:
	.ci/run
full:
	.ci/full
wheel:
	.ci/wheel
book:
	mdbook build
