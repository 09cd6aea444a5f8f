import { openTestStores } from '../helpers/stores.js';
import { oldBodyStoreSuite } from './old-body-store.suite.js';

oldBodyStoreSuite(openTestStores);
