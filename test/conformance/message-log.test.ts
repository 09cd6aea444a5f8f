import { openTestStores } from '../helpers/stores.js';
import { messageAppendSuite } from './message-log.append.suite.js';
import { messageChangeSuite } from './message-log.change.suite.js';
import { messageHistorySuite } from './message-log.history.suite.js';

messageAppendSuite(openTestStores);
messageChangeSuite(openTestStores);
messageHistorySuite(openTestStores);
