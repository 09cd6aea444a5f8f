import { expect } from 'chai';
import { parseSettings, type Settings } from '../../../src/config/settings.js';
import { startMessage } from '../../../src/start-message.js';

function settingsOf(env: Record<string, string>): Settings {
  const parsed = parseSettings({ SECRET_KEY: 'Zk3vQ9xT1mB7rL5wY8nC2jH6pD4sF0gA', ...env });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

function linesFor(env: Record<string, string>, httpPort: number | null = null): string {
  return startMessage(settingsOf(env), { port: 8000, httpPort, listener: 'uws' }, '1.2.3').lines.join('\n');
}

describe('start message', () => {
  it('says address, storage, data and where the documentation is', () => {
    const text = linesFor({ DATA_DIR: '/srv/parley' });
    expect(text).to.contain('Parley 1.2.3').and.to.contain('http://localhost:8000');
    expect(text).to.contain('embedded SQLite, /srv/parley/parley.db').and.to.contain('docs/PROTOCOL.md');
    expect(text).to.contain('this machine only').and.not.to.contain('gateways');
    expect(linesFor({}, 8001)).to.contain('http://localhost:8001, for gateways');
  });

  it('shows databases without who logs in there', () => {
    const env = {
      MYSQL_HOST: 'db',
      MYSQL_USER: 'planted',
      MYSQL_PASSWORD: 'planted',
      MYSQL_DATABASE: 'chat',
      MONGODB_URL: 'mongodb://planted:pl%40nted@one:27017,two:27017/admin?authSource=planted',
      MONGODB_DATABASE: 'bodies',
    };
    expect(linesFor(env)).to.contain('MySQL db:3306/chat + MongoDB one:27017,two:27017/bodies');
    const { lines, facts } = startMessage(settingsOf(env), { port: 1, httpPort: null, listener: 'node' }, '1');
    expect(JSON.stringify([lines, facts]))
      .not.to.contain('planted')
      .and.not.to.contain('pl%40nted');
  });

  it('gives an address that can be opened', () => {
    const urls = {
      '0.0.0.0': 'localhost',
      '::': 'localhost',
      '::1': 'localhost',
      '10.0.0.5': '10.0.0.5',
      'fd00::5': '[fd00::5]',
    };
    for (const [host, shown] of Object.entries(urls)) {
      expect(linesFor({ HOST: host }), host).to.contain(`http://${shown}:8000`);
    }
    expect(linesFor({ HOST: '0.0.0.0' })).to.contain('every network');
    expect(linesFor({ HOST: 'fd00::5' })).not.to.contain('network');
  });
});
