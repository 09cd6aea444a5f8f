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

describe('failpoints', () => {
  it('are listed once each', () => {
    expect(new Set(FAILPOINTS).size).to.equal(FAILPOINTS.length);
  });

  it('that are listed are hit somewhere', () => {
    const inUse = namesInUse();
    expect(FAILPOINTS.filter((name) => !inUse.has(name))).to.deep.equal([]);
  });
});
