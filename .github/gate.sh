#!/usr/bin/env bash
# The gate of action.yml: compares CANDIDATE with BASELINE by PARABENCH (the program) and ends with its exit code.
# REQUIRE holds one condition a line; DECLARE may name a declaration. The comparison is written to COMPARISON as JSON,
# and as text to standard output and to the job's summary.
set -uo pipefail
: "${PARABENCH:?}" "${CANDIDATE:?}" "${BASELINE:?}" "${REQUIRE:?}" "${COMPARISON:?}"

# Given by their whole paths, so that none is read as an option.
folder() { case $1 in /*) printf '%s' "$1" ;; *) printf './%s' "$1" ;; esac; }
arguments=(compare --baseline "$(folder "$BASELINE")")
conditions=0
while IFS= read -r condition; do
    condition=$(printf '%s' "$condition" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//')
    if [ -n "$condition" ]; then
        arguments+=("--require=$condition")
        conditions=$((conditions + 1))
    fi
done <<< "$REQUIRE"
if [ "$conditions" = 0 ]; then
    echo "nothing is required: expected one condition a line, for example \"overall > 0\"" >&2
    exit 2
fi
if [ -n "${DECLARE:-}" ]; then
    arguments+=("--declare=$DECLARE")
fi

text=$("$PARABENCH" "${arguments[@]}" -- "$(folder "$CANDIDATE")")
code=$?
printf '%s\n' "$text"
"$PARABENCH" "${arguments[@]}" --json -- "$(folder "$CANDIDATE")" > "$COMPARISON"
json=$?
# Both ran on the same files; where they end differently, the gate does not hold.
if [ "$json" != "$code" ]; then
    echo "the comparison ended with exit code $code and then with $json" >&2
    code=1
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    printf 'exit-code=%s\ncomparison=%s\n' "$code" "$COMPARISON" >> "$GITHUB_OUTPUT"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    # Indented by four spaces: a block of code that nothing in the text can end.
    { printf '### parabench compare: exit code %s\n\n' "$code"; printf '%s\n' "$text" | sed 's/^/    /'; } >> "$GITHUB_STEP_SUMMARY"
fi
exit "$code"
