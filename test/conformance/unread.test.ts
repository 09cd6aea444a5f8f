import { openTestStores } from '../helpers/stores.js';
import { unreadSuite } from './unread.suite.js';

unreadSuite(openTestStores);
