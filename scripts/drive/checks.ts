const totals = { passed: 0, failed: 0 };

export function check(name: string, ok: boolean, seen: unknown): void {
  totals[ok ? 'passed' : 'failed'] += 1;
  console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${name}${ok ? '' : `: ${JSON.stringify(seen)}`}`);
}

/** The last line of a script, and its exit code. */
export function closeWithTotals(): void {
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  process.exitCode = totals.failed === 0 ? 0 : 1;
}
