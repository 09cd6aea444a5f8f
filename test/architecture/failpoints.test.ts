import { expect } from 'chai';
import ts from 'typescript';
import { FAILPOINTS } from '../../src/ports/failpoints.js';
import { parse, sourceFiles, walk } from './source-files.js';

const LIST = 'src/ports/failpoints.ts';

/** Every text of src outside the list itself; that no other name is hit, the type of `hit` sees to. */
function namesInUse(): ReadonlySet<string> {
  const texts = new Set<string>();
  for (const file of sourceFiles('src').filter(({ path }) => path !== LIST)) {
    walk(parse(file), (node) => {
      if (ts.isStringLiteral(node)) texts.add(node.text);
    });
  }
  return texts;
}

/** Where processes are struck: each file picks its places by their prefixes, or by name. */
const STRIKERS = 'test/faults/crash';
/** `FAILPOINTS.filter((name) => name.startsWith('edit.'))`, or `/^(append|writer)\./.test(name)`. */
const FILTER = /^\(name\) => (?:name\.startsWith\('([a-z]+\.)'\)|\/\^\(([a-z|]+)\)\\\.\/\.test\(name\))$/;

/** The prefixes that one filter over the list lets through; a filter of another form fails the test. */
function prefixesOf(filter: string, path: string): readonly string[] {
  const [, prefix, several] = FILTER.exec(filter) ?? [];
  const prefixes = prefix === undefined ? (several ?? '').split('|').map((one) => `${one}.`) : [prefix];
  expect(prefixes, `${path}: ${filter}`).not.to.include('.');
  return prefixes;
}

/**
 * The prefixes of all filters over the list whose places are struck with every action: those of files that also name
 * FAULT_ACTIONS. One that picks places at random may miss any of them.
 */
function struckPrefixes(): ReadonlySet<string> {
  const struck = new Set<string>();
  for (const file of sourceFiles(STRIKERS).filter(({ text }) => text.includes('of FAULT_ACTIONS'))) {
    walk(parse(file), (node) => {
      if (!ts.isCallExpression(node) || !node.expression.getText().endsWith('FAILPOINTS.filter')) return;
      for (const argument of node.arguments) {
        for (const prefix of prefixesOf(argument.getText(), file.path)) struck.add(prefix);
      }
    });
  }
  return struck;
}

describe('failpoints', () => {
  it('are listed once each', () => {
    expect(new Set(FAILPOINTS).size).to.equal(FAILPOINTS.length);
  });

  it('that are listed are hit somewhere', () => {
    const inUse = namesInUse();
    expect(FAILPOINTS.filter((name) => !inUse.has(name))).to.deep.equal([]);
  });

  it('are struck in a process, each with every action', () => {
    const prefixes = [...struckPrefixes()];
    expect(FAILPOINTS.filter((name) => !prefixes.some((prefix) => name.startsWith(prefix)))).to.deep.equal([]);
  });
});
