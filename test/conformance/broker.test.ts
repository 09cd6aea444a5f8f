import { createMemoryBroker } from '../../src/brokers/memory.js';
import { WireBus } from '../helpers/wire-bus.js';
import { brokerSuite } from './broker.suite.js';

brokerSuite('in memory', () => ({ nodes: [createMemoryBroker()], outage: null }));
brokerSuite('two nodes over a wire', () => {
  const bus = new WireBus();
  return { nodes: [bus.connect(), bus.connect()], outage: bus };
});
