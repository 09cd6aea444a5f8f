#!/usr/bin/env bash
# What run and full share: legs that are timed, counted and named. Sourced by them, from the repository's root; each sets
# leg_limit_seconds, which ends a leg that hangs, so that the closing line is printed in any case.

# Written by install-servers.sh, with the reason, where MySQL cannot be had.
mysql_skip_file=${PARLEY_TEST_MYSQL_CHROOT:-/opt/parley-test/mysql-chroot}.skipped
# The legs choose their storage themselves.
unset PARLEY_TEST_STORE PARLEY_TEST_MYSQL_URL PARLEY_TEST_MONGODB_URL

# Of one leg, named again in the summary; a leg in which everything fails must not bury it.
most_failures_named=40

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
summary=()
failures=()

# limited COMMAND...: under the time limit, without the terminal's input
limited() { timeout --kill-after=30 "$leg_limit_seconds" "$@" </dev/null; }

# close_leg NAME STARTED STATUS PASSED FAILED NOTE: adds a leg's figures to the totals and the summary
close_leg() {
  local name=$1 seconds=$((SECONDS - $2)) status=$3 leg_passed=$4 leg_failed=$5 note=$6 verdict=ok
  if [ "$status" -ne 0 ] && [ "$leg_failed" -eq 0 ]; then
    leg_failed=1
    note="${note:+$note, }exit status $status"
  fi
  [ "$leg_failed" -eq 0 ] || verdict=FAILED
  passed=$((passed + leg_passed))
  failed=$((failed + leg_failed))
  summary+=("$(printf '%-6s  %5s s  %s%s' "$verdict" "$seconds" "$name" "${note:+: $note}")")
}

# name_failures LEG: keeps the lines of the standard input for the summary, so that the end of a log says what failed
name_failures() {
  local leg=$1 line
  while IFS= read -r line; do failures+=("$leg: $line"); done < <(head -n "$most_failures_named" | cut -c1-400)
}

# step NAME COMMAND...: a leg without tests of its own
step() {
  local name=$1 started=$SECONDS status
  shift
  printf '\n=== %s\n' "$name"
  limited "$@"
  status=$?
  [ "$status" -eq 0 ] || name_failures "$name" <<<"exit status $status"
  close_leg "$name" "$started" "$status" 0 0 ''
}

# suite NAME COMMAND...: a mocha run; COMMAND takes mocha's arguments at its end. Pending tests count as failed: here, every
# server is present, so nothing has a reason to be left out.
suite() {
  local name=$1 started=$SECONDS totals status figures ok bad pending
  shift
  printf '\n=== %s\n' "$name"
  totals=$(mktemp -u "$work/totals-XXXXXX")
  limited "$@" --reporter scripts/totals-reporter.ts --reporter-option "totals=$totals"
  status=$?
  if ! figures=$(node -p 'const t = JSON.parse(fs.readFileSync(process.argv[1])); `${t.passes} ${t.failures} ${t.pending}`' \
    "$totals" 2>/dev/null); then
    name_failures "$name" <<<"ended without totals, exit status $status"
    close_leg "$name" "$started" "$status" 0 1 'ended without totals'
    return
  fi
  name_failures "$name" < <(node -e 'for (const line of JSON.parse(fs.readFileSync(process.argv[1])).failed) console.log(line)' "$totals")
  read -r ok bad pending <<<"$figures"
  if [ $((ok + bad + pending)) -eq 0 ]; then bad=1; fi
  close_leg "$name" "$started" "$status" "$ok" $((bad + pending)) "$ok passed, $bad failed, $pending pending"
}

# script NAME COMMAND...: tests that count for themselves and close with `N passed, N failed`. Their lines are indented:
# only the last line of all is `N passed, N failed` alone. Where several storages were tested, the note has the time of each.
# `late_after=SECONDS late_note=TEXT script ...`: a longer run is noted, and is no failure: a busy machine breaks nothing.
script() {
  local name=$1 started=$SECONDS status line ok=0 bad=0 log times late=
  shift
  printf '\n=== %s\n' "$name"
  log=$(mktemp "$work/script-XXXXXX")
  limited "$@" 2>&1 | tee "$log" | sed 's/^/  /'
  status=${PIPESTATUS[0]}
  if [ -n "${late_after:-}" ] && [ $((SECONDS - started)) -gt "$late_after" ]; then late=", $late_note"; fi
  name_failures "$name" < <(sed -nE 's/^ *FAIL +//p' "$log")
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  if [ -z "$line" ]; then
    name_failures "$name" <<<"ended without totals, exit status $status"
    close_leg "$name" "$started" "$status" 0 1 "ended without totals$late"
    return
  fi
  read -r ok _ bad _ <<<"$line"
  times=$(sed -nE 's/^(embedded|split) +([0-9]+ s), .*/, \1 \2/p' "$log" | tr -d '\n')
  close_leg "$name" "$started" "$status" "$ok" "$bad" "$line$times$late"
}

skip() {
  printf '\n=== %s: SKIPPED: %s\n' "$1" "$2"
  summary+=("$(printf '%-6s  %5s s  %s: %s' SKIPPED 0 "$1" "$2")")
}

# finish: the summary, what failed by name, the closing line, and the exit status that goes with it
finish() {
  printf '\n=== summary, %s s\n' "$SECONDS"
  printf '%s\n' "${summary[@]}"
  if [ "${#failures[@]}" -gt 0 ]; then
    printf '\n=== failed\n'
    printf '%s\n' "${failures[@]}"
  fi
  printf '\n%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}

# A full disk needs one of its own to fill; where none can be mounted, that is said instead of counted as a failure.
prepare_full_disk() {
  local disk=$work/disk
  if ! (mkdir "$disk" && mount -t tmpfs -o size=1m tmpfs "$disk" && umount "$disk") 2>/dev/null; then
    skip 'a full disk' 'no disk can be mounted here'
    export PARLEY_FAULTS_WITHOUT_DISK=1
  fi
}

step 'install the database servers' .ci/install-servers.sh
step 'npm ci' npm ci
# Without servers or packages every further leg would fail for the same reason and bury it.
[ "$failed" -eq 0 ] || finish
