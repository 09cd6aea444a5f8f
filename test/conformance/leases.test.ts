import { openTestStores } from '../helpers/stores.js';
import { leasesSuite } from './leases.suite.js';

leasesSuite(openTestStores);
