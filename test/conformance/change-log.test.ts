import { openTestStores } from '../helpers/stores.js';
import { changeLogDeltaSuite } from './change-log.delta.suite.js';
import { changeLogReadSuite } from './change-log.read.suite.js';

changeLogDeltaSuite(openTestStores);
changeLogReadSuite(openTestStores);
