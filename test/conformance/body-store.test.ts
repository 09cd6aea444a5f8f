import { openTestStores } from '../helpers/stores.js';
import { bodyStoreSuite } from './body-store.suite.js';

bodyStoreSuite(openTestStores);
