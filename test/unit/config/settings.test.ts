import { resolve } from 'node:path';
import { expect } from 'chai';
import { parseSettings, type Settings, type SettingProblem } from '../../../src/config/settings.js';
import type { Environment } from '../../../src/config/reader.js';

const KEY = 'Zk3vQ9xT1mB7rL5wY8nC2jH6pD4sF0gA';

function settingsOf(env: Environment, isTty = false): Settings {
  const parsed = parseSettings(env, { isTty });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

function problemsOf(env: Environment): readonly SettingProblem[] {
  const parsed = parseSettings(env);
  return parsed.ok ? [] : parsed.problems;
}

const namesOf = (env: Environment): string[] => problemsOf(env).map(({ name }) => name);

describe('settings', () => {
  it('need nothing: this machine only, port 8000, SQLite in ./data', () => {
    const { production, server, storage, dataDir, identity, log } = settingsOf({});
    expect(production).to.equal(false);
    expect(server).to.include({ host: '127.0.0.1', port: 8000, httpPort: null, listener: 'auto' });
    expect(storage).to.deep.equal({ kind: 'embedded', dataDir: resolve('data'), file: resolve('data/parley.db') });
    expect(dataDir).to.equal(resolve('data'));
    expect(identity).to.deep.equal({ secretKey: null, accessTokenMinutes: 30, bcryptCost: 12, passwordMinLength: 8 });
    expect(log).to.deep.equal({ level: 'info', format: 'json' });
    expect(settingsOf({}, true).log.format).to.equal('pretty');
  });

  it('leave room for a person who tries things out', () => {
    const { registerPerAddress, loginPerAddress, loginPerAccount } = settingsOf({}).throttles;
    expect(registerPerAddress).to.be.at.least(30);
    expect(loginPerAddress).to.be.at.least(60);
    expect(loginPerAccount).to.be.at.least(60);
  });

  it('report every problem at once, by name and without the value', () => {
    const env = {
      PORT: 'q1-planted',
      BCRYPT_COST: '99',
      DEBUG: 'q2-planted',
      LISTENER: 'q3-planted',
      CORS_ORIGINS: 'https://ok.example,q4-planted',
      TRUSTED_PROXIES: '10.0.0.0/8,q5-planted',
      ALGORITHM: 'none',
      LOG_LEVEL: 'q6-planted',
      HOST: 'q7 planted',
      NODE_ENV: 'q8-planted',
      SOCKET_QUEUE_BYTES: '1',
    };
    const problems = problemsOf(env);
    expect(problems.map(({ name }) => name)).to.have.members(Object.keys(env));
    expect(JSON.stringify(problems)).not.to.match(/planted/);
  });

  it('take an empty value for an absent one', () => {
    const empty = { MYSQL_HOST: '', MYSQL_PASSWORD: '', MONGODB_URL: ' ', PORT: '', SECRET_KEY: '', HTTP_PORT: '' };
    expect(settingsOf(empty)).to.deep.equal(settingsOf({}));
  });

  it('read numbers and flags strictly', () => {
    for (const port of ['-1', '80.5', '1e3', '0x50', '65536', '٣', '8000 8001', 'NaN']) {
      expect(namesOf({ PORT: port }), port).to.deep.equal(['PORT']);
    }
    expect(settingsOf({ PORT: ' 0 ' }).server.port).to.equal(0);
    for (const on of ['True', 'true', '1', 'yes', 'ON']) expect(settingsOf({ DEBUG: on }).debug, on).to.equal(true);
    for (const off of ['False', '0', 'no', 'off', '']) expect(settingsOf({ DEBUG: off }).debug, off).to.equal(false);
  });

  it('want exact origins, and real addresses of proxies', () => {
    for (const origin of ['*', 'null', 'app.example.com', 'https://a.example/', 'https://A.example', 'http://a:80']) {
      expect(namesOf({ CORS_ORIGINS: origin }), origin).to.deep.equal(['CORS_ORIGINS']);
    }
    const origins = settingsOf({ CORS_ORIGINS: 'https://a.example, http://localhost:3000 ,' }).server.corsOrigins;
    expect(origins).to.deep.equal(['https://a.example', 'http://localhost:3000']);
    for (const range of ['localhost', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.1/8/8', '1.2.3.4/', '1.2.3.4/-1']) {
      expect(namesOf({ TRUSTED_PROXIES: range }), range).to.deep.equal(['TRUSTED_PROXIES']);
    }
    const proxies = settingsOf({ TRUSTED_PROXIES: '10.0.0.0/8,::1,fd00::/8' }).server.trustedProxies;
    expect(proxies).to.deep.equal(['10.0.0.0/8', '::1', 'fd00::/8']);
  });

  it('keep the two ports apart', () => {
    expect(namesOf({ PORT: '8000', HTTP_PORT: '8000' })).to.deep.equal(['HTTP_PORT']);
    expect(settingsOf({ PORT: '0', HTTP_PORT: '0' }).server.httpPort).to.equal(0);
  });

  describe('with NODE_ENV=production', () => {
    const refused: [string, string][] = [
      ['short', 'short'],
      ['31 bytes', KEY.slice(1)],
      ['the placeholder of the earlier backend', 'your-secret-key-here'],
      ['a long placeholder', 'your-secret-key-here-your-secret-key-here'],
      ['change me', 'please-change-me-please-change-me-please'],
      ['one letter', 'a'.repeat(64)],
    ];
    for (const [what, key] of refused) {
      it(`a secret key is refused: ${what}`, () => {
        expect(namesOf({ NODE_ENV: 'production', SECRET_KEY: key })).to.deep.equal(['SECRET_KEY']);
        const parsed = parseSettings({ SECRET_KEY: key });
        expect(parsed.ok && parsed.warnings.map(({ name }) => name)).to.deep.equal(['SECRET_KEY']);
        expect(JSON.stringify(parsed.ok && parsed.warnings)).not.to.contain(key);
      });
    }

    it('a good key passes, and without one embedded storage makes its own', () => {
      expect(settingsOf({ NODE_ENV: 'production', SECRET_KEY: KEY }).identity.secretKey).to.equal(KEY);
      expect(settingsOf({ NODE_ENV: 'production' }).identity.secretKey).to.equal(null);
    });

    it('DEBUG and a cheap hash are refused', () => {
      expect(namesOf({ NODE_ENV: 'production', DEBUG: 'true' })).to.deep.equal(['DEBUG']);
      expect(namesOf({ NODE_ENV: 'production', BCRYPT_COST: '9' })).to.deep.equal(['BCRYPT_COST']);
      expect(namesOf({ BCRYPT_COST: '4' })).to.deep.equal([]);
    });
  });
});
