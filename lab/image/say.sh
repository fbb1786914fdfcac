#!/bin/bash
# How the image scripts talk: everything for people goes to stderr, so that stdout carries results only.

say() { printf 'lab image: %s\n' "$*" >&2; }

fail() {
  printf 'lab image: %s\n' "$@" >&2
  exit 1
}

# run_logged LOG COMMAND... : quiet unless it fails; then the log's end is shown. The command, often a function, runs in a
# subshell of its own, because bash forgets `set -e` inside a function that is part of a condition.
run_logged() {
  local log=$1 status
  shift
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1
  status=$?
  set -e
  [ $status = 0 ] && return
  tail -n 30 "$log" >&2
  fail "'$1' failed; its last lines are above."
}
