import { expect } from 'chai';
import { parseEnvFile } from '../../../src/config/env-file.js';
import { settingMeantBy } from '../../../src/config/near-names.js';
import { parseSettings } from '../../../src/config/settings.js';
import type { Environment } from '../../../src/config/reader.js';

/** As a start reads a file, beside variables of the process. */
function start(text: string, variables: Environment = {}) {
  const { values, surprises } = parseEnvFile(text);
  const file = { names: Object.keys(values), surprises };
  const parsed = parseSettings({ ...values, ...variables }, { file });
  return {
    problems: parsed.ok ? [] : parsed.problems.map(({ name, problem }) => `${name} ${problem}`),
    warnings: parsed.warnings.map(({ name, problem }) => `${name} ${problem}`),
  };
}

describe('a value in .env', () => {
  const cases: readonly [line: string, value: string, surprise: string | null][] = [
    ['A=plain', 'plain', null],
    ['A="pa#ss"', 'pa#ss', null],
    ["A='pa#ss' # a comment", 'pa#ss', null],
    ['A=`it\'s "so"`', 'it\'s "so"', null],
    ['A="over\nlines # and"', 'over\nlines # and', null],
    ['A=', '', null],
    ['A=pa#ss', 'pa', 'cut'],
    ['A="pa"ss', 'pa', 'cut'],
    ["A='pa' ss", 'pa', 'cut'],
    ['A=pass # a comment', 'pass', 'comment'],
    ['A=# a comment', '', 'comment'],
    ['A=it"s', 'it"s', 'quotes'],
    ['A="open', '"open', 'quotes'],
  ];
  for (const [line, value, surprise] of cases) {
    it(`${JSON.stringify(line)} is ${JSON.stringify(value)}${surprise === null ? '' : `: ${surprise}`}`, () => {
      const { values, surprises, junk } = parseEnvFile(`${line}\nB=1`);
      expect(values).to.deep.equal({ A: value, B: '1' });
      expect(junk).to.deep.equal([]);
      expect(surprises).to.deep.equal(surprise === null ? [] : [{ name: 'A', line: 1, surprise }]);
    });
  }

  it('that loses a part of itself refuses the start, without being told', () => {
    const { problems } = start('PORT=1\nSECRET_KEY=Zk3vQ9xT1mB7rL5wY8nC2jH6pD4sF0gA#planted\n');
    expect(problems).to.deep.equal(['SECRET_KEY is cut off in .env: put the whole value into quotes (line 2)']);
  });

  it('that ends before a comment, or holds quotes, is a warning', () => {
    const { problems, warnings } = start('LOG_LEVEL=warn # quiet\nSECRET_KEY=Zk3vQ9xT1mB7rL5w"8nC2jH6pD4sF0gA\n');
    expect(problems).to.deep.equal([]);
    expect(warnings.map((text) => text.split(' ')[0])).to.deep.equal(['LOG_LEVEL', 'SECRET_KEY']);
  });
});

describe('a name that stands twice in .env', () => {
  it('is a warning with the line that counts', () => {
    const { problems, warnings } = start('PORT=1\nexport HOST=::1\nPORT=2\nHOST=127.0.0.1\n');
    expect(problems).to.deep.equal([]);
    expect(warnings).to.deep.equal([
      'PORT is set twice in .env: the later line counts (line 3)',
      'HOST is set twice in .env: the later line counts (line 4)',
    ]);
    expect(parseEnvFile('PORT=1\nPORT=2\n').values).to.deep.equal({ PORT: '2' });
  });
});

describe('a name that is no setting', () => {
  const meant: readonly [string, string][] = [
    ['MYSQL_HOSTNAME', 'MYSQL_HOST'],
    ['MYSQL_USERNAME', 'MYSQL_USER'],
    ['MYSQL_PASS', 'MYSQL_PASSWORD'],
    ['MYSQL_PASWORD', 'MYSQL_PASSWORD'],
    ['MYSQL_DB', 'MYSQL_DATABASE'],
    ['MYSQLHOST', 'MYSQL_HOST'],
    ['mysql_host', 'MYSQL_HOST'],
    ['MYSQL_URL', 'DATABASE_URL'],
    ['MONGO_URL', 'MONGODB_URL'],
    ['MONGODB_URI', 'MONGODB_URL'],
    ['MONGO_DB', 'MONGODB_DATABASE'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['SECRETKEY', 'SECRET_KEY'],
    ['SERCET_KEY', 'SECRET_KEY'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['ACCESS_TOKEN_EXPIRE_MINS', 'ACCESS_TOKEN_EXPIRE_MINUTES'],
    ['SECRET_KEY_FILE', 'SECRET_KEY'],
    ['MYSQL_PASSWORD_FILE', 'MYSQL_PASSWORD'],
  ];
  for (const [name, known] of meant) {
    it(`${name} refuses the start: ${known} is meant`, () => {
      const { problems } = start('', { [name]: 'planted' });
      expect(problems).to.deep.equal([`${name} is not a setting: is ${known} meant?`]);
    });
  }

  const meantInFile: readonly [string, string][] = [
    ...meant.filter(([name, known]) => name !== known),
    ['PROT', 'PORT'],
    ['PRT', 'PORT'],
    ['PORTS', 'PORT'],
    ['HOSTS', 'HOST'],
    ['HSOT', 'HOST'],
    ['HOSTNAME', 'HOST'],
    ['DEBGU', 'DEBUG'],
    ['PORT_FILE', 'PORT'],
    ['HTTP_PORT_NUMBER', 'HTTP_PORT'],
    ['DATA_DIR_PATH', 'DATA_DIR'],
    ['RATE_SEND_LIMIT', 'RATE_SEND'],
  ];
  for (const [name, known] of meantInFile) {
    it(`${name} in .env refuses the start: ${known} is meant`, () => {
      const { problems } = start(`${name}=planted\n`);
      expect(problems).to.deep.equal([`${name} is not a setting: is ${known} meant?`]);
    });
  }

  it('is a warning in .env where the setting itself is set, wherever that is', () => {
    for (const [text, variables] of [
      ['PROT=1\nPORT=2\n', {}],
      ['PROT=1\n', { PORT: '2' }],
    ] as const) {
      expect(start(text, variables)).to.deep.equal({
        problems: [],
        warnings: ['PROT stands in .env and is not a setting: it has no effect'],
      });
    }
  });

  it('is nobody’s business where the setting itself is set', () => {
    expect(start('', { LOGLEVEL: 'planted', LOG_LEVEL: 'warn' }).problems).to.deep.equal([]);
  });

  it('is nobody’s business in the environment of the process', () => {
    const others = [
      'HOSTNAME',
      'PATH',
      'PORTS',
      'MYSQL_TCP_PORT',
      'MYSQL_SERVICE_HOST',
      'MYSQL_PORT_3306_TCP_ADDR',
      'PORTAL',
    ];
    for (const name of others) expect(settingMeantBy(name, false), name).to.equal(null);
    expect(start('', Object.fromEntries(others.map((name) => [name, 'x'])))).to.deep.equal({
      problems: [],
      warnings: [],
    });
  });

  it('is a warning in .env, but for what compose reads from there', () => {
    const { problems, warnings } = start('COLOUR=blue\nMYSQL_ROOT_PASSWORD=x\n');
    expect(problems).to.deep.equal([]);
    expect(warnings).to.deep.equal(['COLOUR stands in .env and is not a setting: it has no effect']);
  });
});
