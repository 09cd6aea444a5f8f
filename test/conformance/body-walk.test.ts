import { openTestStores } from '../helpers/stores.js';
import { bodyWalkSuite } from './body-walk.suite.js';

bodyWalkSuite(openTestStores);
