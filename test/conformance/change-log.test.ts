import { openTestStores } from '../helpers/stores.js';
import { changeLogDeltaSuite } from './change-log.delta.suite.js';
import { changeLogFoldSuite } from './change-log.fold.suite.js';
import { changeLogReadSuite } from './change-log.read.suite.js';
import { changeLogSlicesSuite } from './change-log.slices.suite.js';

changeLogDeltaSuite(openTestStores);
changeLogReadSuite(openTestStores);
changeLogFoldSuite(openTestStores);
changeLogSlicesSuite(openTestStores);
