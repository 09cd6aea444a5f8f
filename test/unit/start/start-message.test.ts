import { expect } from 'chai';
import { parseSettings, type Settings } from '../../../src/config/settings.js';
import { startMessage } from '../../../src/start-message.js';

function settingsOf(env: Record<string, string>): Settings {
  const parsed = parseSettings({ SECRET_KEY: 'Zk3vQ9xT1mB7rL5wY8nC2jH6pD4sF0gA', ...env });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

function linesFor(env: Record<string, string>, httpPort: number | null = null): string {
  const app = { port: 8000, httpPort, listener: 'uws' as const, storage: 'embedded SQLite', version: '1.2.3' };
  return startMessage(settingsOf(env), app).lines.join('\n');
}

describe('start message', () => {
  it('says address, storage, data and where the documentation is', () => {
    const text = linesFor({ DATA_DIR: '/srv/parley' });
    expect(text).to.contain('Parley 1.2.3').and.to.contain('http://localhost:8000').and.to.contain('/srv/parley\n');
    expect(text).to.contain('embedded SQLite').and.to.contain('docs/PROTOCOL.md');
    expect(text).to.contain('this machine only').and.not.to.contain('gateways');
    expect(text).to.contain('Listener  uWebSockets.js');
    expect(linesFor({}, 8001)).to.contain('http://localhost:8001, for gateways');
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
