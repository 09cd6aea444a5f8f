import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { parseEnvFile } from '../../src/config/env-file.js';
import { SETTING_NAMES } from '../../src/config/names.js';
import { parseSettings } from '../../src/config/settings.js';

interface Service {
  image?: string;
  build?: string;
  environment?: Record<string, string | number>;
  env_file?: string;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
}

/** What compose puts in for `${NAME:-default}` and `${NAME:?message}`, given what .env says. */
function interpolate(text: string, env: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_all, name: string, kind?: string, rest?: string) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    if (kind === '?') throw new Error(`${name} is required`);
    return rest ?? '';
  });
}

// No container engine runs here: the files are checked as data, against the settings they feed.
describe('docker-compose.yml', () => {
  const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const { mysql, mongodb, parley } = compose.services;
  const secrets = {
    SECRET_KEY: 'q8Zr0vT3nB6mX1cL9wK4yH7jD2gF5sPa',
    MYSQL_PASSWORD: 'secret',
    MYSQL_ROOT_PASSWORD: 'planted-root-password',
  };

  function serverEnvironment(env: Record<string, string>): Record<string, string> {
    const entries = Object.entries(parley?.environment ?? {});
    return Object.fromEntries(entries.map(([name, value]) => [name, interpolate(String(value), env)]));
  }

  it('has the server and both databases, each with a health check and a restart rule', () => {
    expect(Object.keys(compose.services).sort()).to.deep.equal(['mongodb', 'mysql', 'parley']);
    expect(mysql?.healthcheck?.test).to.have.length.above(1);
    expect(mongodb?.healthcheck?.test).to.have.length.above(1);
    expect(readFileSync('Dockerfile', 'utf8')).to.match(/^HEALTHCHECK /m);
  });

  it('gives the server only settings that exist, and they parse to MySQL + MongoDB', () => {
    const environment = serverEnvironment(secrets);
    const known: readonly string[] = SETTING_NAMES;
    expect(Object.keys(environment).filter((name) => !known.includes(name))).to.deep.equal([]);
    const parsed = parseSettings(environment, { isTty: false });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { storage, server } = parsed.settings;
    if (storage.kind !== 'split') throw new Error('embedded storage in compose');
    expect(storage.mysql).to.include({ host: 'mysql', port: 3306, password: 'secret' });
    expect(storage.mongodb.url).to.equal('mongodb://mongodb:27017');
    expect(server).to.include({ host: '0.0.0.0', port: 8000 });
  });

  it('passes every setting of .env on to the server, and nothing else', () => {
    expect(parley).not.to.have.property('env_file');
    const inContainer = ['HTTP_PORT', 'DATABASE_URL'];
    const passed = SETTING_NAMES.filter((name) => !inContainer.includes(name));
    expect(Object.keys(parley?.environment ?? {})).to.deep.equal(passed);
    const own = ['HOST', 'PORT', 'DATA_DIR', 'MYSQL_HOST', 'MYSQL_PORT', 'MONGODB_URL'];
    const given = Object.fromEntries(passed.map((name) => [name, `of ${name}`]));
    const environment = serverEnvironment(given);
    const changed = passed.filter((name) => environment[name] !== given[name]);
    expect(changed).to.deep.equal(passed.filter((name) => own.includes(name) || name === 'NODE_ENV'));
  });

  it('stays in production and keeps the root password from the server, with the sample file as it is', () => {
    const sample = parseEnvFile(readFileSync('.env.example', 'utf8')).values;
    const env: Record<string, string> = { ...secrets };
    for (const [name, value] of Object.entries(sample)) if (value !== undefined && value !== '') env[name] ??= value;
    const environment = serverEnvironment(env);
    expect(environment['NODE_ENV']).to.equal('production');
    expect(JSON.stringify(environment)).not.to.contain(secrets.MYSQL_ROOT_PASSWORD);
    const parsed = parseSettings({ ...environment, SECRET_KEY: 'your-secret-key-here' }, { isTty: false });
    expect(parsed.ok).to.equal(false);
  });

  it('gives the database the same name, user and password as the server', () => {
    const env = { ...secrets, MYSQL_USER: 'someone', MYSQL_DATABASE: 'some_chats' };
    const server = serverEnvironment(env);
    for (const name of ['MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_DATABASE']) {
      expect(interpolate(String(mysql?.environment?.[name]), env), name).to.equal(server[name]);
    }
  });

  it('refuses to start without the secrets', () => {
    for (const name of ['SECRET_KEY', 'MYSQL_PASSWORD'] as const) {
      const { [name]: _left, ...rest } = secrets;
      expect(() => serverEnvironment(rest), name).to.throw(`${name} is required`);
    }
  });

  it('waits for healthy databases, publishes on loopback only, keeps data in named volumes', () => {
    expect(parley?.depends_on).to.deep.equal({
      mysql: { condition: 'service_healthy' },
      mongodb: { condition: 'service_healthy' },
    });
    expect(parley?.ports).to.deep.equal(['127.0.0.1:8000:8000']);
    expect([mysql?.ports, mongodb?.ports]).to.deep.equal([undefined, undefined]);
    const named = [mysql, mongodb, parley].flatMap((service) => service?.volumes ?? []).map((v) => v.split(':')[0]);
    expect(named.sort()).to.deep.equal(Object.keys(compose.volumes).sort());
    expect(named).to.have.lengthOf(3);
  });
});

describe('Dockerfile', () => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));

  it('builds in one stage and runs in another, without the development packages', () => {
    expect(lines.filter((line) => line.startsWith('FROM '))).to.have.lengthOf(2);
    expect(at(/npm prune --omit=dev/)).to.be.within(
      0,
      lines.lastIndexOf(lines.filter((l) => l.startsWith('FROM '))[1] ?? ''),
    );
  });

  it('runs as another user than root, without a shell in front of node', () => {
    expect(at(/^USER node$/))
      .to.be.above(-1)
      .and.below(at(/^CMD /));
    expect(lines[at(/^CMD \[/)]).to.equal('CMD ["node", "dist/src/main.js"]');
  });

  it('copies only what there is', () => {
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1));
    for (const path of copied) expect(() => readFileSync(path), path).to.not.throw(/ENOENT/);
  });
});
