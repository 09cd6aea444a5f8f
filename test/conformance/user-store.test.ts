import { openTestStores } from '../helpers/stores.js';
import { userNetworksSuite } from './user-store.networks.suite.js';
import { userSearchSuite } from './user-store.search.suite.js';
import { userStoreSuite } from './user-store.suite.js';

userStoreSuite(openTestStores);
userSearchSuite(openTestStores);
userNetworksSuite(openTestStores);
